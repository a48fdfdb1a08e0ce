"""Buyers who write to a runtime that asks a language model on a server before it answers."""

from contextlib import contextmanager
from dataclasses import replace

from conversation_world import ANA, LIBRARY, NOW, Wire, assign, mail, new_world
from runtime_people import CONSENT

from agent_runtime.asking.ahead import AskAhead
from agent_runtime.models.in_background import VllmInBackground
from agent_runtime.models.vllm import VllmOptions
from tests.agent_runtime.models.vllm_stand_in import MODEL

HELLO = "hello@northbeam.example"
LATER = NOW.replace(hour=12)


class AskingWorld:
    """A runtime with a language model, and buyers that it knows."""

    def __init__(self, oracle, buyers=1, *, second=None):
        self.store, runtime = new_world()
        for task in tuple(self.store.tasks.values()):
            self.store.save_task(replace(task, state="CANCELLED"))
        self.wire = Wire()
        self.buyers = [ANA, *(buyer(number) for number in range(2, buyers + 1))]
        for one in self.buyers[1:]:
            self.store.add_contact(one)
            self.store.add_consents(one.person_id, [CONSENT])
            assign(self.store, one.person_id, "agent")
        self.runtime, self.second = runtime, second
        self.with_new_life(oracle)

    def with_new_life(self, oracle):
        """Puts a process with nothing in mind on the same store."""
        self.oracle = oracle
        desk = replace(self.runtime.desk, ahead=AskAhead(self.store, oracle, second=self.second))
        self.runtime = replace(self.runtime, desk=desk)

    def reads_with(self, model):
        """Puts another model that ships in the place of the scripted one."""
        self.runtime = replace(self.runtime, desk=replace(self.runtime.desk, model=model))

    def writes(self, text, *, number=1, key="k1", **more):
        """Takes in a mail of one of the buyers."""
        sender = self.buyers[number - 1].email
        more = {"to": HELLO} | more
        self.runtime.inbox.receive(mail(text, key=key, sender=sender, **more), now=NOW)

    def under_way(self):
        """Questions that have been put and whose answers are not kept yet."""
        return tuple(self.runtime.desk.ahead._under_way.values())

    def due(self, now=LATER):
        return [row for _, row in self.store.take_due(now)]

    def work(self, now=LATER):
        """Works all that is due as a worker does: questions first, then row by row."""
        while rows := self.due(now):
            for row in self.runtime.desk.ask_ahead(rows, now=now):
                self.runtime.desk.work(row, self.wire, now=now)

    def turns(self):
        """Payloads of all turns that answered a mail."""
        turns = [e.payload for e in self.store.events if e.kind == "turn"]
        return [turn for turn in turns if turn["observation"]["kind"] == "mail"]

    def uses(self):
        """What each of these turns says of its model."""
        return [turn["model"] for turn in self.turns()]

    def unapproved(self):
        """Sentences that left and that no approved text says."""
        return [
            sentence.text
            for message in self.store.messages.values()
            if message.state == "SENT"
            for sentence in message.sentences
            if not any(
                LIBRARY.is_approved(fact, text=sentence.text, language=message.language, now=LATER)
                for fact in sentence.facts
            )
        ]


def buyer(number):
    return replace(
        ANA,
        contact_id=f"c-{number}",
        person_id=f"p-{number}",
        account_id=f"a-{number}",
        email=f"buyer{number}@alder.example",
    )


@contextmanager
def asking(stand_in, buyers=1, *, second=None, **options):
    """Opens a world on a stand-in; its calls have long limits, since a machine may be busy."""
    limits = {"total_s": 30.0, "first_token_s": 20.0} | options
    oracle = VllmInBackground(VllmOptions(stand_in.url, MODEL, **limits))
    world = AskingWorld(oracle, buyers, second=second)
    try:
        yield world
    finally:
        world.oracle.close()
