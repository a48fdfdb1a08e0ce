"""Tones of the telephone in a stream of sound: beeps, ring-back, busy, SIT, fax and keys.

A beep's frequency is not standardised, so it is any single steady line that stands alone. What
else is such a line is told apart by its cadence (ITU-T E.180, Q.35; fax ITU-T T.30).
"""

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from agent_runtime.speech.dtmf import DtmfDetector
from agent_runtime.speech.pulses import PAIRS_HZ, LineTracker, PairTracker, Pulse
from agent_runtime.speech.spectrum import Spectra, Window

ToneKind = Literal["beep", "ring_back", "busy", "congestion", "sit", "fax", "dtmf", "melody"]
"""Busy is a busy line, congestion a busy network; a melody is several notes, as in hold music."""

_SIT_HZ = ((914.0, 985.0), (1371.0, 1429.0), (1777.0, 1777.0))
_PROGRESS_HZ = (390.0, 460.0)
_RING_BACK_US, _RING_BACK_UK, _ = PAIRS_HZ
_BEEP_SURE_AFTER_S = 0.2
"""Silence of tones after a beep: the next note of a melody or of a SIT would come sooner."""
_LONGEST_BEEP_S = 3.5
_SHORTEST_BEEP_S = 0.12
_JOINED_S = 0.1
_NEXT_NOTE_S = 0.8
_CNG_HZ, _CED_HZ = 1100.0, 2100.0
_NOTES_OF_MELODY = 4


@dataclass(frozen=True, slots=True)
class ToneHeard:
    """One tone, when it is over (keys: when they are sure)."""

    kind: ToneKind
    start_s: float
    end_s: float
    frequencies_hz: tuple[float, ...] = ()
    digit: str = ""


