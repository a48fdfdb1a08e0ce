"""Buyers to talk to, and an agent's side of the conversation."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from agent_runtime.sandbox.buyers import BuyerMemory, PlannedMail, react
from agent_runtime.sandbox.mail_view import MailView
from agent_runtime.sandbox.people import Person
from agent_runtime.sandbox.truth import BuyerTruth, Params

DAY0 = datetime(2026, 1, 12, tzinfo=UTC)
AGENT = "relay-maya-chen@mail.northbeam.example"
TIMES = {
    "en": "1) Tuesday 20 January, 10:00 (GMT)\n2) Wednesday 21 January, 14:30 (GMT)",
    "de": "1) Dienstag, 20. Januar, 10:00 Uhr (MEZ)\n2) Mittwoch, 21. Januar, 14:30 Uhr (MEZ)",
    "es": "1) martes 20 de enero, 10:00 (CET)\n2) miércoles 21 de enero, 14:30 (CET)",
    "fr": "1) mardi 20 janvier, 10:00 (CET)\n2) mercredi 21 janvier, 14:30 (CET)",
    "pt": "1) terça-feira, 20 de janeiro, 10:00 (WET)\n2) quarta-feira, 21 de janeiro, 14:30 (WET)",
    "it": "1) martedì 20 gennaio, 10:00 (CET)\n2) mercoledì 21 gennaio, 14:30 (CET)",
}


def make_person(buyer_id="buyer-000001", **changes):
    values = {
        "buyer_id": buyer_id,
        "email": f"{buyer_id}@firm.example",
        "first_name": "Ada",
        "last_name": "Byron",
        "title": "Head of Operations",
        "seniority": "director",
        "company": "Firm",
        "account_key": "firm",
        "domain": "firm.example",
        "country": "GB",
        "language": "en",
        "time_zone": "Europe/London",
        "phone": "+441632960001",
        "owner_slug": "oliver-hughes",
        "inbox_ok": True,
        "opted_out_before": False,
        "in_crm": True,
    }
    return Person(**(values | changes))


def make_truth(**changes):
    values = {
        "asks_unprompted": False,
        "asks_at": timedelta(days=3),
        "convinced_by_touch": 0,
        "temperament": "silent",
        "answers_touch": 1,
        "opening": "wish",
    }
    return BuyerTruth(**(values | changes))


@dataclass
class Conversation:
    """Plays mails to one buyer and keeps what the buyer plans to send."""

    person: Person
    truth: BuyerTruth
    params: Params = field(default_factory=lambda: Params(seed=7))
    now: datetime = DAY0 + timedelta(hours=9)
    memory: BuyerMemory = field(default_factory=BuyerMemory)
    mails: int = 0

    def hears(self, text, *, answering: PlannedMail | None = None, invite=False, sender=AGENT):
        self.mails += 1
        mail = MailView(
            message_id=f"<agent-{self.mails}@northbeam.example>",
            from_addr=sender,
            to_addr=self.person.email,
            subject=answering.subject if answering else "An idea for Firm",
            text=text,
            has_invite=invite,
            in_reply_to=answering.message_id if answering else "",
            references=(*answering.references, answering.message_id) if answering else (),
            sent_at=self.now,
        )
        self.memory, planned = react(
            self.person, self.truth, self.memory, mail, now=self.now, params=self.params
        )
        assert len(planned) <= 1
        for answer in planned:
            self.now = answer.due_at
        return planned[0] if planned else None

    def touched(self, text="Would it make sense to talk?"):
        answer = self.hears(text)
        if answer is None:
            self.now += timedelta(days=4)
        return answer

    def offered(self, answering):
        language = self.person.language
        times = TIMES.get(language, TIMES["en"])
        return self.hears(f"Happy to. Which one suits you?\n\n{times}", answering=answering)
