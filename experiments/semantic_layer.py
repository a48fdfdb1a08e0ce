"""The metrics that dbt's semantic layer defines, and what MetricFlow makes of a question."""

import difflib
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, cast

from metricflow.engine.metricflow_engine import MetricFlowEngine, MetricFlowQueryRequest
from metricflow.protocols.sql_client import SqlClient, SqlEngine
from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer
from metricflow_semantics.model.dbt_manifest_parser import (
    parse_manifest_from_dbt_generated_manifest,
)
from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

from experiments.errors import ExperimentError
from experiments.kept_plans import KeptPlans

for _library in ("metricflow", "metricflow_semantics"):
    logging.getLogger(_library).setLevel(logging.ERROR)

DBT_PROJECT = Path(__file__).resolve().parents[1] / "dbt"
"""The project that ships with this package."""

_COUNTING = frozenset({"sum", "count", "count_distinct", "sum_boolean"})
_AMOUNTS = frozenset({"USD", "minutes", "points"})

_SINCE, _UNTIL = date(2001, 3, 5), date(2002, 7, 9)
"""Days that stand in a plan until it is asked; MetricFlow knows none before 2000."""

Grain = Literal["day", "week", "month", "quarter", "year"]

_COARSE = ("month", "quarter", "year")
"""Grains whose statement is that of the week with another word; a plan costs more than its run."""


@dataclass(frozen=True, slots=True)
class MetricDefinition:
    """What a metric means, as its YAML says; `numerator`, `denominator` and `n` name metrics."""

    name: str
    label: str
    description: str
    formula: str
    unit: str
    grain: str
    owner: str
    requirement: str
    numerator: str | None
    denominator: str | None
    n: str
    null_when: str
    """Why the value may be null although there is something to count."""
    is_count: bool
    """Whether it counts things, so that nothing there means zero."""
    guard_rails: str = ""
    """What keeps it honest: what it is counted by, and which metric it is read with."""
    reason: str = ""
    """Why it is there though the guide does not ask for it."""
    inputs: tuple[str, ...] = ()
    """Metrics that its formula reads, where it is derived from others."""
    level: float | None = None
    """Of a quantile: 0.5 is a median; None of any other metric."""


@dataclass(frozen=True, slots=True)
class Question:
    """Which metrics, at which grain, split and filtered how."""

    metrics: tuple[str, ...]
    grain: Grain | None = None
    by: tuple[str, ...] = ()
    where: tuple[tuple[str, tuple[str, ...]], ...] = ()
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class SavedQuery:
    """A question that dbt keeps: these metrics at this grain, split by these dimensions."""

    metrics: tuple[str, ...]
    grain: Grain | None
    by: tuple[str, ...]


class _Dialect:
    """What MetricFlow asks of a client that only explains: an engine and its renderer."""

    sql_engine_type = SqlEngine.DUCKDB
    sql_plan_renderer = DuckDbSqlPlanRenderer()


class SemanticLayer:
    """The definitions of one dbt project and the engine that turns questions into SQL."""

    def __init__(self, manifest: str, plans: Path) -> None:
        model = parse_manifest_from_dbt_generated_manifest(manifest)
        self.definitions: Mapping[str, MetricDefinition] = {
            metric.name: _definition(metric) for metric in model.metrics
        }
        self.saved_queries: Mapping[str, SavedQuery] = {
            query.name: _saved_query(query.query_params) for query in model.saved_queries
        }
        self._engine = MetricFlowEngine(
            semantic_manifest_lookup=SemanticManifestLookup(model),
            sql_client=cast(SqlClient, _Dialect()),
        )
        self._plans = KeptPlans(plans, manifest)
        self._dimensions: dict[tuple[str, ...], dict[str, str]] = {}

    def definition(self, name: str) -> MetricDefinition:
        """Returns the definition of a metric, or says which names come close."""
        if name in self.definitions:
            return self.definitions[name]
        raise ExperimentError(
            f"The metric {name!r} is not defined{_closest(name, list(self.definitions))}."
        )

    def dimensions(self, metrics: Sequence[str]) -> dict[str, str]:
        """Returns the names by which all these metrics can be split, and how MetricFlow calls them.

        A short name such as `arm` stands for the nearest dimension that ends so, here
        `assignment__arm`; where two are equally near, neither has the short name.
        """
        key = tuple(metrics)
        if key not in self._dimensions:
            self._dimensions[key] = self._found_dimensions(key)
        return self._dimensions[key]

    def _found_dimensions(self, metrics: Sequence[str]) -> dict[str, str]:
        found = self._engine.simple_dimensions_for_metrics(list(metrics))
        names = [d.dunder_name for d in found if not d.dunder_name.startswith("metric_time")]
        names += [entity.name for entity in self._engine.entities_for_metrics(list(metrics))]
        return {name: name for name in names} | _short(names)

    def sql(self, question: Question) -> str:
        """Returns the DuckDB statement that answers the question.

        Planning takes longer than asking, so questions that differ in their days only are planned
        once. A grain above the day widens the days to whole weeks, so there each is planned.
        """
        if question.grain in _COARSE:
            weekly = self.sql(replace(question, grain="week"))
            return _at_grain(weekly, question.grain)
        if question.since is None or question.until is None or question.grain not in (None, "day"):
            return self._plans.get(repr(question), lambda: self._planned(question))
        any_days = replace(question, since=_SINCE, until=_UNTIL)
        plan = self._plans.get(repr(any_days), lambda: self._planned(any_days))
        plan = plan.replace(_SINCE.isoformat(), question.since.isoformat())
        return plan.replace(_UNTIL.isoformat(), question.until.isoformat())

    def _planned(self, question: Question) -> str:
        known = self.dimensions(question.metrics)
        group_by = [_known(name, known, question) for name in question.by]
        if question.grain:
            group_by.insert(0, f"metric_time__{question.grain}")
        where = [
            _condition(_known(name, known, question), values) for name, values in question.where
        ]
        request = MetricFlowQueryRequest.create(
            metric_names=question.metrics,
            group_by_names=group_by,
            order_by_names=group_by,
            where_constraints=where or None,
            time_constraint_start=_midnight(question.since),
            time_constraint_end=_midnight(question.until),
        )
        return self._engine.explain(request).sql_statement.sql

    def columns(self, question: Question) -> list[str]:
        """Returns how the answer calls the columns of `question.by`."""
        known = self.dimensions(question.metrics)
        return [_known(name, known, question) for name in question.by]


