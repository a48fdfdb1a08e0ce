"""`parley experiment power`: how many units a question needs, and what a holdout costs."""

import json
import math
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from experiments.holdout_cost import HoldoutCost, days_until, holdout_costs
from experiments.power import Design, SampleSize, detectable, sample_size


def power(
    *,
    baseline: Annotated[float, typer.Option(help="Share in the control, such as 0.02.")],
    mde_relative: Annotated[
        float | None, typer.Option(help="Smallest relative change that matters.")
    ] = None,
    units: Annotated[
        int | None, typer.Option(help="Units that there are; says what they can detect.")
    ] = None,
    power: Annotated[float, typer.Option(help="Probability to detect it.")] = 0.8,
    alpha: Annotated[float, typer.Option(help="Probability of a false alarm.")] = 0.05,
    share: Annotated[float, typer.Option(help="Part of all units in the treated arm.")] = 0.5,
    cluster_size: Annotated[float, typer.Option(help="Mean units of an account.")] = 1.0,
    icc: Annotated[float, typer.Option(help="How alike units of an account are.")] = 0.0,
    r_squared: Annotated[float, typer.Option(help="Variance that covariates foretell.")] = 0.0,
    units_per_day: Annotated[
        float | None, typer.Option(help="Units that become eligible a day.")
    ] = None,
    compare: Annotated[bool, typer.Option(help="Also say what each holdout would cost.")] = False,
    plot: Annotated[
        Path | None, typer.Option(help="Draw what each holdout costs into this HTML file.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say how many units a question needs, or what a number of units can show.

    Example: parley experiment power --baseline 0.02 --mde-relative 0.25 --compare --plot cost.html

    Example: parley experiment power --baseline 0.02 --units 5000 --cluster-size 4 --icc 0.1
    """
    design = Design(cluster_size, icc, r_squared).checked()
    if (mde_relative is None) == (units is None):
        raise typer.BadParameter("give either --mde-relative or --units")
    if units is not None:
        if plot is not None:
            raise typer.BadParameter("--plot draws the cost of --mde-relative, not of --units")
        found = detectable(
            baseline=baseline, units=units, power=power, alpha=alpha, share=share, design=design
        )
        return _say_detectable(baseline, units, found, as_json=as_json)
    assert mde_relative is not None
    size = sample_size(
        baseline=baseline,
        mde_relative=mde_relative,
        power=power,
        alpha=alpha,
        share=share,
        design=design,
    )
    costs = holdout_costs(
        baseline=baseline,
        mde_relative=mde_relative,
        power=power,
        alpha=alpha,
        units_per_day=units_per_day,
        design=design,
    )
    if plot is not None:
        _draw(plot, costs, baseline, mde_relative, power, alpha)
    _say(size, costs if compare else (), cluster_size, units_per_day, as_json=as_json)
    return None


def _say_detectable(baseline: float, units: int, found: float, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"units": units, "mde_relative": found}))
        return
    typer.echo(
        f"{units:,} units detect a rise of {baseline:.3g} to {baseline * (1 + found):.3g} "
        f"({found:+.1%}); smaller rises go unseen more often than planned"
    )


def _say(
    size: SampleSize,
    costs: tuple[HoldoutCost, ...],
    cluster_size: float,
    per_day: float | None,
    *,
    as_json: bool,
) -> None:
    days = days_until(size, per_day)
    clusters = [math.ceil(n / cluster_size) for n in (size.n_arm, size.n_control)]
    if as_json:
        said: dict[str, object] = {"n_arm": size.n_arm, "n_control": size.n_control}
        said |= {"days": days} if days is not None else {}
        if cluster_size > 1:
            said |= {"clusters_arm": clusters[0], "clusters_control": clusters[1]}
        said |= {"holdouts": [_row(cost) for cost in costs]} if costs else {}
        typer.echo(json.dumps(said))
        return
    typer.echo(f"{size.n_arm:,} units in the treated arm and {size.n_control:,} in the control")
    if cluster_size > 1:
        typer.echo(f"in about {clusters[0]:,} and {clusters[1]:,} accounts")
    if days is not None:
        typer.echo(f"{days:,} days until so many were eligible, and then the metric's window")
    if costs:
        _compare(costs)


def _compare(costs: tuple[HoldoutCost, ...]) -> None:
    table = Table("held out", "units in all", "times 50:50", "days", "outcomes forgone")
    for cost in costs:
        table.add_row(
            f"{cost.holdout:.0%}",
            f"{cost.size.total:,}",
            f"{cost.times_halves:.2f}",
            f"{cost.days:,}" if cost.days is not None else "",
            f"{cost.forgone:,.0f}",
        )
    Console().print(table)


def _row(cost: HoldoutCost) -> dict[str, float | int | None]:
    return {
        "holdout": cost.holdout,
        "n_arm": cost.size.n_arm,
        "n_control": cost.size.n_control,
        "times_halves": round(cost.times_halves, 4),
        "days": cost.days,
        "forgone": round(cost.forgone, 1),
    }


def _draw(
    path: Path,
    costs: tuple[HoldoutCost, ...],
    baseline: float,
    mde_relative: float,
    power: float,
    alpha: float,
) -> None:
    from experiments.power_figure import holdout_cost_page

    page = holdout_cost_page(
        costs, baseline=baseline, mde_relative=mde_relative, power=power, alpha=alpha
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, encoding="utf-8")
    typer.echo(f"{path}: what each size of the holdout costs, as a picture", err=True)
