"""Pulses: stretches of sound in which one line, or two known lines together, hold the energy."""

from dataclasses import dataclass, field

import numpy as np

from agent_runtime.speech.spectrum import BIN_HZ, HOP_S, LOWEST_HZ, WINDOW_S, Power, bin_of, in_band

PEAK_LOWEST_HZ, PEAK_HIGHEST_HZ = 350.0, 2200.0
PAIRS_HZ = ((440.0, 480.0), (400.0, 450.0), (480.0, 620.0))
"""Ring-back of North America and of the United Kingdom, busy of North America (ITU-T E.180)."""
_NEAR = 7
"""Bins on either side of a line into which the taper spreads it."""
_LINE_SHARE = 0.45
_PAIR_SHARE = 0.7
_GAP = 3
"""Windows without the line that a lost packet may cost."""
_SHORTEST_PAIR = 6
_BELOW = (1 / 3, 1 / 2, 2 / 3)
"""Where a voice has its lower harmonics when the line is its second or third."""


@dataclass(frozen=True, slots=True)
class _Limits:
    """What a line must keep to."""

    windows: int
    share: float
    wobble_hz: float
    second_line: float
    """Part of the first line's power above which a second line is one of the tone."""
    drift_hz: float


_LOW_HZ, _HIGH_HZ = 650.0, 1200.0
_LOW = _Limits(windows=8, share=0.62, wobble_hz=3.0, second_line=0.075, drift_hz=9)
"""Where voices have their strong harmonics; a vowel on one pitch holds for up to seven windows."""
_MIDDLE = _Limits(windows=7, share=0.6, wobble_hz=4.5, second_line=0.15, drift_hz=11)
_HIGH = _Limits(windows=7, share=0.55, wobble_hz=7.0, second_line=0.25, drift_hz=14)
"""Where voices have none so steady, while GSM coding makes a pure line waver."""


def _limits(hertz: float) -> _Limits:
    if hertz < _LOW_HZ:
        return _LOW
    return _MIDDLE if hertz < _HIGH_HZ else _HIGH


@dataclass(frozen=True, slots=True)
class Pulse:
    """One tone from its start to its end."""

    frequencies_hz: tuple[float, ...]
    start_s: float
    end_s: float

    @property
    def length_s(self) -> float:
        """How long it sounded."""
        return self.end_s - self.start_s


@dataclass(slots=True)
class _Run:
    """Sums over the windows of one pulse."""

    first_s: float
    last_s: float
    windows: int = 0
    missed: int = 0
    hertz: float = 0.0
    squares: float = 0.0
    share: float = 0.0
    power: Power = field(default_factory=lambda: np.zeros(0))

    @property
    def mean_hz(self) -> float:
        return self.hertz / self.windows

    def goes_on_at(self, hertz: float) -> bool:
        return abs(hertz - self.mean_hz) <= _limits(self.mean_hz).drift_hz

    def add(self, at_s: float, hertz: float, share: float, power: Power) -> None:
        self.last_s, self.missed = at_s, 0
        self.windows += 1
        self.hertz += hertz
        self.squares += hertz * hertz
        self.share += share
        self.power = power / in_band(power) + (self.power if len(self.power) else 0.0)

    def pulse(self, *frequencies: float) -> Pulse:
        end = self.last_s - WINDOW_S / 2 + HOP_S / 2
        return Pulse(frequencies, max(0.0, self.first_s - WINDOW_S / 2 - HOP_S / 2), end)


