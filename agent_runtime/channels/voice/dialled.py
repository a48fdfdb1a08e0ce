"""A call that the queue placed, as whoever leads it knows it: its row, its limits, its news."""

from dataclasses import dataclass, replace
from datetime import datetime

from agent_runtime.app import Runtime
from agent_runtime.calling.dialler import CallNews
from agent_runtime.calling.numbers import number_known
from agent_runtime.calling.rows import OPEN, Call
from agent_runtime.channels.voice.call_start import CallStart
from agent_runtime.channels.voice.conversation import Conversation
from agent_runtime.channels.voice.limits import CallLimits
from agent_runtime.channels.voice.outcome import Outcome
from agent_runtime.domain import Contact
from agent_runtime.library.playbook import Calling
from agent_runtime.policies.calling.recording import who_must_agree
from agent_runtime.settings import Settings

_NOBODY = frozenset({"menu", "screened", "unavailable"})


@dataclass(frozen=True, slots=True)
class Dialled:
    """One attempt at one call that was placed with a permit, while it is led."""

    runtime: Runtime
    call: Call
    policy: Calling

    def start(self, call: CallStart) -> CallStart:
        """Returns what is known of a call with what its row says."""
        known = {
            "playbook": self.call.playbook,
            "campaign_id": self.call.campaign_id,
            "task_id": self.call.task_id,
            "message_id": self.call.call_id,
            "attempt": str(self.call.attempt),
            "call_back": "1" if self.call.is_callback else "",
        }
        return replace(
            call,
            number=self.call.number,
            own_number=self.call.own_number,
            thread_id=self.call.thread_id,
            language=self.call.language,
            meta={**call.meta, **known},
        )

    def limits(self, limits: CallLimits) -> CallLimits:
        """Returns limits with what its playbook and the desk say."""
        return replace(
            limits,
            longest_s=self.runtime.calls.telephony.longest.total_seconds(),
            voicemail=self.policy.voicemail,
            calls_back=self.policy.calls_back and not self.call.is_callback,
            back_after_s=60.0 * self.policy.back_after_minutes,
        )

    def answered(self, *, now: datetime) -> None:
        """Tells the desk that a person is there; the opener may be said from then on."""
        self._tell(CallNews(self.call.call_id, self.call.attempt, "answered", "person"), now)

    def ended(self, outcome: Outcome, talk: Conversation, *, now: datetime) -> None:
        """Tells the desk how it ended; a line that never stood is its carrier's to tell."""
        if talk.connected_at is None:
            return
        news = CallNews(
            self.call.call_id,
            self.call.attempt,
            "ended",
            result=outcome.disposition,
            language=talk.language,
            duration_s=(now - talk.connected_at).total_seconds(),
            is_abandoned=talk.is_abandoned(now),
        )
        if outcome.ending == "voicemail":
            is_left = outcome.disposition == "voicemail_left"
            news = replace(news, status="voicemail", answered_by="machine", left_message=is_left)
        elif outcome.disposition in _NOBODY:
            by = "menu" if outcome.disposition == "menu" else "machine"
            news = replace(news, status="no_answer", answered_by=by)
        else:
            news = replace(news, answered_by=outcome.answered_by or "person")
            news = replace(news, outcome=outcome.ending)
        self._tell(news, now)

    def _tell(self, news: CallNews, now: datetime) -> None:
        self.runtime.calls.report(news, now=now)


class NotDialled(LookupError):
    """A call says that the queue placed it, and the queue knows nothing of such an attempt."""


def dialled_of(runtime: Runtime, call: CallStart) -> Dialled | None:
    """Returns the row of a call that the queue placed; None for any other.

    Raises:
        NotDialled: it names a row that is not being dialled, or another attempt.
    """
    call_id = call.meta.get("message_id", "")
    if call.direction == "inbound" or not call_id:
        return None
    with runtime.store.begin() as tx:
        row = tx.call(call_id)
        whose = tx.person_at("voice", row.number) if row else ""
    attempt = call.meta.get("attempt", "")
    if row is None or row.state not in OPEN or str(row.attempt) != attempt:
        raise NotDialled(f"call {call_id}, attempt {attempt!r}, is not being dialled")
    if whose != row.person_id:
        raise NotDialled(f"the number of call {call_id} is somebody else's by now")
    return Dialled(runtime, row, runtime.outbox.library.playbook(row.playbook).calling)


def limits_for(
    limits: CallLimits,
    call: CallStart,
    contact: Contact,
    dialled: Dialled | None,
    settings: Settings,
) -> CallLimits:
    """Returns limits with what settings, playbook, law and transport say of this call.

    Args:
        limits: Those of any call.
        call: The call.
        contact: Whose call it is.
        dialled: Its row, where the queue placed it.
        settings: Whether calls are recorded.
    """
    limits = dialled.limits(limits) if dialled else limits
    transfers = limits.transfers or bool(call.meta.get("transfers"))
    if not settings.voice_records:
        return replace(limits, transfers=transfers)
    country = number_known(call.number).country if call.number else ""
    asks = who_must_agree(country, contact.country, contact.fact("state")) == "everyone"
    return replace(limits, transfers=transfers, records=asks, records_at_once=not asks)
