"""The turns of one call: the same desk, permits, tools and traces as for everything written."""

from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from time import perf_counter

from agent_runtime import act
from agent_runtime.app import Runtime
from agent_runtime.arms import binding_arm
from agent_runtime.channels.email.deliver import Outbox
from agent_runtime.channels.router import Router
from agent_runtime.channels.voice.answer import Answer, Then
from agent_runtime.channels.voice.call_start import CallStart
from agent_runtime.channels.voice.line import CallLine
from agent_runtime.channels.voice.side_words import Aside, is_aside
from agent_runtime.channels.voice.utterance import Utterance, as_heard
from agent_runtime.console.links import without_proof
from agent_runtime.desk import Withdrawn
from agent_runtime.domain import (
    Action,
    ActionKind,
    Contact,
    Observation,
    Perception,
    Session,
    TouchClass,
)
from agent_runtime.gather import gather
from agent_runtime.grounding.sentences import split_sentences
from agent_runtime.intake import Arrival, opened_by_buyer
from agent_runtime.library.catalog import Library
from agent_runtime.library.content import LOCALES, Content
from agent_runtime.perceive import perceive
from agent_runtime.placeholders import fill, redact
from agent_runtime.planning.speech_acts import Act, compose, language_for
from agent_runtime.policies.permit import authorise
from agent_runtime.ports import MailChannel, Tx
from agent_runtime.profile import Profile
from agent_runtime.store.rows import Due, Inbound

HANDS_OVER = frozenset({"hand_off", "escalate"})
ENDS = frozenset({"close", "disqualify", "pause"})


