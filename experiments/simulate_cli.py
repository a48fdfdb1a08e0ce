"""`parley experiment simulate`: how often the analysis says what is not so."""

import json
from typing import Annotated, Any, Literal

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn


def simulate(
    *,
    runs: Annotated[int, typer.Option(help="Trials to draw.")] = 1_000,
    peeks: Annotated[int, typer.Option(help="Looks at each; a fixed trial has one.")] = 100,
    effect: Annotated[float, typer.Option(help="Planted effect, in the metric's own unit.")] = 0.0,
    design: Annotated[
        str,
        typer.Option(
            help="contact (0/1, 6%), clustered, ratio, proportion (0/1, 2%), rare (0/1, 0.3%) or "
            "mean (a skewed amount)."
        ),
    ] = "contact",
    mode: Annotated[
        Literal["fixed", "sequential", "naive"],
        typer.Option(help="naive: the fixed interval, looked at again and again."),
    ] = "fixed",
    accounts: Annotated[int, typer.Option(help="Accounts of the clustered design.")] = 60,
    units: Annotated[int | None, typer.Option(help="Units of the other designs.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed draws the same trials.")] = 1,
    processes: Annotated[int, typer.Option(help="Processes to draw with.")] = 2,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Draw trials whose truth is known and analyse them with the code that analyses yours.

    Prints the rate of false positives where the effect is 0, else coverage and power; and bias;
    each with its Monte Carlo standard error.

    Example: parley experiment simulate --runs 2000 --peeks 100 --design rare --mode sequential

    Example: parley experiment simulate --runs 2000 --peeks 100 --design rare --mode naive

    Example: parley experiment simulate --design clustered --accounts 20 --effect 0.5 --json
    """
    from experiments.simulated_trials import design as named_design
    from experiments.simulation import simulate as run

    chosen = named_design(design, effect=effect, units=units, accounts=accounts)
    columns = (*Progress.get_default_columns()[:1], BarColumn(), MofNCompleteColumn())
    with Progress(
        *columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True
    ) as progress:
        bar = progress.add_task(f"{design}, {mode}", total=runs)
        found = run(
            chosen,
            mode=mode,
            runs=runs,
            peeks=peeks,
            seed=seed,
            processes=processes,
            on_done=lambda done: progress.advance(bar, done),
        )
    figures = {
        "false_positive_rate": found.false_positive_rate,
        "coverage": found.coverage,
        "power": found.power,
        "bias": found.bias,
    }
    shown = {name: figure for name, figure in figures.items() if figure is not None}
    if as_json:
        settings: dict[str, Any] = {"design": design, "mode": mode, "effect": effect, "runs": runs}
        settings["peeks"] = 1 if mode == "fixed" else peeks
        values = {name: figure.value for name, figure in shown.items()}
        errors = {name: figure.mc_se for name, figure in shown.items()}
        typer.echo(json.dumps(settings | values | {"mc_se": errors}))
        return
    for name, figure in shown.items():
        typer.echo(f"{name.replace('_', ' ')}: {figure.value:.4g} (mc_se {figure.mc_se:.2g})")
