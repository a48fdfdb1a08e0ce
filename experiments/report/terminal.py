"""A readout for a terminal: the table of metrics, and each section in a line or two."""

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from experiments.readout import MetricReadout, Readout
from experiments.report import words


def print_readout(readout: Readout, *, console: Console) -> None:
    """Prints first where the analysis departs from what was registered, last the verdict."""
    first, deviations = words.status(readout)
    style = "bold red" if deviations else "yellow" if readout.deviations is None else "green"
    for line in (first, *(f"- {one}" for one in deviations)):
        _say(console, Text(line, style=style))
    console.print(_metrics(readout))
    if not readout.is_hidden:
        for row in readout.metrics:
            if row.role != "primary":
                _say(console, Text(f"{row.metric}: {row.verdict}"))
    for name, line in _sections(readout):
        _say(console, Text.assemble((f"{name}: ", "bold"), line))
    _say(console, Text(readout.verdict, style="bold"))


def _say(console: Console, text: Text) -> None:
    """A sentence stays one line where the output is no terminal, so that it can be searched."""
    console.print(text, soft_wrap=not console.is_terminal)


def _metrics(readout: Readout) -> Table:
    table = Table("metric", "arm", "units", "mean", "control", "effect", "95% interval", "p")
    for row in readout.metrics:
        table.add_row(
            Text(row.metric),
            Text(row.arm if row.control == readout.primary.control else f"{row.arm}/{row.control}"),
            f"{row.n_arm:,} / {row.n_control:,}",
            *(_number(row, number) for number in (row.mean_arm, row.mean_control)),
            "hidden" if row.effect is None else words.effect(row.effect, is_share=row.is_share),
            _interval(row),
            "none" if row.p_value is None else words.p_value(row.p_value),
        )
    return table


def _number(row: MetricReadout, number: float | None) -> str:
    return "hidden" if number is None else words.mean(number, is_share=row.is_share)


def _interval(row: MetricReadout) -> str:
    if row.ci_low is None or row.ci_high is None:
        return "none"
    return words.interval(row.ci_low, row.ci_high, is_share=row.is_share)


def _sections(readout: Readout) -> Iterator[tuple[str, str]]:
    shares = {row.metric: row.is_share for row in readout.metrics}
    ratio = readout.srm
    found = ", ".join(f"{arm} {count:,}" for arm, count in ratio.observed.items())
    yield "sample ratio", f"{found} {ratio.counted}, p = {words.p_value(ratio.p_value)}"
    for row in readout.balance or ():
        yield f"balance, {row.arm}", row.verdict
    if readout.contamination is not None:
        blurred = [x for x in readout.contamination if x.count]
        said = ", ".join(f"{x.kind.replace('_', ' ')} {x.count:,}" for x in blurred)
        yield "contamination", said or "nothing found"
    for row in readout.money or ():
        yield f"money, {row.arm}", row.verdict
    for row in readout.compliers or ():
        yield f"those reached, {row.arm}", row.verdict
    for row in readout.segments.interactions if readout.segments else ():
        yield f"segment {row.segment}, {row.arm}", row.verdict
    for row in readout.quantiles or ():
        share, effect = shares.get(row.metric, False), row.effect
        yield (
            f"quantile {row.quantile:g} of {row.metric}, {row.arm}",
            f"{words.effect(effect.effect, is_share=share)} "
            f"({words.interval(effect.ci_low, effect.ci_high, is_share=share)})",
        )
    for row in readout.uplift or ():
        yield f"uplift, {row.arm}", row.verdict
    for row in readout.sensitivity or ():
        agrees = {True: "says the same", False: "says something else", None: "cannot be compared"}
        yield f"sensitivity, {row.check}, {row.metric}, {row.arm}", agrees[row.agrees]
