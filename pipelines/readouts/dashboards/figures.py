"""The rows of a panel's figure for one choice of filters; the page's script does the same."""

from collections.abc import Mapping

from experiments.figure_rows import Row, ranked
from experiments.metric_words import group_text
from pipelines.readouts.dashboards.cells import Cell, Cells
from pipelines.readouts.dashboards.definitions import Panel


def panel_rows(
    panel: Panel, cells: Cells, period: str, chosen: Mapping[str, str]
) -> tuple[Row, ...]:
    """Returns what a panel draws."""
    if panel.figure == "trend":
        weeks = [p for p in cells.periods if p.key.startswith("week")]
        return tuple(
            _row(p.key.split()[1], p.short, cells.get(panel.metrics[0], p.key, chosen))
            for p in weeks
        )
    if panel.is_split:
        return ranked(_parts(panel, cells, period, chosen))
    if panel.figure == "groups":
        return ranked(_groups(panel, cells, period, chosen))
    if panel.figure == "spread":
        return tuple(_spread(panel, cells, period, chosen))
    return tuple(
        _row(name, cells.definitions[name].label, cells.get(name, period, chosen))
        for name in panel.metrics
    )


def panel_unit(panel: Panel, cells: Cells) -> str:
    """Returns the unit of what a panel draws."""
    return cells.definitions[panel.shown[0]].unit


def _groups(panel: Panel, cells: Cells, period: str, chosen: Mapping[str, str]) -> list[Row]:
    name, by = panel.metrics[0], panel.by
    if by not in cells.filters:
        return [_row("all", "All", cells.get(name, period, chosen))]
    values = [v for v in cells.filters[by] if chosen.get(by, v) == v]
    return [
        _row(value, group_text(value, by), cells.get(name, period, {**chosen, by: value}))
        for value in values
    ]


def _parts(panel: Panel, cells: Cells, period: str, chosen: Mapping[str, str]) -> list[Row]:
    name = panel.metrics[0]
    if any(d not in cells.able.get(name, ()) for d in chosen):
        return []
    found = cells.by_metric.get(f"{name}/{panel.by}", {})
    return [
        _row(part, group_text(part, panel.by), found.get(key) or cells.empty(name))
        for part in cells.parts(name, panel.by)
        if (key := cells.key(period, chosen, part))
    ]


def _spread(panel: Panel, cells: Cells, period: str, chosen: Mapping[str, str]) -> list[Row]:
    rows: list[Row] = []
    for pair in panel.pairs:
        median, tail = (cells.get(name, period, chosen) for name in (pair.median, pair.tail))
        if median.value is None or tail.value is None:
            rows.append(Row(pair.label, pair.label, None, None, None, median.said))
            continue
        said = f"{median.text} · {tail.text}"
        rows.append(
            Row(pair.label, pair.label, median.value, median.value, tail.value, said, median.basis)
        )
    return rows


def _row(at: str, label: str, cell: Cell) -> Row:
    return Row(at, label, cell.value, cell.low, cell.high, cell.said, cell.basis)
