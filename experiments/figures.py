"""Figures that leadership reads: Plotly, each defined once for notebooks and dashboards.

A trace says in `meta` which role it plays; a page may give the roles other colours than these.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from plotly import graph_objects

from experiments.readout import MetricReadout

COLOURS = {
    "agent": "#0b6e7f",
    "holdout": "#6b7280",
    "interval": "#0b6e7f",
    "truth": "#a3246f",
    "ink": "#1c2530",
    "muted": "#5b6673",
    "grid": "#e4e7eb",
}
"""Role to colour on a light ground; all but the grid have a contrast of at least 4.5 there."""

_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


def interval_figure(metric: MetricReadout, *, truth: float | None = None) -> graph_objects.Figure:
    """Returns one metric's effect with its interval, zero, and the truth where somebody knows it.

    Args:
        metric: Row of a readout.
        truth: Effect that a sandbox planted, in the metric's own unit.

    Returns:
        A figure; shares are drawn in percentage points. The estimate is written above its
        interval and the truth below, so that the two never cover each other. While the estimate
        is hidden, only zero and the truth are drawn.
    """
    scale = 100 if metric.is_share else 1
    unit = "percentage points" if metric.is_share else "per unit"
    effect = None if metric.effect is None else metric.effect * scale
    ends = [end * scale for end in (metric.ci_low, metric.ci_high) if end is not None]
    planted = None if truth is None else truth * scale
    axis = _range([0, *ends, *(x for x in (effect, planted) if x is not None)])

    figure = graph_objects.Figure()
    figure.add_scatter(
        x=ends,
        y=[0 for _ in ends],
        mode="lines",
        line={"width": 10, "color": COLOURS["interval"]},
        opacity=0.35,
        hovertemplate="95% interval %{x:.2f}<extra></extra>",
        meta="interval",
    )
    if effect is not None:
        figure.add_scatter(
            x=[effect],
            y=[0],
            mode="markers",
            marker={"size": 16, "color": COLOURS["agent"]},
            hovertemplate="measured %{x:.2f}<extra></extra>",
            meta="agent",
        )
        spread = f"({_signed(ends[0])} to {_signed(ends[1])})" if ends else "(no interval)"
        _label(figure, effect, axis, f"<b>measured {_signed(effect)}</b><br>{spread}", 34)
    if planted is not None:
        figure.add_scatter(
            x=[planted],
            y=[0],
            mode="markers",
            marker={"size": 15, "symbol": "diamond-open", "color": COLOURS["truth"]}
            | {"line": {"width": 2.5, "color": COLOURS["truth"]}},
            hovertemplate="planted truth %{x:.2f}<extra></extra>",
            meta="truth",
        )
        _label(figure, planted, axis, f"planted truth {_signed(planted)}", -26, role="truth")
    figure.add_vline(x=0, line={"width": 1.5, "dash": "dot", "color": COLOURS["muted"]})
    figure.update_yaxes(visible=False, range=[-1, 1], fixedrange=True)
    figure.update_xaxes(range=axis, title=f"{unit} (0 = no effect)", nticks=7, zeroline=False)
    return dress(figure, height=200)


def daily_figure(
    days: Sequence[date], by_arm: Mapping[str, Sequence[float]], *, control: str
) -> graph_objects.Figure:
    """Returns a count per day, one line an arm; the control's line is dashed.

    Args:
        days: The days, in order.
        by_arm: Arm to its counts, one a day.
        control: The arm that the agent does not write to.
    """
    figure = graph_objects.Figure()
    for arm, values in by_arm.items():
        role = "holdout" if arm == control else "agent"
        dash = "dot" if arm == control else "solid"
        figure.add_scatter(
            x=list(days),
            y=list(values),
            mode="lines",
            name=arm,
            line={"width": 2, "color": COLOURS[role], "dash": dash, "shape": "linear"},
            hovertemplate=f"%{{y:,}} {arm}<extra></extra>",
            meta=role,
        )
    top = max((max(values, default=0) for values in by_arm.values()), default=0)
    figure.update_yaxes(range=[0, max(top * 1.12, 4)], nticks=4, tickformat=",d")
    figure.update_xaxes(tickformat="%-d %b", nticks=5, showgrid=False)
    figure.update_layout(hovermode="x unified")
    return dress(figure, height=180)


def _range(values: Sequence[float]) -> list[float]:
    low, high = min(values), max(values)
    room = (high - low or 1) * 0.16
    return [low - room, high + room]


def _signed(number: float) -> str:
    return f"{number:+.1f}".replace("-", "−")


def _label(
    figure: graph_objects.Figure,
    x: float,
    axis: Sequence[float],
    text: str,
    shift: int,
    *,
    role: str = "ink",
) -> None:
    """Text that begins or ends at its point where it would otherwise leave the figure."""
    place = (x - axis[0]) / (axis[1] - axis[0])
    anchor = "left" if place < 0.22 else "right" if place > 0.78 else "center"
    figure.add_annotation(
        x=x,
        y=0,
        text=text,
        yshift=shift,
        xshift={"left": -10, "right": 10, "center": 0}[anchor],
        xanchor=anchor,
        showarrow=False,
        font={"color": COLOURS[role], "size": 14},
        bgcolor="#ffffff",
        borderpad=2,
        name=role,
    )


def dress(figure: graph_objects.Figure, *, height: int) -> graph_objects.Figure:
    """Returns the figure in the house's look: no frame, quiet axes, a transparent ground."""
    axis: dict[str, Any] = {
        "gridcolor": COLOURS["grid"],
        "linecolor": COLOURS["grid"],
        "title_font": {"size": 13, "color": COLOURS["muted"]},
        "tickfont": {"size": 12, "color": COLOURS["muted"]},
        "automargin": True,
        "fixedrange": True,
    }
    figure.update_xaxes(**axis)
    figure.update_yaxes(**axis)
    figure.update_layout(
        height=height,
        margin={"l": 4, "r": 8, "t": 8, "b": 4},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": _FONT, "color": COLOURS["ink"]},
        showlegend=False,
        template="none",
    )
    return figure