def load_semantic_layer(project: Path = DBT_PROJECT) -> SemanticLayer:
    """Returns the semantic layer of a parsed dbt project; the engine is kept between calls."""
    path = project / "target" / "semantic_manifest.json"
    if not path.exists():
        raise ExperimentError(
            f"{path}: there is no such file; `dbt parse` in {project} writes it, and so does the "
            "asset group `warehouse`."
        )
    return _load(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _load(path: Path, _written_at: int) -> SemanticLayer:
    return SemanticLayer(path.read_text(encoding="utf-8"), path.parent / "plans")


def _saved_query(params: Any) -> SavedQuery:
    """Reads what MetricFlow calls group-bys: `TimeDimension('metric_time', 'day')` and the like."""
    named = [re.findall(r"'([^']+)'", text) for text in params.group_by]
    grains = [grain for name, *grain in named if name == "metric_time"]
    return SavedQuery(
        metrics=tuple(params.metrics),
        grain=cast(Grain, grains[0][0]) if grains else None,
        by=tuple(name for name, *_ in named if name != "metric_time"),
    )


def _definition(metric: Any) -> MetricDefinition:
    meta = metric.config.meta if metric.config else {}
    params = metric.type_params
    numerator = params.numerator.name if params.numerator else meta.get("numerator")
    denominator = params.denominator.name if params.denominator else meta.get("denominator")
    return MetricDefinition(
        name=metric.name,
        label=metric.label or metric.name,
        description=" ".join((metric.description or "").split()),
        formula=meta.get("formula", ""),
        unit=meta.get("unit", ""),
        grain=meta.get("grain", ""),
        owner=meta.get("owner", ""),
        requirement=meta.get("requirement", ""),
        numerator=numerator,
        denominator=denominator,
        n=meta.get("n") or denominator or metric.name,
        null_when=meta.get("null_when", ""),
        is_count=_is_count(params, meta.get("unit", "")),
        guard_rails=" ".join(meta.get("guard_rails", "").split()),
        reason=meta.get("reason", ""),
        inputs=tuple(part.name for part in params.metrics or ()),
        level=_level(params),
    )


def _short(names: Sequence[str]) -> dict[str, str]:
    """A dimension of the person of a deal's stage is nearer than one of the person of its deal."""
    nearest: dict[str, list[str]] = {}
    for name in sorted(names, key=lambda name: name.count("__")):
        rivals = nearest.setdefault(name.rpartition("__")[2], [])
        if not rivals or rivals[0].count("__") == name.count("__"):
            rivals.append(name)
    return {short: rivals[0] for short, rivals in nearest.items() if len(rivals) == 1}


def _is_count(params: Any, unit: str) -> bool:
    """A sum of amounts is no count: where none is known it is not zero."""
    aggregation = params.metric_aggregation_params
    return aggregation is not None and aggregation.agg.value in _COUNTING and unit not in _AMOUNTS


def _level(params: Any) -> float | None:
    aggregation = params.metric_aggregation_params
    if aggregation is None or aggregation.agg.value not in {"median", "percentile"}:
        return None
    return aggregation.agg_params.percentile if aggregation.agg_params else 0.5


def _known(name: str, known: Mapping[str, str], question: Question) -> str:
    if name in known:
        return known[name]
    metrics = " and ".join(map(repr, question.metrics[:1]))
    raise ExperimentError(
        f"The metric {metrics} cannot be split or filtered by {name!r}"
        f"{_closest(name, sorted(known, key=len))}."
    )


def _closest(name: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    if close:
        return f"; did you mean {' or '.join(map(repr, close))}?"[:-1]
    return f"; there are {', '.join(sorted(known))}"


def _condition(dimension: str, values: Sequence[str]) -> str:
    if unsafe := next((v for v in values if set("{}") & set(v)), None):
        raise ExperimentError(f"The value {unsafe!r} of {dimension!r} must not contain a brace.")
    kind = "Dimension" if "__" in dimension else "Entity"
    quoted = ", ".join("'" + value.replace("'", "''") + "'" for value in values)
    return f"{{{{ {kind}('{dimension}') }}}} in ({quoted})"


def _at_grain(weekly: str, grain: str) -> str:
    truncated = weekly.replace("DATE_TRUNC('week'", f"DATE_TRUNC('{grain}'")
    return truncated.replace("metric_time__week", f"metric_time__{grain}")


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time.min) if day else None
