"""Who answered a call: judged from the first words and the sound, and revised as more is heard.

The judge gets what the line carries, each with its time in seconds of the call: voice that starts
and stops, transcripts, tones. It never waits for a model, and a person is never kept waiting for
it: short first words and a pause are a person, and who is uncertain is treated as one.
"""

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from agent_runtime.speech.answer_words import PARTIES, Evidence, Party, answer_words
from agent_runtime.speech.call_tones import ToneHeard

Who = Party | Literal["nobody_yet", "uncertain"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Who answered, as far as it is known at `at_s`."""

    who: Who
    confidence: float
    """Between 0 and 1; 0 where nobody has been heard."""
    reasons: tuple[str, ...]
    at_s: float

    @property
    def is_person(self) -> bool:
        """Says whether the agent must behave as towards a person: uncertain counts as one."""
        return self.who in ("person", "uncertain")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pauses:
    """How long the judge waits in silence before it takes who spoke for a person."""

    after_question_s: float = 0.45
    """After "hello?" with a question, "who is this?", "how can I help?"."""
    after_words_s: float = 0.65
    """After other short words: a recorded greeting goes on sooner."""
    after_long_s: float = 0.75
    after_recording_s: float = 0.8
    """After words that lean towards a recording but do not settle it. No longer than a person can
    be left waiting: where a recording goes on after that, the verdict is revised."""
    nobody_speaks_s: float = 3.0
    ring_s: float = 6.5
    """After a ring the next one may be so far away, and after a key the first one."""
    for_words_s: float = 0.95
    """Until the words of what was said last must have come."""


@dataclass(slots=True)
class _Heard:
    """What one party has let hear since it picked up."""

    final: list[str] = field(default_factory=list)
    interim: str = ""
    read: str = ""
    """What another ear has understood of it."""
    spoken_s: float = 0.0
    utterances: int = 0
    longest_s: float = 0.0
    unbroken_s: float = 0.0
    """How long was spoken without a pause in which somebody else could have answered."""
    last_s: float = 0.0
    """The length of the last utterance."""
    last_words: str = ""
    greets: bool = False
    """Whether somebody said no more than a greeting behind what a recording had said."""
    awaits_words: bool = False
    """The recogniser has not given the words of the last utterance."""
    sounds: list[Evidence] = field(default_factory=list)
    beeped_s: float = 0.0
    """When the last beep ended."""
    rings: bool = False

    @property
    def text(self) -> str:
        return " ".join([*self.final, self.interim]).strip()


class WhoAnswered:
    """Judges one call from its start on.

    Args:
        language: In which the called side is expected to speak: `en`, `es`, `de`, `fr`, `it`, `pt`.
        pauses: How long to wait for more before somebody is taken for a person.

    Raises:
        ValueError: there are no phrases for the language.
    """

    def __init__(self, language: str = "en", pauses: Pauses | None = None) -> None:
        self._words = answer_words(language)
        self._pauses = pauses or Pauses()
        self._heard = _Heard()
        self._speaking_since: float | None = None
        self._stopped_s = 0.0
        self._is_confirmed = False
        self.parties = 0
        """How many have been heard before the one who speaks now."""
        self.verdict = Verdict("nobody_yet", 0.0, (), 0.0)

    @property
    def is_settled(self) -> bool:
        """Says whether more words of what was said are hardly worth having."""
        settled = _SETTLED if self.verdict.who == "person" else _SETTLED_RECORDING
        return self._is_confirmed or self.verdict.confidence >= settled

    def answered(self, at_s: float, *, rings: bool = False) -> Verdict:
        """The call was connected, or a menu has put through to somebody else, where it `rings`."""
        self._heard = _Heard(rings=rings)
        self.parties += 1
        self._speaking_since, self._stopped_s = None, at_s
        self._is_confirmed = False
        self.verdict = Verdict("nobody_yet", 0.0, (), at_s)
        return self.verdict

    def confirm_person(self, at_s: float) -> Verdict:
        """A person has taken part in a conversation: the verdict stands for the rest of it."""
        self._is_confirmed = True
        self.verdict = Verdict("person", 1.0, ("has conversed",), at_s)
        return self.verdict

    def speech_started(self, at_s: float) -> Verdict:
        """A voice began at `at_s`."""
        self._speaking_since = at_s
        if at_s - self._stopped_s > _TURN_S:
            self._heard.unbroken_s = 0.0
        return self.tick(at_s)

    def speech_stopped(self, at_s: float, now_s: float) -> Verdict:
        """A voice ended at `at_s`, of which one knows since `now_s`."""
        if self._speaking_since is not None:
            length = max(0.0, at_s - self._speaking_since)
            self._heard.utterances += 1
            self._heard.spoken_s += length
            self._heard.unbroken_s += length
            self._heard.longest_s = max(self._heard.longest_s, self._heard.unbroken_s)
            self._heard.last_s, self._heard.awaits_words = length, True
        self._speaking_since, self._stopped_s = None, at_s
        return self.tick(now_s)

    def transcript(self, text: str, now_s: float, *, is_final: bool = True) -> Verdict:
        """The recogniser gave the words of the utterance that ended last, or of the present one."""
        if not self._heard.utterances and self._speaking_since is None:
            return self.tick(now_s)
        if is_final:
            self._heard.interim = ""
            if text.strip():
                self._heard.greets |= self._greets_within(text)
                self._heard.final = [*self._heard.final, text][-_UTTERANCES:]
                self._heard.last_words, self._heard.awaits_words = text, False
        else:
            self._heard.interim = text
        return self.tick(now_s)

    def read(self, text: str, now_s: float) -> Verdict:
        """Another ear has read all that this party has said so far."""
        self._heard.read = text
        return self.tick(now_s)

    def tone(self, tone: ToneHeard, now_s: float) -> Verdict:
        """A tone was heard on the line."""
        if tone.kind == "ring_back":
            if not self._is_confirmed:
                self.answered(now_s, rings=True)
            return self.verdict
        is_known = _TO_NOBODY.reason not in self.verdict.reasons
        if tone.kind == "beep" and self.verdict.who in ("ivr", "screening") and is_known:
            # Menus, their music and screeners beep as well.
            return self.tick(now_s)
        if tone.kind == "beep":
            self._heard.beeped_s = tone.end_s
        evidence = _SOUNDS.get(tone.kind)
        if evidence is not None and evidence not in self._heard.sounds:
            self._heard.sounds.append(evidence)
        return self.tick(now_s)

    def tick(self, now_s: float) -> Verdict:
        """Returns the verdict at `now_s`; call it at least every 100 ms while nobody speaks."""
        if not self._is_confirmed:
            judged = self._judge(now_s)
            if judged is not None and _differs(judged, self.verdict):
                self.verdict = judged
        return self.verdict

    def _judge(self, now_s: float) -> Verdict | None:
        if self._has_picked_up(now_s):
            last = self._heard
            self._heard = _Heard([last.last_words], utterances=1, spoken_s=last.last_s)
            self.parties += 1
        evidence = [*self._of_words(), *self._of_sounds(now_s), *self._of_length(now_s)]
        scores = _scores(evidence)
        if self._speaks_to_nobody(scores, now_s):
            evidence.append(_TO_NOBODY)
            scores = _scores(evidence)
        recording = self._recording(scores, evidence)
        if recording is not None and not self._is_premature(now_s):
            return _verdict(recording, scores, evidence, now_s)
        return self._person(now_s, scores, evidence)

    def _of_words(self) -> Iterable[Evidence]:
        """Returns, for each kind of party, what the ear that found more of it has understood."""
        heard, read = (self._words.evidence(text) for text in (self._heard.text, self._heard.read))
        found, anew = _scores(heard), _scores(read)
        return [
            *(one for one in heard if found[one.party] >= anew[one.party]),
            *(one for one in read if found[one.party] < anew[one.party]),
        ]

    def _speaks_to_nobody(self, scores: dict[Party, float], now_s: float) -> bool:
        """Says whether a long speech of which nothing was understood has paused."""
        is_pause = self._speaking_since is None
        is_pause = is_pause and now_s - self._stopped_s >= self._pauses.after_recording_s - 1e-9
        is_understood = max(scores[one] for one in _OTHERS) >= _LEANS
        return is_pause and not is_understood and scores["person"] <= _UNLIKELY

    def _recording(self, scores: dict[Party, float], evidence: list[Evidence]) -> Party | None:
        """Returns who it is where it is not a person; what it was stays, unless outdone."""
        best = max(_OTHERS, key=lambda party: scores[party])
        before = self.verdict.who
        if before in _OTHERS:
            is_other = best != before and scores[best] >= scores[before] + _OUTDONE
            who = best if is_other else before
            return who if scores[who] > scores["person"] else None
        enough = _SURE_LEAD if scores["person"] > _UNLIKELY else _LEANS
        lead = _SURE_LEAD
        is_near = all(one.is_near for one in evidence if one.party == best)
        if best == "voicemail" and is_near and not self._is_long:
            lead = _NEAR_LEAD
        return best if scores[best] >= enough and scores[best] - scores["person"] >= lead else None

    def _is_premature(self, now_s: float) -> bool:
        """Says whether so little was said that its last words, which are to come, may change it.

        A person who says "we're not interested" has said "we're not in" before.
        """
        heard, since = self._heard, self._speaking_since
        if not heard.interim or self.verdict.who in _OTHERS:
            return False
        running = 0.0 if since is None else now_s - since
        comes = since is not None or now_s - self._stopped_s < self._pauses.for_words_s
        return comes and heard.spoken_s + running <= _RECEPTION_S

    @property
    def _is_long(self) -> bool:
        """Says whether they have said more than people do as they pick up."""
        return self._heard.spoken_s > _RECEPTION_S

    def _person(
        self, now_s: float, scores: dict[Party, float], evidence: list[Evidence]
    ) -> Verdict | None:
        heard, pauses = self._heard, self._pauses
        if self._speaking_since is not None:
            return None
        silence = now_s - self._stopped_s
        if not heard.utterances:
            if silence < (pauses.ring_s if heard.rings else pauses.nobody_speaks_s):
                return None
            return Verdict("uncertain", 0.5, ("nobody speaks",), now_s)
        if silence < self._wait_s(scores) - 1e-9:
            return None
        if scores["person"] > 0 and scores["person"] >= max(scores[one] for one in PARTIES):
            return _verdict("person", scores, evidence, now_s)
        return Verdict("uncertain", 0.5, tuple(_reasons(evidence, None)), now_s)

    def _wait_s(self, scores: dict[Party, float]) -> float:
        heard, pauses = self._heard, self._pauses
        is_short = heard.spoken_s <= _SHORT_S
        if self._words.asks(heard.text) or (is_short and heard.text.rstrip().endswith("?")):
            return pauses.after_question_s
        if heard.awaits_words and not self._words.greets_only(heard.text):
            return pauses.for_words_s
        is_leaning = max(scores[one] for one in PARTIES if one != "person") > 0
        if is_leaning or heard.longest_s > _LONG_S:
            return pauses.after_recording_s
        return pauses.after_words_s if is_short else pauses.after_long_s

    def _greets_within(self, text: str) -> bool:
        """Says whether words are a greeting in the middle of a recording, known as one or not."""
        if self._heard.utterances < 2 or not self._words.greets_only(text):
            return False
        before = _scores(self._words.evidence(" ".join(self._heard.final)))
        return max(before[party] for party in _RECORDINGS) > 0

    def _has_picked_up(self, now_s: float) -> bool:
        """Says whether somebody broke into a recording: short words of a person, then a pause."""
        heard = self._heard
        is_pause = self._speaking_since is None and now_s - self._stopped_s >= 0.45
        if self.verdict.who not in _RECORDINGS or not is_pause or heard.last_s > _SHORT_S:
            return False
        if heard.awaits_words or heard.utterances < 2:
            return False
        words = heard.last_words
        is_persons = self._words.asks(words) or heard.greets
        others = [e for e in self._words.evidence(words) if e.party != "person" and e.weight > 2]
        return is_persons and not others

    def _of_sounds(self, now_s: float) -> Iterable[Evidence]:
        yield from self._heard.sounds
        beeped_s = self._heard.beeped_s
        is_last = self._speaking_since is None and beeped_s > self._stopped_s
        # A mailbox that takes no message beeps as well.
        is_last = is_last and self.verdict.who != "unavailable" and self._heard.spoken_s >= _SAID_S
        if is_last and now_s - beeped_s >= _LISTENS_S:
            yield _LISTENS

    def _of_length(self, now_s: float) -> Iterable[Evidence]:
        heard = self._heard
        running = now_s - self._speaking_since if self._speaking_since is not None else 0.0
        longest = max(heard.longest_s, heard.unbroken_s + running)
        if longest > _LONG_S:
            yield Evidence("person", max(-3.0, 0.5 * (_LONG_S - longest)), "speaks unbroken")
        total = heard.spoken_s + running
        if heard.utterances and total <= _SHORT_S:
            weight = 2.5 if total <= _GREETING_S else 1.5
            yield Evidence("person", weight, "short first words, then a pause")
        elif heard.utterances and total <= _RECEPTION_S:
            yield Evidence("person", 0.3, "few first words, then a pause")
        if heard.utterances == 1 and self._words.greets_only(heard.text):
            yield Evidence("person", 2.0, "a greeting and no more")


_SETTLED, _SETTLED_RECORDING = 0.9, 0.97
"""One sure phrase is not enough for a recording: persons are misheard as well."""
_SURE_LEAD, _LEANS, _OUTDONE = 2.0, 1.0, 1.0
_NEAR_LEAD = 3.0
"""Of few words that only sound like a voicemail's: it goes on, or beeps."""
_UNLIKELY = -1.5
"""A person's score after so long a speech that less shows a recording."""
_TO_NOBODY = Evidence("ivr", 1.2, "a long speech to nobody")
"""No person goes on for so long as they pick up; a beep may still show that it was a voicemail."""
_LISTENS_S, _LISTENS = 0.8, Evidence("voicemail", 2.5, "a beep and silence behind it")
"""A machine that has beeped listens."""
_SAID_S = 0.9
"""A noise is shorter than what a machine says before it beeps."""
_TURN_S = 1.0
"""A pause in which somebody else may answer."""
_OTHERS: tuple[Party, ...] = ("screening", "unavailable", "voicemail", "ivr")
_UTTERANCES = 12
"""The last ones count, so that an hour in a queue costs no more than a minute."""
_RECORDINGS: tuple[Party, ...] = ("voicemail", "ivr", "screening")
_GREETING_S, _SHORT_S, _RECEPTION_S, _LONG_S = 1.2, 2.2, 4.5, 5.0
_SOUNDS = {
    "beep": Evidence("voicemail", 3.0, "a beep"),
    "busy": Evidence("unavailable", 6.0, "a busy tone"),
    "congestion": Evidence("unavailable", 6.0, "a congestion tone"),
    "sit": Evidence("unavailable", 6.0, "special information tones"),
    "fax": Evidence("unavailable", 6.0, "a fax machine"),
    "melody": Evidence("ivr", 2.0, "music"),
}


def _scores(evidence: Iterable[Evidence]) -> dict[Party, float]:
    scores: dict[Party, float] = defaultdict(float)
    for one in evidence:
        scores[one.party] += one.weight
    return scores


def _verdict(
    who: Party, scores: dict[Party, float], evidence: list[Evidence], at_s: float
) -> Verdict:
    total = sum(math.exp(scores[party] - scores[who]) for party in PARTIES)
    return Verdict(who, 1 / total, tuple(_reasons(evidence, who)), at_s)


def _reasons(evidence: Iterable[Evidence], who: Party | None) -> list[str]:
    chosen = sorted(evidence, key=lambda one: -one.weight)
    return list(dict.fromkeys(one.reason for one in chosen if who in (None, one.party)))[:5]


def _differs(one: Verdict, other: Verdict) -> bool:
    return one.who != other.who or one.reasons != other.reasons