class LineTracker:
    """Finds pulses of one steady line, wherever it lies between 350 and 2200 Hz."""

    def __init__(self) -> None:
        self._run: _Run | None = None

    @property
    def is_sounding(self) -> bool:
        """Says whether a line has begun and not ended."""
        return self._run is not None and self._run.windows >= 4

    def feed(self, at_s: float, power: Power | None) -> Pulse | None:
        """Returns a pulse that has ended before this window."""
        peak = _peak(power)
        run = self._run
        if (
            run is not None
            and peak is not None
            and abs(peak[0] - run.mean_hz) <= _limits(run.mean_hz).drift_hz
        ):
            run.add(at_s, *peak)
            return None
        if run is not None:
            run.missed += 1
            if run.missed <= _GAP and (peak is None or run.windows >= 4):
                return None
        ended = _steady(run) if run is not None else None
        self._run = None
        if peak is not None:
            self._run = _Run(at_s, at_s)
            self._run.add(at_s, *peak)
        return ended


class PairTracker:
    """Finds pulses of one of the known pairs of lines."""

    def __init__(self, pair: tuple[float, float]) -> None:
        self._pair = pair
        self._low, self._high = bin_of(pair[0]), bin_of(pair[1])
        self._run: _Run | None = None

    def feed(self, at_s: float, power: Power | None) -> Pulse | None:
        """Returns a pulse that has ended before this window."""
        share = self._share(power)
        if power is not None and share >= _PAIR_SHARE:
            self._run = self._run or _Run(at_s, at_s)
            self._run.add(at_s, 0.0, share, power)
            return None
        run = self._run
        if run is None:
            return None
        run.missed += 1
        if run.missed <= _GAP:
            return None
        self._run = None
        return run.pulse(*self._pair) if run.windows >= _SHORTEST_PAIR and self._both(run) else None

    def _share(self, power: Power | None) -> float:
        if power is None:
            return 0.0
        low, high = self._low, self._high
        near = power[low - 4 : low + 5].sum() + power[max(low + 5, high - 4) : high + 5].sum()
        return float(near / in_band(power))

    def _both(self, run: _Run) -> bool:
        low = float(run.power[self._low - 1 : self._low + 2].max())
        high = float(run.power[self._high - 1 : self._high + 2].max())
        between = float(run.power[self._low + 1 : self._high].min())
        return between < 0.8 * min(low, high) and max(low, high) < 10 * min(low, high)


def _peak(power: Power | None) -> tuple[float, float, Power] | None:
    """Returns the strongest line's frequency and share of the energy, where it stands out."""
    if power is None:
        return None
    lowest, highest = bin_of(PEAK_LOWEST_HZ), bin_of(PEAK_HIGHEST_HZ)
    top = lowest + int(np.argmax(power[lowest : highest + 1]))
    share = float(power[top - _NEAR : top + _NEAR + 1].sum() / in_band(power))
    if share < _LINE_SHARE:
        return None
    before, here, after = np.log(power[top - 1 : top + 2] + 1e-20)
    bend = before - 2 * here + after
    offset = 0.5 * (before - after) / bend if bend < 0 else 0.0
    return (top + float(np.clip(offset, -1, 1))) * BIN_HZ, share, power


def _steady(run: _Run) -> Pulse | None:
    limits = _limits(run.mean_hz)
    if run.windows < limits.windows or run.share / run.windows < limits.share:
        return None
    spread = max(0.0, run.squares / run.windows - run.mean_hz**2) ** 0.5
    is_steady = spread <= limits.wobble_hz and _is_alone(run, limits)
    return run.pulse(run.mean_hz) if is_steady else None


def _is_alone(run: _Run, limits: _Limits) -> bool:
    """Says whether no second line stands beside the first or below it, but for its harmonics."""
    others = run.power.copy()
    top = bin_of(run.mean_hz)
    first = others[top - 1 : top + 2].max()
    voice = max(others[round(top * part) - 1 : round(top * part) + 2].max() for part in _BELOW)
    for harmonic in (2, 3):
        others[harmonic * top - 6 : harmonic * top + 7] = 0
    others[top - 4 : top + 5] = 0
    others[: bin_of(LOWEST_HZ)] = 0
    is_voice = run.mean_hz < _HIGH_HZ and voice > limits.second_line * first
    return bool(others.max() < limits.second_line * first) and not is_voice
