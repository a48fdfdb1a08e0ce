"""Times in the sound: where a track is audible, and how long one side waits for the other."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from agent_runtime.channels.voice.sound.sounded import RATE, BargeIn, Span, Track

AUDIBLE = 0.003
"""Root mean square of 5 ms above which a clean voice is heard: 50 dB below full scale."""
_FRAME = RATE // 200
FILLERS = frozenset({"call.one_moment"})


@dataclass(frozen=True, slots=True)
class Said:
    """One text of ours from when its first sound left on."""

    at_s: float
    text_id: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What was heard to an utterance, in milliseconds after its last voiced sample."""

    first_sound_ms: float | None = None
    first_word_ms: float | None = None
    is_bridged: bool = False
    text_id: str = ""


def audible(track: Track, *, joined_s: float = 0.3) -> tuple[Span, ...]:
    """Returns where a clean track is audible; gaps shorter than `joined_s` are pauses of one voice.

    Exact to 5 ms.
    """
    samples = track[: len(track) // _FRAME * _FRAME].astype(np.float32) / 32768
    loud = np.sqrt(np.mean(np.square(samples.reshape(-1, _FRAME)), axis=1)) > AUDIBLE
    return joined(_runs(loud), joined_s)


def joined(spans: Sequence[Span], within_s: float) -> tuple[Span, ...]:
    """Returns spans of which those less than `within_s` apart are one."""
    found: list[Span] = []
    for span in spans:
        if found and span.start_s - found[-1].end_s < within_s:
            found[-1] = Span(found[-1].start_s, span.end_s)
        else:
            found.append(span)
    return tuple(found)


def reply_to(end_s: float, ours: Sequence[Span], said: Sequence[Said], *, before_s: float) -> Reply:
    """Returns how soon we were heard after `end_s`, up to `before_s`, when they speak again.

    Args:
        end_s: Their last voiced sample.
        ours: Where we are audible, joined within 50 ms or so.
        said: Our texts, each with when its first sound left.
        before_s: The end of what counts.
    """
    begun = [span.start_s for span in ours if end_s <= span.start_s < before_s]
    texts = [one for one in said if end_s - 0.1 <= one.at_s < before_s]
    if not begun or not texts:
        return Reply()
    content = next((one for one in texts if one.text_id not in FILLERS), None)
    at = None
    if content is not None:
        at = next((start for start in begun if start >= content.at_s - 0.1), None)
    return Reply(
        _ms(begun[0] - end_s),
        None if at is None else _ms(at - end_s),
        texts[0].text_id in FILLERS,
        content.text_id if content else "",
    )


def barge_ins(
    theirs: Sequence[Span], ours: Sequence[Span], *, within_s: float = 1.5
) -> tuple[BargeIn, ...]:
    """Returns where they began to speak while we spoke, and how soon we were silent.

    Args:
        theirs: Where they are voiced, before the line.
        ours: Where we are audible, with the pauses between our sentences joined.
        within_s: Who goes on for longer has not fallen silent.
    """
    found: list[BargeIn] = []
    for span in theirs:
        into = next((o for o in ours if o.start_s < span.start_s < o.end_s), None)
        if into is not None:
            took = into.end_s - span.start_s
            found.append(BargeIn(span.start_s, _ms(took) if took <= within_s else None))
    return tuple(found)


def _runs(loud: npt.NDArray[np.bool_]) -> list[Span]:
    edges = np.flatnonzero(np.diff(np.concatenate(([False], loud, [False])).astype(np.int8)))
    step = _FRAME / RATE
    return [
        Span(round(float(a) * step, 4), round(float(b) * step, 4))
        for a, b in zip(edges[::2], edges[1::2], strict=True)
    ]


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)
