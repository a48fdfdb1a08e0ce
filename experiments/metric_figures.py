"""Figures of metrics: each defined once, for the dashboards, their export and the notebooks.

A definition has no numbers in it; `fill` takes them from rows, and a page's script does the same.
"""

from collections.abc import Callable, Sequence
from typing import Any, Literal

from plotly import graph_objects

from experiments.figure_rows import Row, fill, ranked
from experiments.figures import COLOURS, dress

Kind = Literal["trend", "groups", "bars", "spread"]
"""Over time; dots with whiskers by group; counts as bars, such as a funnel; p50 to p95."""

LIFT = 15
"""Pixels by which the words of a row stand above its line."""

_TICKS = {"share": ".1~%", "USD": "$,.2~f", "ms": ",~r"}


def define(kind: Kind, unit: str) -> graph_objects.Figure:
    """Returns the figure of a kind without its numbers; its traces say where they come from."""
    return _KINDS[kind](unit)


def time_figure(rows: Sequence[Row], *, unit: str) -> graph_objects.Figure:
    """Returns a metric over time: a line, a band and a whisker for each interval, no value a gap.

    Args:
        rows: One a period, in order; `rows_of` makes them from readings with a grain.
        unit: The metric's.
    """
    return fill(define("trend", unit), rows)


def group_figure(rows: Sequence[Row], *, unit: str) -> graph_objects.Figure:
    """Returns a metric by group, the highest first: a dot, and its interval as a whisker."""
    return fill(define("groups", unit), ranked(rows))


def funnel_figure(rows: Sequence[Row]) -> graph_objects.Figure:
    """Returns the steps of a funnel as bars, in the order given."""
    return fill(define("bars", "persons"), rows)


def split_figure(rows: Sequence[Row], *, unit: str = "USD") -> graph_objects.Figure:
    """Returns what an amount is made of as bars, the largest first."""
    return fill(define("bars", unit), ranked(rows))


def latency_figure(rows: Sequence[Row]) -> graph_objects.Figure:
    """Returns the p50 and the p95 of each verb on a scale of powers of ten; see `pair_row`."""
    return fill(define("spread", "ms"), rows)


def _trend(unit: str) -> graph_objects.Figure:
    figure = graph_objects.Figure()
    figure.add_scatter(
        mode="lines",
        fill="toself",
        line={"width": 0, "color": COLOURS["interval"]},
        fillcolor=_faint(COLOURS["interval"]),
        hoverinfo="skip",
        meta=_from("interval", x=["loop", "at", "at"], y=["loop", "low", "high"]),
    )
    figure.add_scatter(
        mode="lines",
        line={"width": 1, "color": COLOURS["interval"]},
        hoverinfo="skip",
        meta=_from("interval", x=["span", "at", "at"], y=["span", "low", "high"]),
    )
    figure.add_scatter(
        mode="lines+markers",
        line={"width": 2.5, "color": COLOURS["agent"]},
        marker={"size": 8, "color": COLOURS["agent"]},
        hovertemplate="%{text}<extra></extra>",
        meta=_from("agent", x=["each", "at"], y=["each", "value"], text=["each", "said"]),
    )
    dress(figure, height=190)
    figure.update_xaxes(type="date", tickformat="%-d %b", showgrid=False)
    figure.update_yaxes(nticks=4, tickformat=_TICKS.get(unit, ",~r"), zeroline=False)
    if unit == "share":
        figure.update_yaxes(autorangeoptions={"clipmin": -0.02, "clipmax": 1.02})
    else:
        figure.update_yaxes(rangemode="tozero")
    figure.update_layout(meta={"has_days": True}, margin={"l": 4, "r": 16, "t": 12, "b": 4})
    return figure


def _groups(unit: str) -> graph_objects.Figure:
    figure = graph_objects.Figure()
    figure.add_scatter(
        mode="lines",
        line={"width": 6, "color": COLOURS["interval"]},
        opacity=0.3,
        hoverinfo="skip",
        meta=_from("interval", x=["span", "low", "high"], y=["span", "at", "at"]),
    )
    figure.add_scatter(
        mode="markers",
        marker={"size": 11, "color": COLOURS["agent"]},
        hovertemplate="%{text}<extra></extra>",
        meta=_from("agent", x=["each", "value"], y=["each", "at"], text=["each", "said"]),
    )
    return _lined(figure, unit, row_height=48, base_height=30)


def _bars(unit: str) -> graph_objects.Figure:
    figure = graph_objects.Figure()
    figure.add_bar(
        orientation="h",
        width=0.2,
        marker={"color": COLOURS["agent"]},
        hovertemplate="%{text}<extra></extra>",
        textposition="none",
        meta=_from("agent", x=["each", "value"], y=["each", "at"], text=["each", "said"]),
    )
    _lined(figure, unit, row_height=44, base_height=8)
    figure.update_layout(xaxis={"visible": False, "rangemode": "tozero"})
    return figure


def _spread(unit: str) -> graph_objects.Figure:
    figure = _groups(unit)
    figure.add_scatter(
        mode="markers",
        marker={"size": 11, "symbol": "line-ns-open", "color": COLOURS["agent"]}
        | {"line": {"width": 2.5, "color": COLOURS["agent"]}},
        hovertemplate="%{text}<extra></extra>",
        meta=_from("agent", x=["each", "high"], y=["each", "at"], text=["each", "said"]),
    )
    figure.update_layout(xaxis={"type": "log", "dtick": 1, "ticksuffix": " ms"})
    return figure


def _lined(
    figure: graph_objects.Figure, unit: str, *, row_height: int, base_height: int
) -> graph_objects.Figure:
    """Name and value of each row stand above its line, so that no label needs room beside it."""
    dress(figure, height=row_height + base_height)
    figure.update_layout(
        xaxis={"nticks": 5, "tickformat": _TICKS.get(unit, ",~r"), "zeroline": False},
        yaxis={"visible": False, "fixedrange": True, "type": "category"},
        meta={"row_height": row_height, "base_height": base_height, "lift": LIFT},
        margin={"l": 1, "r": 8, "t": 2, "b": 4},
    )
    return figure


def _from(role: str, **sources: list[Any]) -> dict[str, Any]:
    return {"role": role, "from": sources}


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.14)"


_KINDS: dict[Kind, Callable[[str], graph_objects.Figure]] = {
    "trend": _trend,
    "groups": _groups,
    "bars": _bars,
    "spread": _spread,
}
