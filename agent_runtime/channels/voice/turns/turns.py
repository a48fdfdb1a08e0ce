"""The turns of one call: the same desk, permits, tools and traces as for everything written."""

from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from time import perf_counter

from agent_runtime.app import Runtime
from agent_runtime.channels.email.deliver import Outbox
from agent_runtime.channels.router import Router
from agent_runtime.channels.voice.answer import Answer
from agent_runtime.channels.voice.call_start import CallStart
from agent_runtime.channels.voice.line import CallLine
from agent_runtime.channels.voice.turns.answers import answer_of
from agent_runtime.channels.voice.turns.heard import HeardWords
from agent_runtime.channels.voice.turns.people import CallPeople
from agent_runtime.channels.voice.turns.reader import CallReader
from agent_runtime.channels.voice.turns.words import CallWords
from agent_runtime.desk import Withdrawn
from agent_runtime.domain import Action
from agent_runtime.intake import Arrival
from agent_runtime.ports import MailChannel
from agent_runtime.store.rows import Due, Inbound


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
    people: CallPeople = field(init=False)
    words: CallWords = field(init=False)
    reader: CallReader = field(init=False)
    heard: HeardWords = field(init=False)
    _router: Router = field(init=False)

    def __post_init__(self) -> None:
        """Opens the line."""
        self.line = CallLine(self.call.address)
        channels: dict[str, MailChannel] = {"voice": self.line}
        if self.mail is not None:
            channels["email"] = self.mail
        self._router = Router(channels)  # pyright: ignore[reportArgumentType]
        self.people = CallPeople(self.runtime, self.call)
        self.words = CallWords(self.people, self.line, self._router)
        self.reader = CallReader(self.people)
        self.heard = HeardWords(self.people)

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
        if otherwise and self.reader.asks_to_stop(otherwise, now=now):
            text = otherwise
        else:
            text = self.reader.clearest(text, now=now)
        arrival = Arrival(
            "voice",
            f"{self.call.line_id}:{number}",
            self.call.address,
            text,
            recipient=self.call.own_number,
            plain_means=self.reader.means(text, asked=self.heard.last, now=now),
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
        says = self.words.taken()
        if not seen:
            return Answer(number, has_failed=True, reason="could_not_be_worked")
        spent = (("take", _ms(began, took)), ("desk", _ms(took, perf_counter())))
        return answer_of(number, seen[-1], says, spent)

    def close(self) -> None:
        """Ends the line: nothing is taken any more."""
        self.line.is_open = False

    def _outbox(self) -> Outbox:
        known = self.runtime.outbox
        parts = {one.name: getattr(known, one.name) for one in fields(known)}
        return _CallOutbox(**parts, has_mail=self.mail is not None)


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


def _ms(start: float, end: float) -> float:
    return round((end - start) * 1000, 3)
