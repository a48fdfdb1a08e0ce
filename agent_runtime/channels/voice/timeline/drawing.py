"""The two sides of a call as one drawing: waves, voice, moments, on an axis of seconds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agent_runtime.channels.voice.timeline.model import Moment, Stretch, Timeline

HEIGHT, LEFT, RIGHT = 248, 74, 24
THEM_Y, US_Y, HALF = 62, 156, 32
"""Middle of each side's lane, and half of its height."""
_LEAST_WIDTH, _MOST_WIDTH, _PX_PER_S = 1080.0, 7200.0, 14.0
_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300)
_TICK_PX = 64
_PIN_PX = 21


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment in the drawing."""

    x: float
    moment: Moment
    number: int


@dataclass(frozen=True, slots=True)
class Box:
    """A stretch in the drawing."""

    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Drawing:
    """Everything with its place, in pixels."""

    width: float
    height: float
    left: float
    per_s: float
    ticks: tuple[tuple[float, float], ...]
    """x and second."""
    them_path: str
    us_path: str
    them: tuple[Box, ...]
    us: tuple[Box, ...]
    marks: tuple[Mark, ...]
    turns: tuple[tuple[float, int], ...]
    """x and number of each answer."""
    cuts: tuple[float, ...]
    """x of each of our sentences that somebody spoke into."""


def drawing_of(call: Timeline) -> Drawing:
    """Returns the drawing of a call."""
    width = min(max(call.length_s * _PX_PER_S + LEFT + RIGHT, _LEAST_WIDTH), _MOST_WIDTH)
    per_s = (width - LEFT - RIGHT) / max(call.length_s, 0.1)

    def x(second: float) -> float:
        return round(LEFT + min(max(second, 0.0), call.length_s) * per_s, 1)

    def boxes(stretches: Sequence[Stretch]) -> tuple[Box, ...]:
        found = ((x(s.start_s), x(s.end_s)) for s in stretches)
        return tuple(Box(start, max(round(end - start, 1), 1.0)) for start, end in found)

    def path(peaks: Sequence[float], middle: float) -> str:
        if call.waves is None or not any(peaks):
            return ""
        first, step = call.waves.start_s, call.waves.step_s
        tops = [(x(first + i * step), peak) for i, peak in enumerate(peaks)]
        up = (f"{at},{middle - max(peak * HALF, 0.5):.1f}" for at, peak in tops)
        down = (f"{at},{middle + max(peak * HALF, 0.5):.1f}" for at, peak in reversed(tops))
        return "M" + " L".join((*up, *down)) + " Z"

    step = next((s for s in _STEPS_S if s * per_s >= _TICK_PX), _STEPS_S[-1])
    seconds = [float(s) for s in range(0, int(call.length_s) + 1, step)]
    waves = call.waves
    return Drawing(
        width=round(width, 1),
        height=HEIGHT,
        left=LEFT,
        per_s=round(per_s, 4),
        ticks=tuple((x(second), second) for second in seconds),
        them_path=path(waves.them, THEM_Y) if waves else "",
        us_path=path(waves.us, US_Y) if waves else "",
        them=boxes(call.them),
        us=boxes(call.us),
        marks=_marks(call, x),
        turns=tuple((x(one.at_s), one.turn) for one in call.decided),
        cuts=tuple(x(moment.at_s) for moment in call.moments if moment.kind == "barge_in"),
    )


def _marks(call: Timeline, x: Callable[[float], float]) -> tuple[Mark, ...]:
    """Those that happen at once stand side by side."""
    found: list[Mark] = []
    for number, moment in enumerate(call.moments, 1):
        at = x(moment.at_s)
        if found:
            at = max(at, found[-1].x + _PIN_PX)
        found.append(Mark(at, moment, number))
    return tuple(found)
