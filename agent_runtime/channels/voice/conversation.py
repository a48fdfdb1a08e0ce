"""One call as a state machine: events with times go in, commands come out; it reads no clock."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from agent_runtime.channels.voice.answer import Answer
from agent_runtime.channels.voice.call_start import CallStart
from agent_runtime.channels.voice.commands import (
    Ask,
    CallBack,
    Command,
    HandOn,
    HangUp,
    KeepHeard,
    Kind,
    Overheard,
    Prepare,
    Press,
    Record,
    Say,
    SpareVoice,
    Speak,
    Transfer,
    Unrecord,
    Withdraw,
)
from agent_runtime.channels.voice.events import (
    Answered,
    Beep,
    BotStarted,
    BotStopped,
    Broken,
    Connected,
    Dropped,
    Event,
    LanguageHeard,
    Party,
    Prepared,
    SttFailed,
    Tick,
    Transferred,
    TtsFailed,
    UserStarted,
    UserStopped,
    WhoAnswered,
)
from agent_runtime.channels.voice.limits import CallLimits
from agent_runtime.channels.voice.mouth import Mouth
from agent_runtime.channels.voice.side_words import holds_aside, is_aside, is_no_word
from agent_runtime.channels.voice.utterance import Utterance

Phase = Literal[
    "ringing",
    "greeting",
    "opening",
    "recording",
    "talking",
    "machine",
    "menu",
    "transferring",
    "ending",
    "over",
]
"""ringing: no line yet; greeting: we wait for their "hello?"; opening: our first words; recording:
our question for leave; machine: a voicemail; menu: a telephone menu; ending: our last words."""

ABANDONED_S = 2.0
"""Whoever has greeted and hears nothing for so long was called by a machine that had no time."""

Doing = Literal["ringing", "hearing", "thinking", "speaking", "listening", "over"]
"""What whoever looks on would say is going on; hearing: they speak, listening: they may."""

_MEETS_PEOPLE = ("opening", "recording", "talking", "transferring")


@dataclass(frozen=True, slots=True)
class _Then:
    """What comes once everything has been said."""

    do: Literal["listen", "hang_up", "goodbye", "transfer", "ask_more", "reason", "bridge"] = (
        "listen"
    )
    reason: str = ""
    route_to: str = ""


_LISTEN = _Then()
_BRIDGE = _Then("bridge")
"""A word that bridges a turn which takes long; behind its answer it is not said."""


@dataclass(slots=True)
class _Asking:
    number: int
    text: str
    since: datetime
    is_withdrawn: bool = False
    is_bridged: bool = False
    is_foreign: bool = False
    """It is in a language of no calls, and read for a stop only."""


@dataclass(slots=True)
class Conversation:
    """One call. `on` takes what happened and returns what is to be done about it, in order.

    Args:
        call: The call.
        limits: How long it waits, and what it may do.
        language: In which it begins, two letters.
        navigate: Which keys lead on, in a menu that says this, and whether it has fallen quiet
            after it; empty: none yet; None: none will.
        spoken: Languages that some voice here speaks, for a word of goodbye at least.
    """

    call: CallStart
    limits: CallLimits = field(default_factory=CallLimits)
    language: str = "en"
    navigate: Callable[[str, bool], str | None] = lambda words, is_over: ""
    spoken: frozenset[str] = frozenset()
    phase: Phase = field(default="ringing", init=False)
    who: Party | None = field(default=None, init=False)
    end_reason: str = field(default="", init=False)
    connected_at: datetime | None = field(default=None, init=False)
    has_leave_to_record: bool = field(default=False, init=False)
    turns: int = field(default=0, init=False)
    fillers: int = field(default=0, init=False)
    interruptions: int = field(default=0, init=False)
    has_spoken: bool = field(default=False, init=False)
    """Whether they have said anything of their own."""
    greeted_at: datetime | None = field(default=None, init=False)
    """When the greeting of a person was over."""
    heard_us_at: datetime | None = field(default=None, init=False)
    """Our first sound."""
    mouth: Mouth = field(default_factory=Mouth, init=False)
    _then: _Then = field(default=_LISTEN, init=False)
    _preparing: dict[str, _Then] = field(default_factory=dict, init=False)
    _keys: int = field(default=0, init=False)
    _openings: int = field(default=0, init=False)
    _asking: _Asking | None = field(default=None, init=False)
    _held: Answer | None = field(default=None, init=False)
    _withdrawn: str = field(default="", init=False)
    """Words of a turn that was withdrawn: they belong to the next."""
    _words: str | None = field(default=None, init=False)
    """Words that wait for the end of the turn before."""
    _user_since: datetime | None = field(default=None, init=False)
    _quiet_since: datetime | None = field(default=None, init=False)
    _phase_since: datetime | None = field(default=None, init=False)
    _greeted: str = field(default="", init=False)
    """What was said before anybody was known: a menu may have begun with it."""
    _otherwise: str = field(default="", init=False)
    """What they said since we last answered, as it would be in another language."""
    _foreign: str = field(default="", init=False)
    """Language in which a person gets back to them, once what they said in it was read."""
    _foreign_since: datetime | None = field(default=None, init=False)
    _holds: bool = field(default=False, init=False)
    _is_final: bool = field(default=False, init=False)
    """Whether our last words stand, whatever they say to them."""
    _tells: Literal["", "spoken", "asked"] = field(default="", init=False)
    """Why the call has a language in which nothing has been said yet."""
    _prompts: int = field(default=0, init=False)
    _unheard: int = field(default=0, init=False)
    _deaf: int = field(default=0, init=False)
    _mute: int = field(default=0, init=False)

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens."""
        return self.phase == "over"

    @property
    def waits_for_answer(self) -> bool:
        """Whether a turn is being worked that has not been given up."""
        return self._asking is not None

    def is_abandoned(self, now: datetime) -> bool:
        """Whether a person greeted and heard nothing of us in time (47 CFR 64.1200(a)(7))."""
        is_no_person = self.who not in (None, "person", "uncertain")
        if self.call.direction == "inbound" or self.greeted_at is None or is_no_person:
            return False
        return self._is_past(self.greeted_at, ABANDONED_S, self.heard_us_at or now)

    @property
    def doing(self) -> Doing:
        """What is going on."""
        if self.phase in ("ringing", "over"):
            return "ringing" if self.phase == "ringing" else "over"
        if self._user_since is not None:
            return "hearing"
        if self.mouth.saying is not None and self.mouth.saying.has_begun:
            return "speaking"
        is_busy = self.mouth.is_speaking or self._asking is not None or self._preparing
        return "thinking" if is_busy else "listening"

    def on(self, event: Event) -> tuple[Command, ...]:
        """Takes one event; after the end of the call only what had been said is still written."""
        if self.is_over:
            return tuple(self._unsaid(event))
        return tuple(self._in_language(_TAKES[type(event)](self, event)))

    # What they do

    def _connected(self, event: Connected) -> list[Command]:
        if self.phase != "ringing":
            return []
        self.connected_at = self._quiet_since = at = event.at
        if self.call.direction == "inbound":
            return self._open(at)
        return self._enter("greeting", at)

    def _record_at_once(self) -> list[Command]:
        """Of those who are met: nothing of a machine is recorded."""
        if not self.limits.records_at_once or self.has_leave_to_record:
            return []
        self.has_leave_to_record = True
        return [Record()]

    def _user_started(self, event: UserStarted) -> list[Command]:
        self._user_since = event.at
        if self.phase in ("ending", "transferring", "ringing"):
            return []
        done = self.mouth.hush()
        self.interruptions += bool(done)
        if self._asking is not None and not self._asking.is_withdrawn:
            self._asking.is_withdrawn = True
            done.append(Withdraw(self._asking.number))
        return done

    def _user_stopped(self, event: UserStopped) -> list[Command]:
        self._user_since, self._quiet_since = None, event.at
        words = " ".join(event.text.split())
        if words and is_no_word(words, language=self.language):
            words = ""
        self._otherwise = f"{self._otherwise} {event.otherwise}".strip()
        if self._foreign:
            return self._read_foreign(words, event.at)
        is_cough = not words and event.spoken_s <= self.limits.cough_s
        if self.phase not in ("opening", "recording", "talking", "ending"):
            return self._before_we_talk(words, event.at, is_cough=is_cough)
        if self.phase == "ending" and (self._is_final or not words or self._is_polite(words)):
            is_heard = bool(words) and not self._is_final
            return [Overheard(words, "farewell")] if is_heard else []
        if not words:
            return self._no_words(event, is_cough=is_cough)
        is_pending = self.mouth.cut is not None or self._held is not None or self._asking
        if is_pending and self._listens(words):
            return [Overheard(words, "listening"), *self._go_on(event.at)]
        return self._words_of_theirs(words, event.at)

    def _before_we_talk(self, words: str, at: datetime, *, is_cough: bool) -> list[Command]:
        """Whatever is heard before a person is there: a greeting, a menu, a machine."""
        said: list[Command] = [Overheard(words, self.phase)] if words else []
        if self.phase == "greeting" and self.who != "screening" and not is_cough:
            self._greeted = f"{self._greeted} {words}".strip()
            self.greeted_at = self.greeted_at or at
            return said if self.limits.judges else [*said, *self._open(at)]
        if self.phase == "menu" and words:
            return [*said, *self._menu_said(words, at)]
        if self.phase == "machine" or self.who == "screening":
            return [*said, *(self.mouth.go_on(at) or self.mouth.next(at))]
        return said

    def _menu_said(self, words: str, at: datetime, *, is_over: bool = False) -> list[Command]:
        keys = self.navigate(words, is_over)
        if keys is None:
            return self._end("menu")
        if not keys:
            return []
        # What is behind the key has its own time.
        self._quiet_since = at
        return [*self._enter("menu", at), Press(keys)]

    def _words_of_theirs(self, words: str, at: datetime) -> list[Command]:
        is_opener_next = bool(self._preparing) or self.mouth.is_about_to_speak
        if self.phase == "opening" and is_opener_next and self._asking is None:
            return [Overheard(words, "greeting"), *self.mouth.next(at)]
        self.has_spoken = True
        self._prompts = self._unheard = self._deaf = 0
        if is_aside(words, "hold", language=self.language):
            return [Overheard(words, "hold"), *self._hold(at)]
        self._holds = False
        if self.phase == "recording" and not self._asking:
            return self._leave_given(words, at)
        if holds_aside(words, "unrecorded", language=self.language):
            return self._leave_taken(words, at)
        return self._take(words, at)

    def _leave_taken(self, words: str, at: datetime) -> list[Command]:
        """Whatever else they say is answered as always."""
        self.has_leave_to_record = False
        if not is_aside(words, "unrecorded", language=self.language):
            return [Unrecord(), *self._take(words, at)]
        done = self._forget_answer(at)
        told = self._phrase("call.recording_no")
        return [Unrecord(), *done, Overheard(words, "leave taken back"), *told]

    def _listens(self, words: str) -> bool:
        return is_aside(words, "listening", language=self.language)

    def _is_polite(self, words: str) -> bool:
        """Whether nothing but politeness is said to our goodbye."""
        is_farewell = is_aside(words, "farewell", language=self.language)
        return is_farewell or self._listens(words)

    def _no_words(self, event: UserStopped, *, is_cough: bool) -> list[Command]:
        if self.mouth.cut is not None or self._held is not None or self._asking or self._withdrawn:
            return self._go_on(event.at)
        if is_cough or self._preparing or self.phase == "opening":
            return self.mouth.next(event.at)
        self._unheard += 1
        if self._unheard > 2:
            return self._give_up("bad_line", "call.bad_line")
        return self._phrase("call.could_not_hear")

    def _go_on(self, at: datetime) -> list[Command]:
        """It was a cough or an "mhm": everything goes on as if it had not been."""
        if self._asking is not None and self._asking.is_withdrawn:
            self._words = ""
            return []
        if self._held is not None:
            answer, self._held = self._held, None
            return self._speak(answer, at)
        if self._withdrawn:
            return self._take("", at)
        return self.mouth.go_on(at)

    def _hold(self, at: datetime) -> list[Command]:
        done = self._forget_answer(at)
        self._holds = True
        return [*done, *self._phrase("call.hold")]

    def _leave_given(self, words: str, at: datetime) -> list[Command]:
        """Only a plain yes is leave; any other words are a turn, and nothing is recorded."""
        done = self.mouth.drop()
        self._enter("talking", at)
        if is_aside(words, "agrees", language=self.language):
            self.has_leave_to_record = True
            told = self._phrase("call.recording_yes", _Then("reason"))
            return [*done, Overheard(words, "leave to record"), Record(), *told]
        if is_aside(words, "refuses", language=self.language):
            told = self._phrase("call.recording_no", _Then("reason"))
            return [*done, Overheard(words, "no leave to record"), *told]
        return [*done, *self._take(words, at)]

    def _take(self, words: str, at: datetime) -> list[Command]:
        """Has a finished turn answered; what we were about to say is not said."""
        if self._asking is not None:
            self._words = words
            return []
        done = self._forget_answer(at)
        text = f"{self._withdrawn} {words}".strip()
        self._withdrawn, self._words = "", None
        if not text:
            return done
        if self.phase in ("opening", "ending"):
            self._preparing.clear()
            self._enter("talking", at)
        told, is_asked = self._told_in_language(), self._tells == "asked"
        self._tells = ""
        if is_asked:
            return [*done, Overheard(text, "language"), *told]
        self.turns += 1
        self._asking = _Asking(self.turns, text, at)
        otherwise, self._otherwise = self._otherwise, ""
        return [*done, *told, Ask(self.turns, text, otherwise=otherwise)]

    def _forget_answer(self, at: datetime) -> list[Command]:
        done = self.mouth.drop()
        self._then = _LISTEN
        if self._held is not None:
            done += [KeepHeard(u, "", is_cut=True) for u in self._held.says]
            self._held = None
        return done

    # What we say

    def _open(self, at: datetime) -> list[Command]:
        self._enter("opening", at)
        is_ours = self.call.direction == "outbound"
        asks = self.limits.records
        done = self._record_at_once()
        self._openings += 1
        if self._is_handed and self._openings == 1:
            return [*done, self._prepare("handed", ())]
        return [
            *done,
            self._prepare(
                "opener",
                ("call.recording",) if asks else (self._reason,),
                frame="frame.voice" if is_ours else "frame.voice_in",
            ),
        ]

    @property
    def _is_handed(self) -> bool:
        """Whether the opener was permitted when the call was dialled; it is said once only."""
        return bool(self.call.meta.get("message_id")) and not self.call.meta.get("call_back")

    @property
    def _reason(self) -> str:
        """The text that says why we call, or asks why they do."""
        if self.call.direction == "inbound":
            return "call.answer"
        return "call.opener_back" if self.call.meta.get("call_back") else "call.opener"

    def _prepared(self, event: Prepared) -> list[Command]:
        then = self._preparing.pop(event.key, None)
        is_late = then == _BRIDGE and self._asking is None
        is_into = self._user_since is not None and then in (_LISTEN, _BRIDGE) and self._asking
        if then is None or is_late or is_into:
            return [KeepHeard(u, "", is_cut=True) for u in event.says]
        if event.says:
            self._then = _LISTEN if then == _BRIDGE else then
            self.mouth.add(*event.says)
            return self.mouth.next(event.at) if self._user_since is None else []
        if event.key.startswith(("opener", "handed")):
            return self._may_not_open(event.at)
        if event.key.startswith("voicemail"):
            return self._end("voicemail")
        return self._after(then, event.at)

    def _may_not_open(self, at: datetime) -> list[Command]:
        if self.call.direction == "outbound":
            return self._end("not_permitted")
        if self.limits.transfers:
            return self._after(_Then("transfer", "not_permitted", "owner"), at)
        return [HandOn("agent_may_not_speak"), *self._end("not_permitted")]

    def _bot_stopped(self, event: BotStopped) -> list[Command]:
        done = self.mouth.ended(event.heard, is_cut=event.is_cut)
        self._quiet_since = event.at
        if event.is_cut:
            return done if self._user_since is not None else [*done, *self.mouth.drop()]
        done += self.mouth.next(event.at)
        if self.mouth.is_empty:
            then, self._then = self._then, _LISTEN
            done += self._after(then, event.at)
        return done

    def _after(self, then: _Then, at: datetime) -> list[Command]:
        self._quiet_since = at
        if then.do == "hang_up":
            return self._end(then.reason)
        if then.do == "goodbye":
            self._enter("ending", at)
            return self._phrase("call.goodbye", _Then("hang_up", then.reason))
        if then.do == "transfer":
            self._enter("transferring", at)
            return [Transfer(then.route_to or "owner", then.reason)]
        if then.do == "ask_more":
            return self._phrase("call.anything_else")
        if then.do == "reason":
            return self._why_we_call()
        return self._opened(at) if self.phase == "opening" else []

    def _why_we_call(self) -> list[Command]:
        """An opener that was handed to the call has said it before leave was asked."""
        if self._is_handed:
            return self._phrase("call.back_to_it")
        return [self._prepare("reason", (self._reason,))]

    def _opened(self, at: datetime) -> list[Command]:
        if not self.limits.records:
            return self._enter("talking", at)
        self._enter("recording", at)
        return self._phrase("call.recording") if self._is_handed else []

    def _answered(self, event: Answered) -> list[Command]:
        answer, at, asking = event.answer, event.at, self._asking
        if asking is None or answer.number != asking.number:
            return [KeepHeard(u, "", is_cut=True) for u in answer.says]
        self._asking = None
        if asking.is_foreign and answer.then != "stopped":
            unsaid = [KeepHeard(u, "", is_cut=True) for u in answer.says]
            return [*unsaid, *self._leave_to_person()]
        if answer.is_withdrawn:
            return self._ask_again(asking, at)
        if self._user_since is not None and answer.then != "stopped":
            self._held = answer
            return []
        if self._words and not (answer.then != "listen" and self._is_polite(self._words)):
            words, self._held = self._words, answer
            return self._take(words, at)
        self._words = None
        return self._speak(answer, at)

    def _ask_again(self, asking: _Asking, at: datetime) -> list[Command]:
        """Nothing was decided: what they said belongs to what they say now."""
        self._withdrawn = asking.text
        is_speaking = self._user_since is not None and self._words is None
        return [] if is_speaking else self._take(self._words or "", at)

    def _speak(self, answer: Answer, at: datetime) -> list[Command]:
        self._words = None
        if answer.has_failed:
            return self._give_up("failed", "call.trouble")
        if answer.then == "transfer" and self.limits.transfers:
            unsaid = [KeepHeard(u, "") for u in answer.says]
            then = _Then("transfer", answer.reason, answer.route_to)
            return [*unsaid, *self._phrase("call.transfer", then)]
        then = _then_of(answer)
        if not answer.says:
            return self._silent(answer, then, at)
        self._then = then
        if then.do in ("hang_up", "goodbye"):
            self._enter("ending", at)
            self._is_final = answer.then == "stopped"
        self.mouth.add(*answer.says)
        return self.mouth.next(at)

    def _silent(self, answer: Answer, then: _Then, at: datetime) -> list[Command]:
        """A turn without words of its own is never met with silence, but for a second stop."""
        if then.do != "listen":
            return self._after(then, at)
        if answer.decision == "allow":
            is_lost = answer.reason.startswith("off_topic")
            return self._phrase("call.not_that" if is_lost else "call.anything_else")
        return [HandOn(answer.stopped_by or "not_permitted"), *self._phrase("call.person_later")]

    # Who is there

    def _recognised(self, event: WhoAnswered) -> list[Command]:
        who, at = event.who, event.at
        before, self.who = self.who, who
        if who == "unavailable":
            return self._end("unavailable")
        if self.has_spoken or who == before:
            return []
        if who in ("person", "uncertain"):
            is_new = self.phase in ("greeting", "machine", "menu")
            return [*self._unsay(at), *self._open(at)] if is_new else []
        if who == "voicemail":
            return self._machine(at)
        done = self._unsay(at)
        if who == "screening":
            self._enter("greeting", at)
            return [*done, *self._phrase("call.screening")]
        self._enter("menu", at)
        heard, self._greeted = self._greeted, ""
        return [*done, *(self._menu_said(heard, at) if heard else [])]

    def _unsay(self, at: datetime) -> list[Command]:
        """Whatever was begun was said to nobody."""
        self._preparing.clear()
        self._then = _LISTEN
        return [*self.mouth.hush(), *self.mouth.drop()]

    def _machine(self, at: datetime) -> list[Command]:
        done = self._unsay(at)
        if self.limits.voicemail == "hang_up":
            return [*done, *self._end("voicemail")]
        return [*done, *self._enter("machine", at)]

    def _beeped(self, event: Beep) -> list[Command]:
        return self._leave_message() if self.phase == "machine" else []

    def _leave_message(self) -> list[Command]:
        if self._preparing or not self.mouth.is_empty:
            return []
        then = _Then("hang_up", "voicemail_left")
        return [self._prepare("voicemail", (), frame="call.voicemail", then=then)]

    def _transferred(self, event: Transferred) -> list[Command]:
        if self.phase != "transferring":
            return []
        if event.is_taken:
            return self._end("transferred")
        self._enter("ending", event.at)
        told = self._phrase("call.transfer_failed", _Then("goodbye", "handed_over"))
        return [HandOn("nobody_took_the_call"), *told]

    def _voice_begun(self, event: BotStarted) -> list[Command]:
        self.mouth.begun()
        self.heard_us_at = self.heard_us_at or event.at
        return []

    # What goes wrong

    def _deafened(self, event: SttFailed) -> list[Command]:
        return self._cannot_hear(event.at)

    def _cannot_hear(self, at: datetime) -> list[Command]:
        self._user_since, self._deaf = None, self._deaf + 1
        if self.phase in ("greeting", "machine", "menu", "ringing"):
            return self._end("stt_failed") if self._deaf > 1 else []
        if self.phase == "opening":
            # Until it is told that an AI speaks, no other words of ours are permitted.
            return self.mouth.go_on(at) or self.mouth.next(at)
        if self._deaf > 1:
            return self._give_up("stt_failed", "call.bad_line")
        return [*self.mouth.hush(), *self.mouth.drop(), *self._phrase("call.could_not_hear")]

    def _cannot_speak(self, event: TtsFailed) -> list[Command]:
        done = self.mouth.ended(event.heard, is_cut=True)
        self._mute += 1
        if self._mute > 1:
            done += [*self.mouth.drop(), HandOn("voice_failed"), *self._end("tts_failed")]
            return done
        return [*done, SpareVoice(), *self.mouth.go_on(event.at)]

    # Another language

    def _other_language(self, event: LanguageHeard) -> list[Command]:
        """Goes on in it, and says once again in it who speaks; or leaves it to a person."""
        if event.language == self.language or self.phase in ("ending", "transferring", "ringing"):
            return []
        if not event.is_led:
            return self._not_that_language(event)
        self.language = event.language
        why = "asked" if event.is_asked else "spoken"
        done: list[Command] = [Speak(event.language, why, event.share)]
        if self.phase in ("machine", "menu", "greeting"):
            return done
        self._tells = why
        return [*self._bridge(event), *done]

    def _bridge(self, event: LanguageHeard) -> list[Command]:
        if event.is_ready or self._user_since is not None:
            return []
        self.fillers += 1
        return self._phrase("call.one_moment")

    def _not_that_language(self, event: LanguageHeard) -> list[Command]:
        if self.phase in ("machine", "menu", "greeting"):
            return []
        self._foreign = event.language if event.language in self.spoken else self.language
        self._foreign_since = event.at
        return []

    def _read_foreign(self, words: str, at: datetime) -> list[Command]:
        """Whoever asks in it that contact stop is obeyed before anything else is said."""
        if not words:
            return self._leave_to_person()
        done = self._forget_answer(at)
        if self._asking is not None:
            done.append(Withdraw(self._asking.number))
        self.turns += 1
        self._asking = _Asking(self.turns, words, at, is_foreign=True)
        heard = Overheard(words, "another language")
        return [*done, heard, Ask(self.turns, words, only_stops=True)]

    def _leave_to_person(self) -> list[Command]:
        language, self._foreign, self._user_since = self._foreign, "", None
        return self._give_up("language", "call.language_later", language=language)

    def _told_in_language(self) -> list[Command]:
        """In a language that has just begun it is said anew that an AI speaks."""
        if not self._tells:
            return []
        text = "call.language_asked" if self._tells == "asked" else "call.language"
        return self._phrase(text, language=self.language)

    def _broken(self, event: Broken) -> list[Command]:
        """Says so once; where even that cannot be done, the line is closed."""
        self._asking, self._words = None, None
        return self._end("failed") if self._is_final else self._give_up("failed", "call.trouble")

    def _dropped(self, event: Dropped) -> list[Command]:
        done: list[Command] = []
        if self._asking is not None:
            done.append(Withdraw(self._asking.number))
        is_met = self.phase in _MEETS_PEOPLE and not event.by_them
        if is_met and self.limits.calls_back:
            done.append(CallBack(self.limits.back_after_s))
        reason = "hung_up" if event.by_them else "dropped"
        if self.phase == "ending":
            reason = "completed" if not self._is_final else "stopped"
        return [*done, *self._end(reason)]

    def _give_up(self, reason: str, text_id: str, *, language: str = "") -> list[Command]:
        """Says why, leaves the rest to a person, and hangs up."""
        self.phase, self._is_final = "ending", True
        self._preparing.clear()
        done: list[Command] = [*self.mouth.hush(), *self.mouth.drop()]
        if self._asking is not None:
            done.append(Withdraw(self._asking.number))
            self._asking = None
        told = self._phrase(text_id, _Then("hang_up", reason), language=language)
        return [*done, HandOn(reason), *told]

    def _tick(self, event: Tick) -> list[Command]:
        at = event.at
        if self.connected_at is None:
            return []
        if self._is_past(self.connected_at, self.limits.longest_s, at) and not self._is_final:
            return self._too_long()
        is_unread = bool(self._foreign) and self._asking is None
        if is_unread and self._is_past(self._foreign_since or at, self.limits.words_s, at):
            return self._leave_to_person()
        if self.mouth.saying is not None:
            saying = self.mouth.saying
            is_late = not saying.has_begun and self._is_past(saying.since, self.limits.voice_s, at)
            return self._cannot_speak(TtsFailed(at)) if is_late else []
        if self._user_since is not None:
            hangs = self._is_past(self._user_since, self.limits.monologue_s, at)
            return self._cannot_hear(at) if hangs else []
        return self._waits(at)

    def _too_long(self) -> list[Command]:
        if self.phase in ("greeting", "machine", "menu"):
            return self._end("time_limit")
        return self._give_up("time_limit", "call.time_limit")

    def _waits(self, at: datetime) -> list[Command]:
        if self._asking is not None:
            return self._waits_for_answer(self._asking, at)
        if self._preparing:
            return []
        wait = _QUIET.get(self.phase)
        return wait(self, at) if wait else []

    def _waits_for_answer(self, asking: _Asking, at: datetime) -> list[Command]:
        if self._is_past(asking.since, self.limits.turn_s, at):
            return self._give_up("model_stalled", "call.trouble")
        if not asking.is_bridged and self._is_past(asking.since, self.limits.filler_s, at):
            asking.is_bridged = True
            self.fillers += 1
            return self._phrase("call.one_moment", _BRIDGE)
        return []

    def _quiet_greeting(self, at: datetime) -> list[Command]:
        is_screen = self.who == "screening"
        wait = self.limits.screening_s if is_screen else self.limits.hello_s
        if not is_screen and self.greeted_at is not None:
            wait = self.limits.verdict_s
        if not self._is_past(self._quiet_since or at, wait, at):
            return []
        return self._end("screened") if is_screen else self._open(at)

    def _quiet_machine(self, at: datetime) -> list[Command]:
        if self._is_past(self._phase_since or at, self.limits.greeting_s, at):
            return self._end("voicemail" if self.phase == "machine" else "menu")
        if self.phase == "menu":
            return self._quiet_menu(at)
        is_quiet = self._is_past(self._quiet_since or at, self.limits.beep_s, at)
        return self._leave_message() if is_quiet else []

    def _quiet_menu(self, at: datetime) -> list[Command]:
        """Between two options a menu is quiet for less."""
        if not self._is_past(self._quiet_since or at, self.limits.menu_s, at):
            return []
        self._quiet_since = at
        return self._menu_said("", at, is_over=True)

    def _quiet_transfer(self, at: datetime) -> list[Command]:
        is_late = self._is_past(self._phase_since or at, self.limits.transfer_s, at)
        return self._transferred(Transferred(at, is_taken=False)) if is_late else []

    def _quiet_talk(self, at: datetime) -> list[Command]:
        limit = self.limits.hold_s if self._holds else self.limits.silence_s
        if not self._is_past(self._quiet_since or at, limit, at):
            return []
        self._holds, self._quiet_since = False, at
        self._prompts += 1
        if self._prompts <= self.limits.prompts:
            return self._phrase("call.still_there")
        self._enter("ending", at)
        return self._phrase("call.silence_goodbye", _Then("hang_up", "silence"))

    # Parts of all this

    def _enter(self, phase: Phase, at: datetime) -> list[Command]:
        self.phase, self._phase_since = phase, at
        return []

    def _phrase(self, text_id: str, then: _Then = _LISTEN, *, language: str = "") -> list[Command]:
        return [self._prepare("phrase", (text_id,), then=then, language=language)]

    def _prepare(
        self,
        kind: Kind,
        text_ids: tuple[str, ...],
        *,
        frame: str = "",
        then: _Then = _LISTEN,
        language: str = "",
    ) -> Prepare:
        self._keys += 1
        key = f"{kind}:{self._keys}"
        self._preparing[key] = then
        return Prepare(key, kind, text_ids, frame, language)

    def _end(self, reason: str) -> list[Command]:
        done = [*self.mouth.hush(), *self.mouth.drop(), *self._forget_answer_at_end()]
        self.phase, self.end_reason = "over", reason
        return [*done, HangUp(reason)]

    def _forget_answer_at_end(self) -> list[Command]:
        held, self._held = self._held, None
        return [KeepHeard(u, "", is_cut=True) for u in held.says] if held else []

    def _unsaid(self, event: Event) -> list[Command]:
        """What comes too late to be said was never said."""
        says: tuple[Utterance, ...] = ()
        if isinstance(event, Prepared):
            says = event.says
        elif isinstance(event, Answered):
            says = event.answer.says
        elif isinstance(event, BotStopped):
            return [*self.mouth.ended(event.heard, is_cut=event.is_cut), *self.mouth.drop()]
        return [KeepHeard(u, "", is_cut=True) for u in says]

    def _in_language(self, done: list[Command]) -> list[Command]:
        spoken: list[Command] = []
        for command in done:
            if isinstance(command, Say) and command.utterance.language != self.language:
                self.language = command.utterance.language
                spoken.append(Speak(self.language))
            spoken.append(command)
        return spoken

    def _is_past(self, since: datetime, limit_s: float, at: datetime) -> bool:
        return at - since >= timedelta(seconds=limit_s)


