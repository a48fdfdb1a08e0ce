"""Draws our own figures as SVG, for pages that run no script: mail, archives, print.

It knows what `metric_figures` and `figures.interval_figure` use, and no more of Plotly: lines,
markers, outlines, horizontal bars, words beside them, upright lines.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from markupsafe import Markup, escape
from plotly import graph_objects

from experiments.figures import COLOURS
from experiments.metric_words import day_text

_LEFT, _RIGHT, _BOTTOM, _TOP = 46, 10, 24, 8
_FONT = "font-family='system-ui,-apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif'"


@dataclass(frozen=True, slots=True)
class _Axis:
    """Where a value of one axis stands, and what is written along it."""

    place: Callable[[Any], float]
    ticks: Sequence[tuple[float, str]]


def figure_svg(figure: graph_objects.Figure, *, title: str, width: int = 520) -> Markup:
    """Returns a filled figure as an SVG element.

    Args:
        figure: With its numbers; `fill` puts them in.
        title: What a screen reader says of it.
        width: In pixels, of the drawing; it shrinks with its column.
    """
    plot: dict[str, Any] = figure.to_plotly_json()
    layout, traces = plot["layout"], plot["data"]
    height = int(layout["height"])
    has_scale = layout["yaxis"].get("visible", True)
    left = _LEFT if has_scale else 2
    bottom = _BOTTOM if layout["xaxis"].get("visible", True) else 2
    x = _axis(layout["xaxis"], _values(traces, "x"), left, width - _RIGHT)
    if not layout["xaxis"].get("visible", True):
        x = _Axis(x.place, [])
    y = _axis(layout["yaxis"], _values(traces, "y"), height - bottom, _TOP)
    parts = [
        *_grid(x, y, width, height - bottom, left=left, has_scale=has_scale),
        *(part for trace in traces for part in _trace(trace, x, y)),
        *_uprights(layout.get("shapes", ()), x, height - bottom),
        *(_note(note, x, y, left, width - _RIGHT) for note in layout.get("annotations", ())),
    ]
    return Markup(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="100%" '
        f'role="img" aria-label="{escape(title)}" {_FONT}>{"".join(parts)}</svg>'
    )


def _values(traces: Iterable[dict[str, Any]], name: str) -> list[Any]:
    return [value for trace in traces for value in trace.get(name, ()) if value is not None]


def _axis(layout: dict[str, Any], values: list[Any], start: float, end: float) -> _Axis:
    kind = layout.get("type", "linear")
    if kind == "category":
        order = {name: at for at, name in enumerate(layout["categoryarray"])}
        low, high = layout["range"]
        return _Axis(lambda v: _between(order[v], low, high, start, end), [])
    if kind == "date":
        days = [_day(v) for v in values] or [0]
        low, high = min(days) - 0.4, max(days) + 0.4
        ticks = [(_day(t), day_text(date.fromisoformat(t))) for t in layout.get("tickvals", ())]
        return _Axis(lambda v: _between(_day(v), low, high, start, end), _placed(ticks))
    if kind == "log":
        powers = [math.log10(v) for v in values if v > 0] or [0]
        low, high = min(powers) - 0.15, max(powers) + 0.15
        whole = range(math.ceil(low), math.floor(high) + 1)
        ticks = [(10.0**p, f"{10.0**p:g} ms") for p in whole]
        return _Axis(lambda v: _between(math.log10(v), low, high, start, end), ticks)
    low, high = layout.get("range") or _span(values, layout)
    said = _SAID.get(layout.get("tickformat", ""), lambda v: f"{v:,g}")
    ticks = [(t, said(t)) for t in _steps(low, high)]
    return _Axis(lambda v: _between(v, low, high, start, end), ticks)


def _placed(ticks: list[tuple[float, str]]) -> list[tuple[Any, str]]:
    """Ticks of days, named by their day again."""
    return [(date.fromordinal(int(at)).isoformat(), text) for at, text in ticks]


def _day(value: Any) -> float:
    return float(date.fromisoformat(str(value)[:10]).toordinal())


def _between(value: float, low: float, high: float, start: float, end: float) -> float:
    return start + (value - low) / ((high - low) or 1) * (end - start)


def _span(values: Sequence[float], layout: dict[str, Any]) -> tuple[float, float]:
    low, high = (min(values), max(values)) if values else (0, 1)
    is_to_zero = layout.get("rangemode") == "tozero"
    low, high = (min(low, 0), max(high, 0)) if is_to_zero else (low, high)
    room = (high - low) * 0.06 or abs(high) * 0.06 or 1
    return (low if is_to_zero and low == 0 else low - room), high + room


def _steps(low: float, high: float) -> list[float]:
    raw = (high - low) / 4
    power = 10.0 ** math.floor(math.log10(raw)) if raw > 0 else 1
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= raw)
    first = math.ceil(low / step - 1e-9)
    count = math.floor(high / step + 1e-9) - first + 1
    return [round((first + i) * step, 12) for i in range(count)]


def _grid(
    x: _Axis, y: _Axis, width: int, floor: float, *, left: float, has_scale: bool
) -> Iterable[str]:
    for at, text in y.ticks if has_scale else ():
        place = y.place(at)
        yield _line(left, place, width - _RIGHT, place, COLOURS["grid"], 1)
        yield _text(left - 6, place + 4, text, "end", COLOURS["muted"], 11)
    for at, text in x.ticks:
        place = x.place(at)
        if not has_scale:
            yield _line(place, _TOP, place, floor, COLOURS["grid"], 1)
        yield _text(place, floor + 16, text, "middle", COLOURS["muted"], 11)


def _trace(trace: dict[str, Any], x: _Axis, y: _Axis) -> Iterable[str]:
    across, down = trace.get("x") or (), trace.get("y") or ()
    colour = (trace.get("line") or trace.get("marker") or {}).get("color", COLOURS["agent"])
    if trace.get("type") == "bar":
        for value, at in zip(across, down, strict=True):
            if value:
                start, end = x.place(0), x.place(value)
                yield (
                    f'<rect x="{start:.1f}" y="{y.place(at) - 4:.1f}" '
                    f'width="{max(end - start, 1):.1f}" height="8" fill="{colour}"/>'
                )
        return
    is_outline = trace.get("fill") == "toself"
    for run in _runs(across, down) if "lines" in trace["mode"] else ():
        points = " ".join(f"{x.place(a):.1f},{y.place(b):.1f}" for a, b in run)
        if is_outline:
            yield f'<polygon points="{points}" fill="{colour}" fill-opacity="0.14"/>'
        elif len(run) > 1:
            thick, faint = trace["line"].get("width", 2), trace.get("opacity", 1)
            yield (
                f'<polyline points="{points}" fill="none" stroke="{colour}" '
                f'stroke-width="{thick}" stroke-opacity="{faint}"/>'
            )
    for a, b in zip(across, down, strict=True) if "markers" in trace["mode"] else ():
        if a is not None and b is not None:
            yield _marker(x.place(a), y.place(b), trace["marker"])


def _runs(across: Sequence[Any], down: Sequence[Any]) -> list[list[tuple[Any, Any]]]:
    runs: list[list[tuple[Any, Any]]] = [[]]
    for point in zip(across, down, strict=True):
        if None in point:
            runs.append([])
        else:
            runs[-1].append(point)
    return [run for run in runs if run]


def _marker(left: float, top: float, marker: dict[str, Any]) -> str:
    if marker.get("symbol") == "line-ns-open":
        return _line(left, top - 7, left, top + 7, marker["color"], 2.5)
    radius = marker["size"] / 2
    if marker.get("symbol") == "diamond-open":
        corners = f"{left},{top - radius} {left + radius},{top} {left},{top + radius}"
        colour = marker["color"]
        return (
            f'<polygon points="{corners} {left - radius},{top}" fill="none" stroke="{colour}" '
            'stroke-width="2.5"/>'
        )
    return f'<circle cx="{left:.1f}" cy="{top:.1f}" r="{radius:g}" fill="{marker["color"]}"/>'


def _uprights(shapes: Iterable[dict[str, Any]], x: _Axis, floor: float) -> Iterable[str]:
    for shape in shapes:
        place = x.place(shape["x0"])
        yield _line(place, _TOP, place, floor, COLOURS["muted"], 1.5, dash="2 3")


def _note(note: dict[str, Any], x: _Axis, y: _Axis, left: float, right: float) -> str:
    is_paper = note.get("xref") == "paper"
    across = _between(note["x"], 0, 1, left, right) if is_paper else x.place(note["x"])
    across += note.get("xshift", 0)
    lines = [
        line.replace("<b>", "").replace("</b>", "") for line in str(note["text"]).split("<br>")
    ]
    anchor = {"left": "start", "right": "end"}.get(note.get("xanchor", ""), "middle")
    top = y.place(note["y"]) - note.get("yshift", 0) + 5 - 16 * (len(lines) - 1) / 2
    return "".join(
        _text(across, top + 16 * at, line, anchor, note["font"]["color"], 13)
        for at, line in enumerate(lines)
    )


def _line(
    x0: float, y0: float, x1: float, y1: float, colour: str, thick: float, *, dash: str = ""
) -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<line x1="{x0:.1f}" y1="{y0:.1f}" x2="{x1:.1f}" y2="{y1:.1f}" stroke="{colour}" '
        f'stroke-width="{thick:g}"{dashed}/>'
    )


def _text(left: float, top: float, text: str, anchor: str, colour: str, size: int) -> str:
    return (
        f'<text x="{left:.1f}" y="{top:.1f}" text-anchor="{anchor}" font-size="{size}" '
        f'fill="{colour}">{escape(text)}</text>'
    )


_SAID: dict[str, Callable[[float], str]] = {
    ".1~%": lambda v: f"{100 * v:.1f}".rstrip("0").rstrip(".") + "%",
    "$,.2~f": lambda v: f"${v:,.2f}".removesuffix(".00"),
}
