"""What each dashboard shows: questions, the metrics that answer them, and the figure for each."""

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from agent_runtime.settings import Workspace
from experiments.metric_figures import Kind
from pipelines.errors import PipelineError

PAGES = Path(__file__).parent / "pages"

ORDER = ("sales", "revops", "learning", "leadership")
"""The dashboards, in the order in which they are linked."""

DIMENSIONS = ("segment", "channel", "playbook", "autonomy")
"""What a dashboard can be filtered by, besides the period."""


class Split(NamedTuple):
    """A metric by a dimension that is no filter."""

    metric: str
    by: str


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


Model = TypeVar("Model", bound=_Part)


class Pair(_Part):
    """Median and 95th percentile of the same thing."""

    label: str
    median: str
    tail: str


class Panel(_Part):
    """One question and the figure that answers it.

    Attributes:
        title: The question, as the reader would ask it.
        figure: Which figure of `experiments.metric_figures`.
        metrics: What it shows; one, or the bars in their order.
        by: The filter, or a further dimension, by which it is split.
        pairs: Of `spread`: what it shows, instead of metrics.
        note: How to read it, where that is not plain.
        is_tall: Whether two other panels stand beside it.
    """

    title: str
    figure: Kind
    metrics: tuple[str, ...] = ()
    by: str = ""
    pairs: tuple[Pair, ...] = ()
    note: str = ""
    is_tall: bool = False

    @property
    def is_split(self) -> bool:
        """Whether it is split by what is no filter."""
        return bool(self.by) and self.by not in DIMENSIONS

    @property
    def shown(self) -> tuple[str, ...]:
        """Every metric that it needs."""
        return (*self.metrics, *(name for pair in self.pairs for name in (pair.median, pair.tail)))


class Section(_Part):
    """A group of tiles or panels under one heading."""

    title: str
    tiles: tuple[str, ...] = ()
    panels: tuple[Panel, ...] = ()
    note: str = ""
    keeps_unmeasured: bool = False
    """Whether tiles without a value stay, since the others are to be read beside them."""

    @property
    def columns(self) -> int:
        """Panels in one row of a wide screen, so that no row is left with a hole."""
        if any(panel.is_tall for panel in self.panels):
            return 2
        return {1: 1, 2: 2, 4: 2}.get(len(self.panels), 3)


class Dashboard(_Part):
    """One dashboard."""

    name: str
    label: str
    """In the links between the dashboards."""
    question: str
    audience: str
    has_lift: bool = False
    """Whether it begins with what the experiment says."""
    sections: tuple[Section, ...]

    @property
    def metrics(self) -> tuple[str, ...]:
        """Every metric that it shows, once."""
        names = [
            name
            for section in self.sections
            for name in (*section.tiles, *(n for panel in section.panels for n in panel.shown))
        ]
        return tuple(dict.fromkeys(names))

    @property
    def splits(self) -> tuple[Split, ...]:
        """Metrics by a further dimension."""
        panels = (panel for section in self.sections for panel in section.panels)
        return tuple(
            Split(name, panel.by) for panel in panels if panel.is_split for name in panel.metrics
        )


class Words(_Part):
    """What dashboards say of single metrics."""

    takes: dict[str, str]
    """What has to happen before a metric can be measured."""
    filtered: dict[str, str]
    """What to know of a metric when a filter is set."""


def dashboard_path(workspace: Workspace, name: str) -> Path:
    """Returns where a dashboard of a workspace is kept."""
    return workspace.root / "dashboards" / f"{name}.html"


@lru_cache(maxsize=1)
def load_dashboards() -> tuple[Dashboard, ...]:
    """Returns the dashboards in their order."""
    return tuple(_checked(Dashboard, PAGES / f"{name}.yaml", {"name": name}) for name in ORDER)


def find_dashboard(name: str) -> Dashboard:
    """Returns a dashboard by its name, or says which there are."""
    for dashboard in load_dashboards():
        if dashboard.name == name:
            return dashboard
    raise PipelineError(
        f"argument NAME, the value {name!r}: there is no such dashboard; "
        f"write {', '.join(ORDER[:-1])} or {ORDER[-1]}."
    )


@lru_cache(maxsize=1)
def page_words() -> Words:
    """Returns what dashboards say of single metrics."""
    return _checked(Words, PAGES / "words.yaml", {})


def shown_metrics() -> tuple[str, ...]:
    """Returns every metric of every dashboard, once."""
    return tuple(dict.fromkeys(name for page in load_dashboards() for name in page.metrics))


def shown_splits() -> tuple[Split, ...]:
    """Returns every metric that a dashboard splits by a further dimension, once."""
    return tuple(dict.fromkeys(split for page in load_dashboards() for split in page.splits))


def _checked(kind: type[Model], path: Path, known: dict[str, str]) -> Model:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    try:
        return kind.model_validate(known | content)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise PipelineError(f"{path}: {place}: {first['msg']}.") from None
