"""What we may say in a call: approved texts that the rules let be spoken now."""

from dataclasses import dataclass, replace
from datetime import datetime

from agent_runtime import act
from agent_runtime.arms import binding_arm
from agent_runtime.channels.email.deliver import Outbox
from agent_runtime.channels.router import Router
from agent_runtime.channels.voice.line import CallLine
from agent_runtime.channels.voice.turns.people import CallPeople
from agent_runtime.channels.voice.utterance import Utterance
from agent_runtime.domain import ActionKind, Contact, Session, TouchClass
from agent_runtime.gather import gather
from agent_runtime.library.catalog import Library
from agent_runtime.library.content import Content
from agent_runtime.placeholders import fill
from agent_runtime.planning.speech_acts import Act, compose, language_for
from agent_runtime.policies.permit import authorise


@dataclass(frozen=True, slots=True)
class CallWords:
    """The approved texts of one call, and the line on which they are said.

    Args:
        people: Whose call it is.
        line: Takes what was permitted.
        router: Reaches the line, and whatever else this call can send by.
    """

    people: CallPeople
    line: CallLine
    router: Router

    @property
    def _outbox(self) -> Outbox:
        return self.people.runtime.outbox

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
        library = self._outbox.library
        with self.people.runtime.store.begin() as tx:
            contact, session = self.people.find(tx)
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
                cause=f"{self.people.call.line_id}:{cause}",
                actor="agent",
                mailbox=contact.mailbox,
                due_at=now,
                arm=binding_arm(tx, contact.person_id),
                address=self.people.call.address,
            )
            tx.add_message(message)
        self._outbox.deliver(self.router, message.message_id, now=now)
        return self.taken()

    def handed(self, *, now: datetime) -> tuple[Utterance, ...]:
        """Returns the opener that was permitted when the call was dialled, if it still is."""
        message_id = self.people.call.meta["message_id"]
        self._outbox.deliver(self.router, message_id, now=now)
        return self.taken()

    def phrase(self, content_id: str, *, language: str = "", now: datetime) -> Utterance | None:
        """Returns a set phrase of calls, if the rules let it be said now.

        Args:
            content_id: The text.
            language: Two letters; empty: that of the thread.
            now: The instant.
        """
        library = self._outbox.library
        with self.people.runtime.store.begin() as tx:
            contact, session = self.people.find(tx)
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
            if authorise(proposal, facts, rules=self._outbox.rules).permit is None:
                return None
            paragraphs = tuple(fill(s.text, contact, {}) for s in proposal.sentences)
            said = Utterance(content_id, paragraphs, proposal.language, is_message=False)
            return self._toned(said, session)

    def taken(self) -> tuple[Utterance, ...]:
        """Returns what was permitted since it was last asked, in the tone of its stage."""
        says = self.line.take()
        with self.people.runtime.store.begin() as tx:
            found = [(u, tx.message(u.text_id)) for u in says]
            session = self.people.session_in(tx)
        known = (replace(u, content_ids=m.content_ids if m else ()) for u, m in found)
        return tuple(self._toned(u, session) if session else u for u in known)

    def _toned(self, said: Utterance, session: Session) -> Utterance:
        """Returns an utterance with the tone of the stage in which it is said."""
        library = self._outbox.library
        own = library.playbook(session.playbook).tones
        texts = said.content_ids or (said.text_id,)
        tone, of_figures = library.style.voice.tones(session.state, own, texts)
        return replace(said, tone=tone, tone_of_figures=of_figures)

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
        language = self.people.call.language if not session.language else ""
        spoken = language if (content_id, language) in library.contents else ""
        name = library.playbook(session.playbook).wording(content_id)
        return library.live(name, language=spoken or language_for(session, contact), now=now)
