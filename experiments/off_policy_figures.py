"""Figures of off-policy readings: each policy with its interval, and what the log saw of it."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from plotly import graph_objects

from experiments.figures import COLOURS, dress
from experiments.off_policy import PolicyReading, RewardReading
from experiments.statistics.scored_shares import PolicyValue

_ROW, _BASE, _LIFT = 46, 34, 15
_BINS = (0.0, 0.01, 0.05, 0.1, 0.2, 0.5, 0.9, 1.0)
_OTHERS = 0.26
"""How far below the first estimator's line the others stand, in rows."""


def policies_figure(readings: Sequence[PolicyReading], reward: str) -> graph_objects.Figure:
    """Returns a reward's value under each policy, above that of the logged one.

    A dot with its 95% interval is doubly robust; the two fainter ones below it are self-normalised
    and inverse-propensity weights. A policy that cannot be estimated has words in their place.

    Args:
        readings: Of the same logged turns; at least one.
        reward: Which reward.
    """
    figure = graph_objects.Figure()
    found = [(reading.policy, _of(reading, reward)) for reading in readings]
    told = [one.estimates for _, one in found if one.estimates is not None]
    rows = 1 + len(found)
    if told:
        _interval(figure, 0, told[0].logged, role="holdout", size=13)
        _words(figure, 0, f"<b>as logged</b> {_share(told[0].logged)}")
    else:
        _words(figure, 0, "<b>as logged</b>")
    for row, (policy, one) in enumerate(found, start=1):
        estimates = one.estimates
        if estimates is None:
            _words(figure, row, f"<b>{policy}</b> cannot be told: thin overlap")
            continue
        _interval(figure, row, estimates.doubly_robust, role="agent", size=13)
        for place, value in enumerate(
            (estimates.self_normalised, estimates.inverse_propensity), start=1
        ):
            _interval(figure, row + _OTHERS * place / 2, value, role="muted", size=6)
        _words(figure, row, f"<b>{policy}</b> {_share(estimates.doubly_robust)}")
    dress(figure, height=_ROW * rows + _BASE)
    ends = [end for one in told for end in (*one.doubly_robust.ci, *one.logged.ci)]
    low, high = (min(ends), max(ends)) if ends else (0.0, 1.0)
    room = (high - low or 0.1) * 0.12
    figure.update_xaxes(
        range=[max(low - room, 0.0), min(high + room, 1.0)], tickformat=".1~%", nticks=6
    )
    figure.update_yaxes(visible=False, range=[rows - 0.45, -0.55])
    return figure


def overlap_figure(reading: PolicyReading) -> graph_objects.Figure:
    """Returns how often what the policy does had which chance as logged, by turns.

    Only turns in which the policy chooses otherwise count. Bars at the top are thin overlap: what
    had hardly any chance was hardly ever seen.

    Args:
        reading: Of one policy.
    """
    counts, _ = np.histogram(reading.chances, bins=_BINS)
    names = [f"{_percent(low)} to {_percent(high)}" for low, high in pairwise(_BINS)]
    figure = graph_objects.Figure()
    figure.add_bar(
        x=counts.tolist(),
        y=list(range(len(counts))),
        orientation="h",
        width=0.2,
        marker={"color": COLOURS["agent"]},
        hovertemplate="%{x:,} turns<extra></extra>",
        meta="agent",
    )
    for row, (name, count) in enumerate(zip(names, counts, strict=True)):
        _words(figure, row, f"<b>{name}</b> {count:,} turns")
    dress(figure, height=36 * len(counts) + 8)
    figure.update_xaxes(visible=False, range=[0, max(int(counts.max(initial=0)), 1)])
    figure.update_yaxes(visible=False, range=[len(counts) - 0.6, -0.6])
    return figure


def _of(reading: PolicyReading, reward: str) -> RewardReading:
    return next(one for one in reading.rewards if one.reward == reward)


def _interval(
    figure: graph_objects.Figure, row: float, value: PolicyValue, *, role: str, size: int
) -> None:
    figure.add_scatter(
        x=list(value.ci),
        y=[row, row],
        mode="lines",
        line={"width": 6 if size > 6 else 2, "color": COLOURS[role]},
        opacity=0.3,
        hoverinfo="skip",
        meta=role,
    )
    figure.add_scatter(
        x=[value.value],
        y=[row],
        mode="markers",
        marker={"size": size, "color": COLOURS[role]},
        hovertemplate="%{x:.2%}<extra></extra>",
        meta=role,
    )


def _words(figure: graph_objects.Figure, row: float, text: str) -> None:
    figure.add_annotation(
        x=0,
        xref="paper",
        xanchor="left",
        y=row,
        yshift=_LIFT,
        text=text,
        showarrow=False,
        font={"color": COLOURS["ink"], "size": 13},
        name="ink",
    )


def _share(value: PolicyValue) -> str:
    return f"{value.value:.2%} ({value.ci.low:.2%} to {value.ci.high:.2%})"


def _percent(share: float) -> str:
    return f"{share:.0%}"