_TAKES: dict[type[Event], Callable[[Conversation, Any], list[Command]]] = {
    Connected: Conversation._connected,
    UserStarted: Conversation._user_started,
    UserStopped: Conversation._user_stopped,
    BotStarted: Conversation._voice_begun,
    BotStopped: Conversation._bot_stopped,
    Prepared: Conversation._prepared,
    Answered: Conversation._answered,
    WhoAnswered: Conversation._recognised,
    LanguageHeard: Conversation._other_language,
    Beep: Conversation._beeped,
    Transferred: Conversation._transferred,
    SttFailed: Conversation._deafened,
    TtsFailed: Conversation._cannot_speak,
    Dropped: Conversation._dropped,
    Broken: Conversation._broken,
    Tick: Conversation._tick,
}
_QUIET: dict[Phase, Callable[[Conversation, datetime], list[Command]]] = {
    "greeting": Conversation._quiet_greeting,
    "machine": Conversation._quiet_machine,
    "menu": Conversation._quiet_machine,
    "transferring": Conversation._quiet_transfer,
    "opening": Conversation._quiet_talk,
    "recording": Conversation._quiet_talk,
    "talking": Conversation._quiet_talk,
}


def _then_of(answer: Answer) -> _Then:
    if answer.then == "stopped":
        return _Then("hang_up", "stopped")
    if answer.then == "goodbye":
        return _Then("goodbye", "completed")
    if answer.then == "transfer":
        return _Then("goodbye", "handed_over")
    if answer.has_booked:
        return _Then("ask_more")
    return _LISTEN
