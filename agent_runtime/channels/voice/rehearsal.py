"""A call without sound: what a scenario says is fed as finished turns, on a clock of its own.

The conversation, the desk, the permits and the store are those of a real call; only ears, mouth
and wire are left out, so that sixty calls take seconds.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from heapq import heappop, heappush

from agent_runtime.channels.voice import commands as do
from agent_runtime.channels.voice import events as on
from agent_runtime.channels.voice.conversation import Conversation
from agent_runtime.channels.voice.hands import CallHands
from agent_runtime.channels.voice.limits import CallLimits
from agent_runtime.channels.voice.outcome import Line, Outcome
from agent_runtime.channels.voice.pace import Pace
from agent_runtime.channels.voice.turns import CallTurns
from agent_runtime.channels.voice.verdict import problems_of
from agent_runtime.library.call_scenario import CallScenario, Step

_PERMIT_S, _TURN_S, _VOICE_S, _TICK_S = 0.02, 0.12, 0.15, 0.5
_AT_MOST = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """A call, as it went."""

    scenario: CallScenario
    lines: tuple[Line, ...]
    """What was said and heard, in order."""
    outcome: Outcome
    conversation: Conversation
    hands: CallHands
    pressed: str
    length_s: float

    @property
    def heard(self) -> tuple[Line, ...]:
        """What was heard of us."""
        return tuple(line for line in self.lines if line.who == "agent")

    @property
    def says(self) -> tuple[str, ...]:
        """Ids of all texts of which something was heard, in order."""
        return self.hands.texts_heard

    def problems(self) -> Iterator[str]:
        """Yields a sentence for everything that went otherwise than its author expects."""
        yield from problems_of(self)


def rehearse_call(
    scenario: CallScenario, turns: CallTurns, *, now: datetime, pace: Pace | None = None
) -> Rehearsed:
    """Plays a scenario to its end; `now` is when the call is answered."""
    return _Rehearsal(scenario, turns, now, pace or Pace()).play()


def limits_of(scenario: CallScenario) -> CallLimits:
    """Returns the limits of a scenario's call."""
    changed = {k: v for k, v in scenario.limits.model_dump().items() if v is not None}
    return replace(CallLimits(), **changed)


@dataclass(slots=True)
class _Voice:
    """Sentences that are being said."""

    pieces: tuple[str, ...]
    language: str
    since: datetime
    length_s: float

    def heard_at(self, at: datetime) -> str:
        """What was heard of them by then, in whole words."""
        words = " ".join(self.pieces).split()
        count = int(len(words) * (at - self.since).total_seconds() / (self.length_s or 1.0))
        return " ".join(words[: max(count, 0)])