class ToneListener:
    """Hears tones in a stream. Its memory does not grow, whatever the length of the call.

    Args:
        sample_rate: 8000 or 16000 Hz.

    Attributes:
        speech_heard: Set it when somebody has spoken. Before that, a lone line where ring-back
            lies or as fax machines call is not taken for a beep.

    Raises:
        ValueError: another sample rate.
    """

    def __init__(self, sample_rate: int) -> None:
        self.speech_heard = False
        self._spectra = Spectra(sample_rate)
        self._keys = DtmfDetector(sample_rate)
        self._line = LineTracker()
        self._pairs = [PairTracker(pair) for pair in PAIRS_HZ]
        self._past: deque[Pulse] = deque(maxlen=8)
        self._past_pairs: deque[Pulse] = deque(maxlen=3)
        self._maybe_beep: Pulse | None = None
        self._last_melody_s = -10.0

    def feed(self, audio: bytes) -> list[ToneHeard]:
        """Returns the tones that became sure with this 16-bit mono audio, of any length."""
        return [tone for window in self._spectra.feed(audio) for tone in self._tones(window)]

    def _tones(self, window: Window) -> Iterator[ToneHeard]:
        key = self._keys.feed(window.at_s, window.samples)
        if key is not None:
            yield ToneHeard("dtmf", key.start_s, window.at_s, digit=key.digit)
        for tracker in self._pairs:
            pair = tracker.feed(window.at_s, window.power)
            if pair is not None:
                yield from self._pair_ended(pair)
        pulse = self._line.feed(window.at_s, window.power)
        if pulse is not None:
            yield from self._pulse_ended(pulse)
        beep = self._maybe_beep
        is_over = beep is not None and window.at_s >= beep.end_s + _BEEP_SURE_AFTER_S
        if beep is not None and is_over and not self._line.is_sounding:
            self._maybe_beep = None
            yield _tone("beep", beep)

    def _pair_ended(self, pulse: Pulse) -> Iterator[ToneHeard]:
        earlier = self._past_pairs[-1] if self._past_pairs else None
        self._past_pairs.append(pulse)
        if pulse.frequencies_hz == _RING_BACK_US:
            is_ring = pulse.length_s > 0.7
        elif pulse.frequencies_hz == _RING_BACK_UK:
            is_ring = earlier is not None and _is_double_ring(earlier, pulse)
        else:
            kind = _busy(list(self._past_pairs)[-2:], 2)
            if kind is not None:
                yield _tone(kind, pulse)
            return
        if is_ring:
            yield _tone("ring_back", pulse)

    def _pulse_ended(self, pulse: Pulse) -> Iterator[ToneHeard]:
        before = self._past[-1] if self._past else None
        gap = pulse.start_s - before.end_s if before is not None else math.inf
        is_next_note = gap < _NEXT_NOTE_S
        if before is not None and is_next_note and _same(before, pulse):
            is_next_note = False
            if gap < _JOINED_S:
                self._past.pop()
                pulse = Pulse(before.frequencies_hz, before.start_s, pulse.end_s)
        self._past.append(pulse)
        past = list(self._past)
        self._maybe_beep = None
        if is_next_note:
            yield from self._melody_or_sit(past)
        elif (kind := self._cadence(past)) is not None:
            yield _tone(kind, pulse)
        elif self._may_be_beep(pulse):
            self._maybe_beep = pulse

    def _melody_or_sit(self, past: list[Pulse]) -> Iterator[ToneHeard]:
        last = past[-1]
        if len(past) >= 3 and all(
            low * 0.97 <= pulse.frequencies_hz[0] <= high * 1.03
            for pulse, (low, high) in zip(past[-3:], _SIT_HZ, strict=True)
        ):
            yield _tone("sit", last)
            return
        notes = [pulse for pulse in past if pulse.start_s > last.end_s - 4]
        if len(notes) >= _NOTES_OF_MELODY and last.end_s - self._last_melody_s > 4:
            self._last_melody_s = last.end_s
            yield _tone("melody", last)

    def _cadence(self, past: list[Pulse]) -> ToneKind | None:
        last = past[-1]
        hertz, length = last.frequencies_hz[0], last.length_s
        if abs(hertz - _CED_HZ) < 25 and length > 1.2:
            return "fax"
        earlier = next((p for p in reversed(past[:-1]) if _same(p, last)), None)
        if earlier is None or abs(earlier.length_s - length) > 0.3 * length:
            return self._first_ring(last)
        off = last.start_s - earlier.end_s
        if abs(hertz - _CNG_HZ) < 40 and 2.5 < off < 3.5:
            return "fax"
        if not _PROGRESS_HZ[0] <= hertz <= _PROGRESS_HZ[1]:
            return None
        if 1.4 < off < 5.5 and length > 0.3:
            return "ring_back"
        return _busy([p for p in past if _same(p, last)][-3:], 3)

    def _first_ring(self, pulse: Pulse) -> ToneKind | None:
        in_band = _PROGRESS_HZ[0] <= pulse.frequencies_hz[0] <= _PROGRESS_HZ[1]
        is_ring = not self.speech_heard and in_band and 0.85 < pulse.length_s < 2.2
        return "ring_back" if is_ring else None

    def _may_be_beep(self, pulse: Pulse) -> bool:
        if not _SHORTEST_BEEP_S <= pulse.length_s <= _LONGEST_BEEP_S:
            return False
        hertz = pulse.frequencies_hz[0]
        in_band = _PROGRESS_HZ[0] <= hertz <= _PROGRESS_HZ[1]
        is_cng = abs(hertz - _CNG_HZ) < 40 and abs(pulse.length_s - 0.5) < 0.1
        return self.speech_heard or not (in_band or is_cng)


def _busy(pulses: list[Pulse], needed: int) -> ToneKind | None:
    """Returns busy or congestion where the pulses are as long as the gaps between them."""
    if len(pulses) < needed:
        return None
    on = pulses[-1].length_s
    gaps = [b.start_s - a.end_s for a, b in pairwise(pulses)]
    if any(abs(gap - on) > 0.08 + 0.25 * on for gap in gaps) or not 0.12 < on < 0.8:
        return None
    return "busy" if on > 0.33 else "congestion"


def _is_double_ring(first: Pulse, second: Pulse) -> bool:
    gap = second.start_s - first.end_s
    alike = first.frequencies_hz == second.frequencies_hz
    return alike and 0.1 < gap < 0.3 and min(first.length_s, second.length_s) > 0.25


def _same(one: Pulse, other: Pulse) -> bool:
    return abs(one.frequencies_hz[0] - other.frequencies_hz[0]) < 0.015 * one.frequencies_hz[0]


def _tone(kind: ToneKind, pulse: Pulse) -> ToneHeard:
    return ToneHeard(kind, pulse.start_s, pulse.end_s, pulse.frequencies_hz)
