"""Pictures of a safe band: risk against threshold, and what went by itself day by day."""

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl
from plotly import graph_objects

from experiments.figures import COLOURS, dress


def risk_figure(
    curve: pl.DataFrame, *, bound: float, opens_at: float, threshold: float | None
) -> graph_objects.Figure:
    """Returns the error rate of what would go, over the threshold, with the bound.

    Args:
        curve: As `safe_band.curve` gives it.
        bound: Error rate that was chosen.
        opens_at: Rate that must be shown before the band opens or widens.
        threshold: In force; None where nothing goes.
    """
    shown = curve.drop_nulls(["error"])
    x = shown["threshold"].to_list()
    top = 1.15 * max([2.2 * bound, *shown["error"].to_list()])
    upper = [min(top, value) for value in shown["error_at_most"].fill_null(1.0).to_list()]
    figure = graph_objects.Figure()
    figure.add_scatter(
        x=x,
        y=upper,
        mode="lines",
        line={"width": 1.5, "color": COLOURS["interval"], "dash": "dot"},
        hovertemplate="from %{x:.2f}: at most %{y:.1%}<extra></extra>",
        meta="interval",
    )
    figure.add_scatter(
        x=x,
        y=shown["error"].to_list(),
        mode="lines",
        line={"width": 2.5, "color": COLOURS["agent"]},
        customdata=shown["sent"].to_list(),
        hovertemplate="from %{x:.2f}: %{customdata:.0%} go, %{y:.1%} wrong<extra></extra>",
        meta="agent",
    )
    for level, words, role, side in (
        (bound, f"bound {bound:.1%}", "truth", "left"),
        (opens_at, f"opens at {opens_at:.1%}", "muted", "right"),
    ):
        figure.add_hline(y=level, line={"width": 1.5, "dash": "dash", "color": COLOURS[role]})
        figure.add_annotation(
            x=0 if side == "left" else 1,
            xref="paper",
            y=level,
            text=words,
            showarrow=False,
            xanchor=side,
            yanchor="bottom",
            font={"size": 12, "color": COLOURS[role]},
        )
    if threshold is not None:
        figure.add_vline(x=threshold, line={"width": 1.5, "color": COLOURS["ink"]})
        figure.add_annotation(
            x=threshold,
            y=1,
            yref="paper",
            text=f"<b>goes from {threshold:.2f}</b>",
            showarrow=False,
            xanchor="right",
            xshift=-6,
            yanchor="top",
            font={"size": 13, "color": COLOURS["ink"]},
        )
    dress(figure, height=300)
    figure.update_yaxes(title="wrong", tickformat=".0%", range=[0, top], nticks=6, zeroline=False)
    figure.update_xaxes(title="goes without a person from this confidence on", nticks=8)
    return figure


def auto_sent_figure(
    days: Sequence[date],
    went: Sequence[int],
    read: Sequence[int],
    *,
    closed: Mapping[date, str],
) -> graph_objects.Figure:
    """Returns the share of messages that went by themselves a day, and the days of closing.

    Args:
        days: In order.
        went: Messages that went without a person, one number a day.
        read: Messages that a person read first, one number a day.
        closed: Days on which a band closed, and which.
    """
    share = [w / (w + r) if w + r else None for w, r in zip(went, read, strict=True)]
    figure = graph_objects.Figure()
    figure.add_scatter(
        x=list(days),
        y=share,
        mode="lines",
        line={"width": 2.5, "color": COLOURS["agent"], "shape": "hv"},
        customdata=[w + r for w, r in zip(went, read, strict=True)],
        hovertemplate="%{x|%-d %b}: %{y:.0%} of %{customdata:,} went by themselves<extra></extra>",
        meta="agent",
    )
    for place, (day, words) in enumerate(sorted(closed.items())):
        figure.add_vline(x=day, line={"width": 1.5, "dash": "dot", "color": COLOURS["truth"]})
        figure.add_annotation(
            x=day,
            y=1 - 0.09 * (place % 3),
            yref="paper",
            text=words,
            showarrow=False,
            xanchor="left" if _is_early(day, days) else "right",
            xshift=6 if _is_early(day, days) else -6,
            yanchor="top",
            font={"size": 12, "color": COLOURS["truth"]},
            bgcolor="#ffffff",
        )
    dress(figure, height=240)
    figure.update_yaxes(title="went by itself", tickformat=".0%", range=[0, 1.02], nticks=5)
    figure.update_xaxes(tickformat="%-d %b", nticks=8, showgrid=False)
    return figure


def _is_early(day: date, days: Sequence[date]) -> bool:
    return not days or (day - days[0]) < (days[-1] - days[0]) / 2