@dataclass(slots=True)
class _Rehearsal:
    scenario: CallScenario
    turns: CallTurns
    now: datetime
    pace: Pace
    hands: CallHands = field(init=False)
    talk: Conversation = field(init=False)
    pressed: str = ""
    _began: datetime = field(init=False)
    _steps: list[Step] = field(init=False)
    _due: list[tuple[datetime, int, Callable[[], None]]] = field(default_factory=list)
    _count: int = 0
    _voice: _Voice | None = None
    _speech: int = 0
    """Number of the utterance that is being said: what ends an earlier one comes too late."""
    _jobs: int = 0
    _withdrawn: set[int] = field(default_factory=set)
    _turn_s: float = _TURN_S
    _is_busy: bool = False
    """Whether a step of theirs is under way."""
    _outcome: Outcome | None = None

    def __post_init__(self) -> None:
        self.hands = CallHands(self.turns)
        language = self.turns.people.language()
        menu = self.scenario.menu
        self.talk = Conversation(
            self.turns.call,
            limits_of(self.scenario),
            language=language,
            navigate=lambda text, _: next((k for w, k in menu.items() if w in text.lower()), ""),
        )
        self._began, self._steps = self.now, list(self.scenario.call)

    def play(self) -> Rehearsed:
        self._at(0, lambda: self._feed(on.Connected(self.now)))
        self._at(_TICK_S, self._tick)
        self._at(0.01, self._their_turn)
        while not self.talk.is_over and self._due and self.now - self._began < _AT_MOST:
            self.now, _, act = heappop(self._due)
            act()
        assert self._outcome is not None, f"{self.scenario.id} did not end"
        return Rehearsed(
            self.scenario,
            tuple(self.hands.lines),
            self._outcome,
            self.talk,
            self.hands,
            self.pressed,
            (self.now - self._began).total_seconds(),
        )

    # Our side

    def _feed(self, event: on.Event) -> None:
        for command in self.talk.on(event):
            self._do(command)

    def _do(self, command: do.Command) -> None:
        match command:
            case do.Prepare():
                self._job(_PERMIT_S, lambda: self.hands.prepare(command, now=self.now))
            case do.Ask():
                self._job(self._turn_s, lambda: self._asked(command))
                self._turn_s = _TURN_S
            case do.Withdraw():
                self._withdrawn.add(command.number)
            case do.Say():
                self._say(command)
            case do.Hush():
                self._hush()
            case do.Press():
                self.pressed += command.keys
            case do.Overheard():
                self.hands.do(command, now=self.now)
                if command.may_stop and self.hands.asks_to_stop(command.text, now=self.now):
                    self._at(_PERMIT_S, lambda: self._feed(on.StopHeard(self.now, command.text)))
            case do.HangUp():
                self._outcome = self.hands.end(self.talk, now=self.now)
            case _:
                self.hands.do(command, now=self.now)

    def _asked(self, command: do.Ask) -> on.Event:
        return self.hands.ask(
            command, now=self.now, is_withdrawn=lambda: command.number in self._withdrawn
        )

    def _job(self, takes_s: float, work: Callable[[], on.Event]) -> None:
        def done() -> None:
            self._jobs -= 1
            self._feed(work())

        self._jobs += 1
        self._at(takes_s, done)

    def _say(self, command: do.Say) -> None:
        self._speech += 1
        number = self._speech
        language = command.utterance.language
        length_s = self.pace.ours(command.pieces, language)
        begins_at = self.now + timedelta(seconds=_VOICE_S)
        self._voice = _Voice(command.pieces, language, begins_at, length_s)

        def begins() -> None:
            if self._is_saying(number):
                self._feed(on.BotStarted(self.now))

        def ends() -> None:
            if self._is_saying(number):
                self._quieten()
                self._feed(on.BotStopped(self.now, " ".join(command.pieces)))

        self._at(_VOICE_S, begins)
        self._at(_VOICE_S + length_s, ends)
        words = len(" ".join(command.pieces).split())
        self._spoken_into(number, length_s / (words or 1))

    def _is_saying(self, number: int) -> bool:
        return self._voice is not None and self._speech == number

    def _hush(self) -> None:
        if self._voice is not None:
            self._feed(on.BotStopped(self.now, self._quieten(), is_cut=True))

    def _quieten(self) -> str:
        """Ends our voice, and returns what was heard of it."""
        assert self._voice is not None
        voice, self._voice = self._voice, None
        self.pace.we_said(voice.pieces, voice.language, since=voice.since, until=self.now)
        return voice.heard_at(self.now)

    def _tick(self) -> None:
        self._feed(on.Tick(self.now))
        self._at(_TICK_S, self._tick)

    # Their side

    def _spoken_into(self, number: int, word_s: float) -> None:
        """Whoever is to speak into this utterance does so after so many words of it."""
        step = self._steps[0] if self._steps and not self._is_busy else None
        if step is None or (step.barge_in_after is None and not step.tts_fails):
            return
        after = 3 if step.barge_in_after is None else step.barge_in_after

        def act() -> None:
            if self._is_saying(number) and self._steps and self._steps[0] is step:
                self._steps.pop(0)
                self._begin(step)

        self._at(_VOICE_S + after * word_s + 0.01, act)

    def _their_turn(self) -> None:
        """Looks often whether the next step of theirs can begin, and begins it after its pause."""
        self._at(0.05, self._their_turn)
        if self._is_busy or not self._steps:
            return
        step = self._steps[0]
        is_asked_for = step.takes_call is None or self.talk.phase == "transferring"
        is_timed = step.barge_in_after is None and not step.tts_fails and is_asked_for
        is_ours = self._voice is not None or self._jobs > 0
        if is_timed and (step.goes_on or not is_ours):
            self._steps.pop(0)
            self._is_busy = True
            plays_s = step.plays_s if step.plays else 0.0
            self._at(step.silence or step.after_s + plays_s, lambda: self._begin(step))

    def _begin(self, step: Step) -> None:
        self._is_busy = True
        self._turn_s = step.turn_takes_s or self._turn_s
        spoken_s = self.pace.theirs(step)
        if spoken_s:
            self._feed(on.UserStarted(self.now))
            self._at(spoken_s, lambda: self._end(step, spoken_s))
        else:
            self._end(step, 0.0)

    def _end(self, step: Step, spoken_s: float) -> None:
        self._is_busy = False
        since = self.now - timedelta(seconds=spoken_s)
        self.pace.they_did(step, since=since, until=self.now)
        if step.who is not None:
            self.hands.recognised(step.who, now=self.now)
            self._feed(on.WhoAnswered(self.now, step.who))
        if spoken_s:
            self._feed(on.UserStopped(self.now, step.says, spoken_s))
        if step.beep:
            self._feed(on.Beep(self.now))
        for _ in step.presses:
            self._feed(on.KeyPressed(self.now))
        if step.stt_fails:
            self._feed(on.SttFailed(self.now))
        if step.tts_fails and self._voice is not None:
            self._feed(on.TtsFailed(self.now, self._quieten()))
        if step.takes_call is not None:
            self._feed(on.Transferred(self.now, step.takes_call))
        if step.hangs_up or step.drops:
            self._hush()
            self._feed(on.Dropped(self.now, by_them=step.hangs_up))

    def _at(self, after_s: float, act: Callable[[], None]) -> None:
        self._count += 1
        heappush(self._due, (self.now + timedelta(seconds=after_s), self._count, act))
