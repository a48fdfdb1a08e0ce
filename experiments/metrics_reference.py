"""Writes docs/metrics.md: every definition of the semantic layer, for people who read.

Run it as `python -m experiments.metrics_reference docs/metrics.md`.
"""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from experiments.metrics import list_metrics
from experiments.semantic_layer import MetricDefinition, load_semantic_layer

_HEAD = """# Metrics

Every figure is defined once, in dbt's semantic layer beside the marts (`dbt/models`), and read from
there by everybody: dashboards, notebooks, MLflow. This page is made from it by
`python -m experiments.metrics_reference docs/metrics.md`.

    from pathlib import Path
    from experiments.metrics import read_metric

    read_metric("positive_intent_rate", warehouse=Path("out/demo/warehouse.duckdb"),
                grain="week", by=("arm", "language"), where={"playbook": "icp_prospecting"})

Split (`by`) and filter (`where`) by segment, channel, playbook, autonomy and campaign, by arm and
experiment, and by language, country, seniority or lead_stage of the person. `channel` is that of
the thread's first message, `autonomy` what the campaign of its first task allows the agent; no task
is behind a thread that the buyer opened, so it has none. Each metric below says which of the first
four it can be split by; one that cannot be split as asked says by what it can. From a shell it is

    parley metrics query positive_intent_rate --grain week --by arm --where playbook=icp_prospecting

Each reading has a value, its numerator and denominator where it is a ratio, `n`, and where there is
no value the reason: a metric that cannot be computed is null, never zero. Ask at the grain that you
need: a median or a count of unique persons cannot be summed up from days.
"""
SPLITS = ("segment", "channel", "playbook", "autonomy")
"""What a page about a run is filtered by, beside its period."""

_ANSWERS = "## What the guide asks for"
_PARTS = "## What they are made of"


def metrics_reference(definitions: Iterable[MetricDefinition]) -> str:
    """Returns the page in Markdown."""
    definitions = list(definitions)
    asked = [d for d in definitions if d.requirement]
    asked.sort(key=lambda d: (int(d.requirement.lstrip("R")), d.name))
    others = [d for d in definitions if not d.requirement]
    return "\n".join([_HEAD, _ANSWERS, "", *_sections(asked), _PARTS, "", *_table(others), ""])


def main(arguments: Sequence[str]) -> None:
    """Writes the page to the path that is given."""
    Path(arguments[0]).write_text(metrics_reference(list_metrics()), encoding="utf-8")


def _sections(definitions: Iterable[MetricDefinition]) -> Iterable[str]:
    for d in definitions:
        yield f"### {d.label}\n"
        yield f"`{d.name}` ({d.requirement}). {d.description}\n"
        yield f"- Formula: {d.formula}"
        yield f"- Unit: {d.unit}; grain: {d.grain}; owner: {d.owner}"
        if d.guard_rails:
            yield f"- Guard rails: {d.guard_rails}"
        yield f"- Split by {', '.join(_splits(d)) or 'none of the four'}"
        if d.null_when:
            yield f"- Null when {d.null_when}"
        yield ""


def _splits(definition: MetricDefinition) -> list[str]:
    known = load_semantic_layer().dimensions([definition.name])
    return [name for name in SPLITS if name in known]


def _table(definitions: Iterable[MetricDefinition]) -> Iterable[str]:
    yield "| Metric | Means | Formula | Unit | Owner |"
    yield "| --- | --- | --- | --- | --- |"
    for d in definitions:
        means = f"{d.description} {d.reason}".strip()
        yield f"| `{d.name}` | {means} | {d.formula} | {d.unit} | {d.owner} |"


if __name__ == "__main__":
    main(sys.argv[1:])
