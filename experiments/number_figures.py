"""Figures over numbers: what was said against what came true, and amounts by multiple of volume."""

from collections.abc import Sequence

import polars as pl
from plotly import graph_objects

from experiments.figures import COLOURS, dress


def reliability_figure(bands: pl.DataFrame) -> graph_objects.Figure:
    """Returns the bands of `calibration.reliability` with their intervals, and the diagonal."""
    figure = graph_objects.Figure()
    figure.add_scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        line={"width": 1.5, "dash": "dot", "color": COLOURS["muted"]},
        hoverinfo="skip",
        meta="holdout",
    )
    middle = bands["came_true"]
    figure.add_scatter(
        x=bands["said"].to_list(),
        y=middle.to_list(),
        mode="markers",
        marker={"size": 9, "color": COLOURS["agent"]},
        error_y={
            "array": (bands["ci_high"] - middle).to_list(),
            "arrayminus": (middle - bands["ci_low"]).to_list(),
            "color": COLOURS["interval"],
            "thickness": 1.5,
            "width": 0,
        },
        customdata=bands["n"].to_list(),
        hovertemplate="said %{x:.0%}, came true %{y:.0%}, n = %{customdata:,}<extra></extra>",
        meta="agent",
    )
    dress(figure, height=320)
    figure.update_xaxes(title="said", tickformat=".0%", nticks=6, zeroline=False)
    figure.update_yaxes(title="came true", tickformat=".0%", nticks=6, zeroline=False)
    return figure


def multiples_figure(
    multiples: Sequence[int], values: Sequence[float | None], *, unit: str
) -> graph_objects.Figure:
    """Returns an amount at multiples of today's volume; what is unknown is a gap."""
    figure = graph_objects.Figure()
    figure.add_scatter(
        x=[f"{m}x" for m in multiples],
        y=list(values),
        mode="lines+markers",
        line={"width": 2.5, "color": COLOURS["agent"]},
        marker={"size": 9, "color": COLOURS["agent"]},
        hovertemplate=f"%{{x}}: %{{y:,.2f}} {unit}<extra></extra>",
        meta="agent",
    )
    dress(figure, height=220)
    figure.update_xaxes(type="category", showgrid=False)
    figure.update_yaxes(title=unit, rangemode="tozero", nticks=4, zeroline=False)
    return figure
