"""How `parley metrics changes` shows what changed since the period before."""

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from experiments.metric_words import difference_text, group_text, value_text

if TYPE_CHECKING:
    from rich.table import Table

    from experiments.movements.document import Changes, Finding, Movement

_ARROWS = {"up": "↑ up", "down": "↓ down", "flat": "= flat", "cannot tell": "? cannot tell"}
_COUNTED = frozenset({"persons", "messages"})


def print_changes(changes: "Changes") -> None:
    """Prints advice first, then every comparison, then what it cannot show."""
    from rich.console import Console

    console = Console(highlight=False, markup=False)
    if changes.period is None:
        console.print(changes.quiet)
        return
    console.print(f"{_days(changes.period.after)} against {_days(changes.period.before)}\n")
    for finding in changes.findings:
        for line in _finding(finding):
            console.print(line)
        console.print()
    if changes.quiet:
        console.print(f"{changes.quiet}\n")
    console.print(_table(changes))
    console.print(f"\n{changes.caution}")
    if changes.experiments:
        console.print(f"That report is here: {', '.join(changes.experiments)}")


def _finding(finding: "Finding") -> Iterator[str]:
    yield f"{finding.headline} (for {', '.join(finding.audience)})"
    for movement in finding.evidence:
        yield f"  {movement.label}: {_change(movement)}"
    yield f"  {finding.certainty}"
    yield f"  → {finding.advice} See docs/{finding.page}."


def _table(changes: "Changes") -> "Table":
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0))
    dimensions = list(changes.movements[0].keys) if changes.movements else []
    for name in ("Metric", *dimensions, "Moved", "Before → since, 95% interval of the change"):
        table.add_column(name)
    table.add_column("n", justify="right")
    for m in changes.movements:
        groups = [group_text(value, name) for name, value in m.keys.items()]
        groups += [""] * (len(dimensions) - len(groups))
        table.add_row(
            m.label, *groups, _ARROWS[m.state], _change(m), f"{m.n_before:,} → {m.n_after:,}"
        )
    return table


def _change(m: "Movement") -> str:
    if m.before is None or m.after is None:
        return m.reason
    both = f"{value_text(m.before, m.unit)} → {value_text(m.after, m.unit)}"
    if m.ci_low is None or m.ci_high is None:
        return f"{both}; {m.reason}"
    is_count = m.unit in _COUNTED and m.before == m.n_before and m.after == m.n_after
    ends = (difference_text(end, m.unit, is_whole=is_count) for end in (m.ci_low, m.ci_high))
    return f"{both} ({' to '.join(ends)})"


def _days(ends: tuple[date, date]) -> str:
    return " to ".join(f"{day:%-d %b %Y}" for day in ends)