@dataclass(slots=True)
class CallTurns:
    """Answers what is said in one call. Used by one thread at a time.

    Args:
        runtime: The company's runtime.
        call: The call.
        mail: By what an invitation leaves while the call goes on; None keeps mail for the worker.
    """

    runtime: Runtime
    call: CallStart
    mail: MailChannel | None = None
    line: CallLine = field(init=False)
    _router: Router = field(init=False)
    _asked: Utterance | None = field(default=None, init=False)
    """What they heard last to its end."""

    def __post_init__(self) -> None:
        """Opens the line."""
        self.line = CallLine(self.call.address)
        channels: dict[str, MailChannel] = {"voice": self.line}
        if self.mail is not None:
            channels["email"] = self.mail
        self._router = Router(channels)  # pyright: ignore[reportArgumentType]

    def join(self, *, now: datetime) -> Contact | None:
        """Finds whose call it is and begins the thread's part of it; None: nobody of ours answers.

        In every call it is said anew that an AI speaks.
        """
        with self.runtime.store.begin() as tx:
            contact = self._whose(tx, now=now)
            if contact is None:
                return None
            session = self._session(tx, contact, now=now)
            told = tuple(channel for channel in session.disclosed_on if channel != "voice")
            tx.save_session(replace(session, channel="voice", disclosed_on=told))
            return contact

    def first_words(
        self,
        content_ids: tuple[str, ...],
        *,
        cause: str,
        frame: str = "",
        is_proactive: bool = True,
        now: datetime,
    ) -> tuple[Utterance, ...]:
        """Returns approved texts as a message of the thread, if the rules let it be spoken now.

        Args:
            content_ids: The texts, in order; none where the frame says it all.
            cause: What it is in this call, `opener` or `voicemail`; said once each.
            frame: The text that greets and discloses; empty: none goes before.
            is_proactive: Whether we began the call.
            now: The instant.
        """
        kind: TouchClass = "proactive" if is_proactive else "reply"
        library = self.runtime.outbox.library
        with self.runtime.store.begin() as tx:
            contact, session = self._people(tx)
            texts = self._texts(library, contact, session, content_ids, now)
            hello = self._text(library, contact, session, frame or "frame.voice", now)
            if hello is None or len(texts) != len(content_ids):
                return ()
            action: ActionKind = "send_touch" if is_proactive else "answer"
            playbook = library.playbook(session.playbook)
            is_told = session if frame else replace(session, disclosed_on=("voice",))
            proposal = compose(
                Act(action, kind, 1.0),
                texts,
                frame=hello,
                contact=contact,
                session=is_told,
                purpose=playbook.on("voice").purpose,
                channel="voice",
            )
            if not content_ids:
                proposal = replace(proposal, content_ids=(hello.id,))
            message = act.message_of(
                session,
                contact,
                proposal,
                cause=f"{self.call.line_id}:{cause}",
                actor="agent",
                mailbox=contact.mailbox,
                due_at=now,
                arm=binding_arm(tx, contact.person_id),
                address=self.call.address,
            )
            tx.add_message(message)
        self.runtime.outbox.deliver(self._router, message.message_id, now=now)
        return self._taken()

    def handed(self, *, now: datetime) -> tuple[Utterance, ...]:
        """Returns the opener that was permitted when the call was dialled, if it still is."""
        message_id = self.call.meta["message_id"]
        self.runtime.outbox.deliver(self._router, message_id, now=now)
        return self._taken()

    def phrase(self, content_id: str, *, language: str = "", now: datetime) -> Utterance | None:
        """Returns a set phrase of calls, if the rules let it be said now.

        Args:
            content_id: The text.
            language: Two letters; empty: that of the thread.
            now: The instant.
        """
        library = self.runtime.outbox.library
        with self.runtime.store.begin() as tx:
            contact, session = self._people(tx)
            spoken = replace(session, language=language) if language else session
            text = self._text(library, contact, spoken, content_id, now)
            if text is None:
                return None
            # A person may have taken over by now; saying so is the farewell that is still allowed.
            action: ActionKind = "hand_off" if session.speaker == "human" else "answer"
            is_told = text.discloses_ai or "voice" in session.disclosed_on
            proposal = compose(
                Act(action, "reply", 1.0),
                [text],
                frame=text,
                contact=contact,
                session=replace(session, disclosed_on=("voice",)) if is_told else session,
                purpose=library.playbook(session.playbook).on("voice").purpose,
                channel="voice",
            )
            facts = gather(
                tx,
                session=session,
                contact=contact,
                actor="agent",
                mailbox=contact.mailbox,
                library=library,
                now=now,
                is_proactive=False,
                channel="voice",
            )
            if authorise(proposal, facts, rules=self.runtime.outbox.rules).permit is None:
                return None
            paragraphs = tuple(fill(s.text, contact, {}) for s in proposal.sentences)
            said = Utterance(content_id, paragraphs, proposal.language, is_message=False)
            return self._toned(said, session)

    def answer(
        self,
        number: int,
        text: str,
        *,
        now: datetime,
        is_withdrawn: Callable[[], bool] = lambda: False,
        only_stops: bool = False,
        otherwise: str = "",
    ) -> Answer:
        """Answers one finished turn; nothing has happened where it was withdrawn in time.

        Args:
            number: Of the turn in this call; the same number is never answered twice.
            text: What they said.
            now: When they had finished.
            is_withdrawn: Says whether they have begun to speak again.
            only_stops: Whether nothing else of it counts: it is in a language of no calls.
            otherwise: What it would be in another language; it counts where it is a stop.
        """
        began = perf_counter()
        if otherwise and self.asks_to_stop(otherwise, now=now):
            text = otherwise
        else:
            text = self._clearest(text, now=now)
        arrival = Arrival(
            "voice",
            f"{self.call.line_id}:{number}",
            self.call.address,
            text,
            recipient=self.call.own_number,
            plain_means=self._means(text, now),
        )
        taken = self.runtime.intake.take(arrival, now=now)
        if taken is None:
            return Answer(number, has_failed=True, reason="nobody_of_ours")
        took = perf_counter()
        seen: list[Action] = []

        def witness(inbound: Inbound, action: Action) -> None:
            if inbound.key == taken.key:
                read = action.perception
                is_stop = read is not None and read.opt_out
                if is_withdrawn() or (only_stops and not is_stop):
                    raise Withdrawn
                seen.append(action)

        try:
            desk = replace(self.runtime.desk, witness=witness, outbox=self._outbox())
            desk.work(Due("inbound", taken.key), self._router, now=now)
        except Withdrawn:
            with self.runtime.store.begin() as tx:
                tx.close_inbound(taken.key)
            return Answer(number, is_withdrawn=True)
        says = self._taken()
        if not seen:
            return Answer(number, has_failed=True, reason="could_not_be_worked")
        spent = (("take", _ms(began, took)), ("desk", _ms(took, perf_counter())))
        return self._answer(number, seen[-1], says, spent)

    def warm(self, text: str, *, now: datetime) -> None:
        """Reads what they have said so far, so that little is left to read once they have finished.

        Nothing is decided by it: the turn reads its own words, which have then been read before.
        """
        self._read(text, now)

    def asks_to_stop(self, text: str, *, now: datetime) -> bool:
        """Says whether words ask that contact stop, in any of our languages."""
        return self._read(text, now).opt_out

    def _clearest(self, text: str, *, now: datetime) -> str:
        """Returns all of a turn, or the one sentence of it that is clear where the whole is not.

        What was misheard of a sentence makes the others unclear. No stop is lost by it.
        """
        whole = self._read(text, now)
        if not _is_unclear(whole) or whole.opt_out:
            return text
        sentences = split_sentences(text)
        clear = [one for one in sentences if not _is_unclear(self._read(one, now))]
        return clear[0] if len(clear) == 1 < len(sentences) else text

    def _read(self, text: str, now: datetime) -> Perception:
        with self.runtime.store.begin() as tx:
            contact, session = self._people(tx)
            known = tx.recall(session.thread_id)
        said = redact(without_proof(text), contact, known=known).text
        heard = Observation("mail", "so far", now, text=said, channel="voice")
        model = self.runtime.desk.model
        return perceive(heard, session, model, offered=session.offered, contact=contact)

    def heard(self, utterance: Utterance, heard: str, *, now: datetime) -> None:
        """Writes how much of a message was heard; the rest was never said.

        Args:
            utterance: What was spoken.
            heard: The beginning of its text that the listener heard.
            now: When it ended.
        """
        if utterance.after(heard):
            return self._half(utterance, heard, now)
        self._asked = utterance
        if utterance.is_message:
            self._half(utterance, heard, now)

    def _means(self, text: str, now: datetime) -> str:
        """Returns what "who is it" means, or a bare yes or no, by what was heard last."""
        if any(is_aside(text, "who", language=one) for one in LOCALES):
            return "are_you_a_bot"
        asked = self._asked
        if asked is None:
            return ""
        name = (asked.content_ids or (asked.text_id,))[-1]
        library = self.runtime.outbox.library
        content = library.live(name, language=asked.language, now=now)
        if content is None:
            return ""
        meanings: dict[Aside, str] = {"agrees": content.if_yes, "refuses": content.if_no}
        for aside, means in meanings.items():
            if means and is_aside(text, aside, language=asked.language):
                return means
        return ""

    def _half(self, utterance: Utterance, heard: str, now: datetime) -> None:
        if not utterance.is_message:
            return
        with self.runtime.store.begin() as tx:
            message = tx.message(utterance.text_id)
            contact, session = self._people(tx)
            if message is None:
                return
            known = tx.recall(session.thread_id)
        kept = as_heard(message.sentences, utterance, heard)
        if kept and kept[-1] not in message.sentences:
            half = redact(kept[-1].text, contact, known=known).text
            kept = (*kept[:-1], replace(kept[-1], text=half))
        offering = self.runtime.outbox.said(utterance.text_id, kept, now=now)
        if offering:
            self.runtime.desk.keeper.settle(offering, now=now)

    def go_on_in(self, language: str) -> None:
        """Takes note that the conversation has another language from here on."""
        with self.runtime.store.begin() as tx:
            _, session = self._people(tx)
            if session.language != language:
                tx.save_session(replace(session, language=language))

    def close(self) -> None:
        """Ends the line: nothing is taken any more."""
        self.line.is_open = False

    def session(self) -> Session:
        """The thread of this call."""
        with self.runtime.store.begin() as tx:
            return self._people(tx)[1]

    def contact(self) -> Contact:
        """Whose call it is."""
        with self.runtime.store.begin() as tx:
            return self._people(tx)[0]

    def language(self) -> str:
        """The language in which the call begins."""
        with self.runtime.store.begin() as tx:
            contact, session = self._people(tx)
        begins = self.call.language if not session.language else ""
        return begins or language_for(session, contact)

    def session_in(self, tx: Tx) -> Session | None:
        """The thread of this call, in a transaction; None where nobody of ours has joined."""
        contact = tx.contact_of(tx.person_at("voice", self.call.address))
        return tx.session_of(contact.person_id) if contact else None

    def _answer(
        self,
        number: int,
        action: Action,
        says: tuple[Utterance, ...],
        spent: tuple[tuple[str, float], ...],
    ) -> Answer:
        candidate, seen = action.candidate, action.perception
        stopped = next((v.rule for v in action.verdicts if v.decision != "allow"), "")
        return Answer(
            number,
            says=says,
            then=_then(action, is_silent=not says),
            action=candidate.action,
            reason=candidate.reason,
            decision=action.decision,
            stopped_by=stopped,
            intent=seen.primary if seen else "",
            language=says[-1].language if says else (seen.language if seen else ""),
            route_to=candidate.route_to,
            has_booked=any("meeting.booked_here" in u.content_ids for u in says),
            latency_ms=(*spent, *action.latency_ms),
        )

    def _outbox(self) -> Outbox:
        known = self.runtime.outbox
        parts = {one.name: getattr(known, one.name) for one in fields(known)}
        return _CallOutbox(**parts, has_mail=self.mail is not None)

    def _taken(self) -> tuple[Utterance, ...]:
        says = self.line.take()
        with self.runtime.store.begin() as tx:
            found = [(u, tx.message(u.text_id)) for u in says]
            session = self.session_in(tx)
        known = (replace(u, content_ids=m.content_ids if m else ()) for u, m in found)
        return tuple(self._toned(u, session) if session else u for u in known)

    def _toned(self, said: Utterance, session: Session) -> Utterance:
        """Returns an utterance with the tone of the stage in which it is said."""
        library = self.runtime.outbox.library
        own = library.playbook(session.playbook).tones
        texts = said.content_ids or (said.text_id,)
        tone, of_figures = library.style.voice.tones(session.state, own, texts)
        return replace(said, tone=tone, tone_of_figures=of_figures)

    def _whose(self, tx: Tx, *, now: datetime) -> Contact | None:
        address = self.call.address
        if self.call.number and not tx.person_at("voice", address):
            others = (tx.person_at(channel, address) for channel in ("sms", "whatsapp"))
            if person := next(filter(None, others), ""):
                tx.add_address("voice", address, person, now=now)
        profile = Profile(
            language=self.call.language,
            first_name=self.call.meta.get("first_name", ""),
            company=self.call.meta.get("company", ""),
        )
        arrival = Arrival("voice", self.call.call_id, address, "", profile=profile)
        return self.runtime.intake.whose(tx, arrival, now=now)

    def _session(self, tx: Tx, contact: Contact, *, now: datetime) -> Session:
        known = tx.session_of(contact.person_id)
        library = self.runtime.outbox.library
        if self.call.direction == "outbound":
            playbook = self.call.meta.get("playbook", "") or (known.playbook if known else "")
            fresh = replace(
                opened_by_buyer(contact), opened_by="agent", playbook=playbook or "icp_prospecting"
            )
            session = known or replace(fresh, state=library.playbook(fresh.playbook).start)
            campaign = self.call.meta.get("campaign_id", "") or session.campaign_id
            return replace(session, campaign_id=campaign)
        if known is not None and not known.closed:
            return known
        begun = known or opened_by_buyer(contact)
        start = library.playbook("inbound_response").start
        return replace(
            begun, playbook="inbound_response", state=start, closed=False, request_at=now
        )

    def _people(self, tx: Tx) -> tuple[Contact, Session]:
        contact = tx.contact_of(tx.person_at("voice", self.call.address))
        session = contact and tx.session_of(contact.person_id)
        if contact is None or session is None:
            raise LookupError(f"call {self.call.call_id} has no contact or thread in the store")
        return contact, session

    def _texts(
        self,
        library: Library,
        contact: Contact,
        session: Session,
        content_ids: tuple[str, ...],
        now: datetime,
    ) -> list[Content]:
        found = (self._text(library, contact, session, text, now) for text in content_ids)
        return [text for text in found if text is not None]

    def _text(
        self, library: Library, contact: Contact, session: Session, content_id: str, now: datetime
    ) -> Content | None:
        language = self.call.language if not session.language else ""
        spoken = language if (content_id, language) in library.contents else ""
        name = library.playbook(session.playbook).wording(content_id)
        return library.live(name, language=spoken or language_for(session, contact), now=now)


@dataclass(frozen=True, slots=True)
class _CallOutbox(Outbox):
    """Sends what this call can send; the rest stays ready for the worker."""

    has_mail: bool = False

    def deliver(self, channel: MailChannel, message_id: str, *, now: datetime) -> str:
        with self.store.begin() as tx:
            message = tx.message(message_id)
        if message is None or not (message.channel == "voice" or self.has_mail):
            return ""
        return Outbox.deliver(self, channel, message_id, now=now)


def _is_unclear(seen: Perception) -> bool:
    return seen.abstain or seen.primary == "unclear"


def _then(action: Action, *, is_silent: bool) -> Then:
    kind = action.candidate.action
    seen = action.perception
    if kind in ("confirm_stop", "suppress") or (seen is not None and seen.opt_out):
        return "stopped"
    if kind in HANDS_OVER:
        return "transfer"
    if kind in ENDS or (kind == "none" and seen is not None and seen.primary == "thanks_bye"):
        return "goodbye"
    return "listen"


def _ms(start: float, end: float) -> float:
    return round((end - start) * 1000, 3)
