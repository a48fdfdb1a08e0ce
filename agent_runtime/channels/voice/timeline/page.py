"""A timeline as a page of its own: it loads nothing from anywhere, and prints."""

import base64
import re
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from agent_runtime.channels.voice.timeline.drawing import drawing_of
from agent_runtime.channels.voice.timeline.model import (
    AIM_MS,
    BOUND_MS,
    STAGES,
    Decided,
    Moment,
    Spoken,
    Timeline,
    Took,
)

_HOLDER = re.compile(r"\[\[([A-Z_ ]+?)(?:[_ ]\d+)?\]\]")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the transcript, with what happened beside it."""

    at_s: float
    spoken: Spoken | None = None
    decided: Decided | None = None
    took: Took | None = None
    moments: tuple[Moment, ...] = ()


def page_of(call: Timeline, *, audio: str = "", about: str = "", note: str = "") -> str:
    """Returns the page.

    Args:
        call: The call.
        audio: What plays it, a data URI or the path of a file beside the page; empty: nothing.
        about: What the call shows, where it is a sample.
        note: What whoever looks at it must know first, as that nobody real was called.
    """
    pages = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters |= {"clock": clock, "words": words, "plain": plain}
    longest = max((took.total_ms for took in call.took), default=0.0)
    return pages.get_template("timeline.html.j2").render(
        call=call,
        drawing=drawing_of(call),
        rows=rows_of(call),
        audio=audio,
        about=about,
        note=note,
        stages=STAGES,
        bound_ms=BOUND_MS,
        aim_ms=AIM_MS,
        scale_ms=max(longest, BOUND_MS) * 1.08,
    )


def as_data(mp3: bytes) -> str:
    """Returns a sound as part of the page itself."""
    return f"data:audio/mpeg;base64,{base64.b64encode(mp3).decode()}"


def rows_of(call: Timeline) -> tuple[Row, ...]:
    """Returns the transcript in order; what happened stands beside what was said before it."""
    decided = {one.turn: one for one in call.decided}
    took = {one.turn: one for one in call.took}
    starts = [one.start_s for one in call.spoken]
    rows: list[Row] = []
    left = list(call.moments)
    for number, one in enumerate(call.spoken):
        until = starts[number + 1] if number + 1 < len(starts) else call.length_s + 1
        early = [m for m in left if m.at_s < one.start_s]
        beside = [m for m in left if one.start_s <= m.at_s < until]
        left = [m for m in left if m.at_s >= until]
        if early:
            rows.append(Row(early[0].at_s, moments=tuple(early)))
        turn = one.turn if one.who == "them" else 0
        rows.append(Row(one.start_s, one, decided.get(turn), took.get(turn), tuple(beside)))
    if left:
        rows.append(Row(left[0].at_s, moments=tuple(left)))
    return tuple(rows)


def clock(seconds: float) -> str:
    """Returns seconds as a call's clock shows them, 1:05."""
    whole = int(seconds)
    return f"{whole // 60}:{whole % 60:02d}"


def plain(code: str) -> str:
    """Returns a code as words."""
    return code.replace("_", " ")


def words(text: str) -> Markup:
    """Returns words with their placeholders as marks that say what stands there."""
    return Markup(
        _HOLDER.sub(
            lambda found: f'<span class="pii">{escape(plain(found[1].lower()))}</span>',
            str(escape(text)),
        )
    )
