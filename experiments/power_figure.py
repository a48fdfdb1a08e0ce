"""What a holdout costs, as a picture that leadership reads before the money is spent."""

from collections.abc import Sequence

from plotly import graph_objects
from plotly.subplots import make_subplots

from experiments.figures import COLOURS, dress
from experiments.holdout_cost import HoldoutCost

_NAMED = (0.1, 0.5)
"""Holdouts that carry their figures in the picture."""


def holdout_cost_figure(
    costs: Sequence[HoldoutCost], *, outcome: str = "meetings"
) -> graph_objects.Figure:
    """Returns two panels over the size of the holdout: what is needed, and what is forgone.

    Args:
        costs: One entry a size, as `holdout_costs` gives them.
        outcome: What is counted, in the plural.
    """
    in_days = all(cost.days is not None for cost in costs)
    needed = [cost.days if in_days else cost.size.total for cost in costs]
    unit = "days" if in_days else "people"
    figure = make_subplots(
        rows=1,
        cols=2,
        horizontal_spacing=0.14,
        subplot_titles=(
            f"{unit.capitalize()} until the answer is sure",
            f"{outcome.capitalize()} forgone by the holdout",
        ),
    )
    shares = [cost.holdout * 100 for cost in costs]
    panels = ((1, needed, "agent", unit), (2, [c.forgone for c in costs], "truth", outcome))
    for column, values, role, what in panels:
        figure.add_scatter(
            x=shares,
            y=values,
            mode="lines+markers",
            line={"width": 2.5, "color": COLOURS[role]},
            marker={"size": 6},
            hovertemplate=f"%{{x:.0f}}% held out: %{{y:,.0f}} {what}<extra></extra>",
            meta=role,
            row=1,
            col=column,
        )
        for cost, value in zip(costs, values, strict=True):
            if cost.holdout in _NAMED and value is not None:
                _name(figure, column, cost, value)
        figure.update_yaxes(range=[0, max(filter(None, values)) * 1.18], row=1, col=column)
    dress(figure, height=340)
    figure.update_xaxes(title="held out", ticksuffix="%", range=[0, 54], nticks=7)
    figure.update_yaxes(tickformat=",d", nticks=5)
    figure.update_annotations(selector={"yref": "paper"}, font={"size": 14})
    figure.update_layout(margin={"t": 44, "r": 16, "b": 8, "l": 8})
    return figure


def _name(figure: graph_objects.Figure, column: int, cost: HoldoutCost, value: float) -> None:
    times = f"<br>{cost.times_halves:.1f} times 50%" if column == 1 and cost.holdout < 0.5 else ""
    figure.add_annotation(
        x=cost.holdout * 100,
        y=value,
        text=f"<b>{cost.holdout:.0%}: {value:,.0f}</b>{times}",
        showarrow=False,
        xanchor="left" if cost.holdout < 0.3 else "right",
        yanchor="bottom" if column == 1 or cost.holdout > 0.3 else "top",
        xshift=8 if cost.holdout < 0.3 else 4,
        yshift=6 if column == 1 or cost.holdout > 0.3 else -8,
        align="left" if cost.holdout < 0.3 else "right",
        font={"size": 13, "color": COLOURS["ink"]},
        row=1,
        col=column,
    )


def question_in_words(
    *, baseline: float, mde_relative: float, power: float, alpha: float, outcome: str = "meetings"
) -> str:
    """Returns the question that the picture answers, as one sentence."""
    raised = baseline * (1 + mde_relative)
    return (
        f"To see {outcome} go from {baseline:.3g} to {raised:.3g} per person "
        f"({mde_relative:+.0%}) with {power:.0%} power at a false-alarm rate of {alpha:.0%}"
    )


def holdout_cost_page(
    costs: Sequence[HoldoutCost],
    *,
    baseline: float,
    mde_relative: float,
    power: float,
    alpha: float,
) -> str:
    """Returns the picture with its question as one HTML page that needs no network."""
    question = question_in_words(
        baseline=baseline, mde_relative=mde_relative, power=power, alpha=alpha
    )
    plot = holdout_cost_figure(costs).to_html(
        full_html=False, include_plotlyjs=True, config={"displayModeBar": False, "responsive": True}
    )
    tenth = min(costs, key=lambda cost: abs(cost.holdout - 0.1))
    halves = min(costs, key=lambda cost: abs(cost.holdout - 0.5))
    return _PAGE.format(
        question=question,
        plot=plot,
        answer=(
            f"A holdout of {tenth.holdout:.0%} needs {tenth.times_halves:.1f} times the people of "
            f"{halves.holdout:.0%} for the same certainty, and forgoes about {tenth.forgone:,.0f} "
            f"meetings instead of {halves.forgone:,.0f}."
        ),
    )


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>What a holdout costs</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; color: #1c2530; background: #fff;
  max-width: 60rem; margin: 2.5rem auto; padding: 0 1.25rem }}
h1 {{ font-size: 1.6rem; margin: 0 0 .4rem }} p {{ margin: 0 0 1rem; max-width: 44rem }}
.answer {{ font-weight: 600 }}
</style></head><body><h1>What a holdout costs</h1>
<p>{question}.</p><p class="answer">{answer}</p>{plot}</body></html>
"""
