"""Reads after each moment of a story what has come of it, from the store and its traces."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from agent_runtime.domain import Contact
from agent_runtime.library.catalog import Library
from agent_runtime.library.playbook import Question
from agent_runtime.models.language import LanguageModel
from agent_runtime.placeholders import fill
from agent_runtime.planning.moves import known_of
from agent_runtime.remembering.forgetful import own_words, texts_of, without_memory
from agent_runtime.remembering.memory import Memory, memory_of
from agent_runtime.remembering.play import Happened
from agent_runtime.remembering.scenes import Line, Otherwise, Scene, Spared
from agent_runtime.remembering.story import Story
from agent_runtime.remembering.world import World, person_id_of
from agent_runtime.replay import replay
from agent_runtime.store.reading import turns_of
from agent_runtime.store.thread_rows import ThreadRecord, Traced, read_thread


@dataclass(frozen=True, slots=True)
class Watching:
    """Watches the one person of a story."""

    story: Story
    world: World
    library: Library
    model: LanguageModel

    @property
    def contact(self) -> Contact:
        """The person.

        Raises:
            LookupError: they are not in the store any more.
        """
        with self.world.store.begin() as tx:
            found = tx.contact_of(person_id_of(self.story))
        if found is None:
            raise LookupError(f"{self.story.id}: its person is not in the store")
        return found

    def record(self) -> ThreadRecord | None:
        """Returns their thread as it is now; None before it has begun."""
        store = self.world.store
        with store.begin() as tx:
            session = tx.session_of(person_id_of(self.story))
        if session is None:
            return None
        with store.engine.connect() as connection:
            return read_thread(connection, store.tenant_id, session.thread_id)

    def scenes(self, happened: Iterable[Happened]) -> Iterator[Scene]:
        """Yields a scene after each moment."""
        before, seen = Memory(), 0
        for one in happened:
            record = self.record()
            if record is None:
                yield Scene(one.number, one.moment.channel, one.began, "", (), ())
                continue
            memory = memory_of(record, self.library)
            known = {(thing.kind, thing.name, thing.value) for thing in before.things}
            new = [event for event in record.events if event.position > seen]
            lines = tuple(self._lines(record, new))
            yield Scene(
                one.number,
                one.moment.channel,
                one.began,
                record.session.thread_id,
                lines,
                tuple(t for t in memory.things if (t.kind, t.name, t.value) not in known),
                tuple(self._spared(record, memory, lines)),
                self._otherwise(record, new),
                _booked(new),
            )
            before, seen = memory, record.events[-1].position

    def _lines(self, record: ThreadRecord, new: Sequence[Traced]) -> Iterator[Line]:
        messages = {e.payload["message_id"]: e for e in new if e.kind == "message"}
        for message_id, event in messages.items():
            said, is_ours = event.payload, event.payload["direction"] == "out"
            text = self._words(message_id) if is_ours else said["text"]
            yield Line(
                "agent" if is_ours else "buyer",
                said["channel"],
                event.at,
                fill(text, self.contact, record.originals),
                tuple(said.get("content_ids", ())),
            )

    def _words(self, message_id: str) -> str:
        """A mail without its letterhead, which is the same in each; other frames are said once."""
        with self.world.store.begin() as tx:
            message = tx.message(message_id)
        if message is None:
            return ""
        sentences = message.sentences
        return own_words(sentences) if message.channel == "email" else message.body

    def _otherwise(self, record: ThreadRecord, new: Sequence[Traced]) -> Otherwise | None:
        """What the first turn that heard them would have said without its memory."""
        ids, store = {event.event_id for event in new}, self.world.store
        turns = turns_of(store.engine, store.tenant_id, thread=record.session.thread_id)
        turn = next((t for t in turns if t.event_id in ids and t.payload["perception"]), None)
        if turn is None:
            return None
        as_it_was = replay(turn.payload, self.library, self.model).candidate.proposal
        proposal = without_memory(turn.payload, self.library, self.model).candidate.proposal
        if proposal is None or (as_it_was and as_it_was.body == proposal.body):
            return None
        words = own_words(proposal.sentences).split("\n\n")[-1]
        return Otherwise(texts_of(proposal), fill(words, self.contact, record.originals))

    def _spared(
        self, record: ThreadRecord, memory: Memory, lines: Sequence[Line]
    ) -> Iterator[Spared]:
        """Questions before the one that was asked, or all of them where times are offered."""
        questions = self.library.playbook(record.session.playbook).questions
        said = [text for line in lines for text in line.texts]
        last = max((n for n, q in enumerate(questions) if q.say in said), default=None)
        if last is None and not (said and record.session.offered):
            return
        known = known_of(record.session, None, self.contact)
        for question in questions[:last]:
            if question.say not in record.session.contents_used and question.learns in known:
                yield self._spared_one(question, memory)

    def _spared_one(self, question: Question, memory: Memory) -> Spared:
        text = self.library.contents[question.say, self.story.person.language].body
        told = [t for t in memory.things if (t.kind, t.name) == ("told", question.learns)]
        if told:
            return Spared(question.say, text, told[0].value, told[0])
        crm = {"role": self.contact.title, "company": self.contact.company}
        value = crm.get(question.learns) or self.contact.fact(question.learns)
        return Spared(question.say, text, value, None)


def _booked(new: Sequence[Traced]) -> datetime | None:
    met = [event for event in new if event.kind == "meeting"]
    return datetime.fromisoformat(met[-1].payload["start"]) if met else None
