"""What the page of a dashboard shows for one choice of filters and a period."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from agent_runtime.console.frame.roles import EVERYBODY, Role, roles
from agent_runtime.readouts.board import RUN, Board, Cell, Metric, Panel, Period, Row
from agent_runtime.readouts.drawing import Mark, Trend, marks, trend
from agent_runtime.spreadsheet import Value

READ_BY: dict[str, frozenset[Role]] = {
    "leadership": roles("leader", "revops"),
    "sales": roles("rep", "reviewer", "revops", "leader"),
    "revops": roles("revops", "leader"),
    "learning": roles("reviewer", "revops", "leader"),
}
"""Who reads which dashboard; the first of somebody's is where they begin."""
FIRST: dict[Role, str] = {
    "rep": "sales",
    "reviewer": "learning",
    "revops": "revops",
    "leader": "leadership",
    "admin": "leadership",
}
LABELS = {
    "leadership": "Leadership",
    "sales": "Sales",
    "revops": "RevOps",
    "learning": "Learning",
}
READERS = EVERYBODY
COLUMNS = (
    "section",
    "question",
    "metric",
    "period",
    "part",
    "value",
    "unit",
    "low_95",
    "high_95",
    "numerator",
    "denominator",
    "n",
    "said",
)


@dataclass(frozen=True, slots=True)
class Choice:
    """A period and filters, all of them published."""

    board: Board
    period: Period
    chosen: dict[str, str]

    @property
    def is_narrowed(self) -> bool:
        """Whether anything was chosen."""
        return self.period.key != RUN or bool(self.chosen)

    @property
    def query(self) -> str:
        """The choice as the end of an address."""
        told = {"period": self.period.key} if self.period.key != RUN else {}
        return f"?{urlencode(told | self.chosen)}" if self.is_narrowed else ""


@dataclass(frozen=True, slots=True)
class Tile:
    """One metric of a section."""

    metric: Metric
    cell: Cell
    caveat: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """A panel, and where its lines stand."""

    panel: Panel
    rows: tuple[Row, ...]
    marks: tuple[Mark, ...]
    trend: Trend | None
    of: str
    """What is drawn, in words."""
    why: str
    """Why there is nothing to draw; empty where there is."""
    caveat: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A section with its panels drawn."""

    title: str
    note: str
    tiles: tuple[Tile, ...]
    panels: tuple[Drawn, ...]


def mine(role: Role) -> tuple[str, ...]:
    """Returns the dashboards that a role reads, its own first."""
    own = FIRST[role]
    return (own, *(name for name, readers in READ_BY.items() if role in readers and name != own))


def choice_of(board: Board, asked: Mapping[str, str]) -> Choice:
    """Returns what of an address can be chosen; the rest counts as not asked."""
    return Choice(board, board.period(asked.get("period", RUN)), board.chosen(asked))


def sections(choice: Choice) -> tuple[Shown, ...]:
    """Returns the sections of a dashboard for a choice."""
    board, key, chosen = choice.board, choice.period.key, choice.chosen
    return tuple(
        Shown(
            section.title,
            section.note,
            tuple(
                Tile(
                    board.metrics[name],
                    board.cell(name, key, chosen),
                    board.metrics[name].caveat if chosen else "",
                )
                for name in section.tiles
            ),
            tuple(_drawn(panel, choice) for panel in section.panels),
        )
        for section in board.sections
        if section.tiles or section.panels
    )


def table(choice: Choice) -> Iterator[tuple[Value, ...]]:
    """Yields the figures of a dashboard for a choice, a row each, as `COLUMNS` names them."""
    board, key, chosen = choice.board, choice.period.key, choice.chosen
    for section in board.sections:
        for name in section.tiles:
            told = board.metrics[name]
            yield _line(
                section.title, "", told, choice.period.label, "", board.cell(name, key, chosen)
            )
        for panel in section.panels:
            for row in board.rows(panel, key, chosen):
                told = board.metrics[_metric_of(panel, row)]
                is_week = panel.figure == "trend"
                period = f"week of {row.at}" if is_week else choice.period.label
                part = "" if is_week else row.label
                yield _line(section.title, panel.title, told, period, part, row.cell)
                if row.tail:
                    yield _line(section.title, panel.title, told, period, f"{part}, 95th", row.tail)


def _metric_of(panel: Panel, row: Row) -> str:
    if panel.pairs:
        return next(pair.median for pair in panel.pairs if pair.label == row.label)
    return row.at if row.at in panel.metrics else panel.metrics[0]


def _line(
    section: str, question: str, told: Metric, period: str, part: str, cell: Cell
) -> tuple[Value, ...]:
    figures = (cell.low, cell.high, cell.numerator, cell.denominator, cell.n)
    names = (section, question, told.label, period, part)
    return (*names, cell.value, told.unit, *figures, cell.said)


def _drawn(panel: Panel, choice: Choice) -> Drawn:
    board, chosen = choice.board, choice.chosen
    rows = board.rows(panel, choice.period.key, chosen)
    told = board.metrics[panel.metrics[0]] if len(panel.metrics) == 1 else None
    has_any = any(
        row.cell.value is not None and (row.cell.value or panel.figure != "bars") for row in rows
    )
    why = "" if has_any else next((row.said for row in rows), "nothing to count")
    is_trend = panel.figure == "trend"
    of = ""
    if told:
        by = "week" if is_trend else panel.by_label if panel.by else ""
        of = f"{told.label} by {by}" if by else told.label
        of += f", {told.unit}" if told.unit in ("minutes", "turns", "days", "hours") else ""
    return Drawn(
        panel,
        rows,
        marks(rows, panel.figure) if has_any and not is_trend else (),
        trend(rows, is_share=bool(told and told.unit == "share")) if is_trend else None,
        of,
        why,
        told.caveat if told and (chosen or panel.figure == "groups") else "",
    )
