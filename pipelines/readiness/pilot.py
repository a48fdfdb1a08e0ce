"""Items about the pilot itself: enough people, a holdout, figures that can be read (R220, R221)."""

import polars as pl

from experiments.metrics import list_metrics, read_metrics
from pipelines.readiness.checklist import Detail, Found, Rule, found_by, not_checked
from pipelines.readiness.permission import clean
from pipelines.readiness.world import World

SUCCESS = {
    "first_response_minutes": "first response time",
    "positive_intent_rate": "positive intent rate",
    "meetings_set": "meetings set",
    "compliance_pass_rate": "compliance pass rate",
}
"""What a pilot is judged by (R221), by the names of the semantic layer."""


def size(world: World, rule: Rule) -> Found:
    """People with clean consent and an active owner."""
    if world.eligibility is None:
        return not_checked(world.why_no_batch or "nobody was sorted into the segments yet")
    people = clean(world).filter(pl.col("owner_active").fill_null(value=False)).height
    inside = world.eligibility.filter(pl.col("segment").is_not_null())
    lost = inside.filter(~pl.col("eligible")).get_column("reason").value_counts(sort=True)
    details = [Detail("in the segments", f"{inside.height:,} people")]
    details += [Detail(str(why).replace("_", " "), f"{n:,} people") for why, n in lost.iter_rows()]
    figure = f"{people:,} people"
    if rule.most and people > rule.most:
        figure += f", of whom a pilot takes {rule.limit:.0f} to {rule.most:.0f}"
    return found_by(people >= rule.limit, figure, tuple(details))


def holdout(world: World, rule: Rule) -> Found:
    """The share that the agent never writes to."""
    spec = world.spec
    share = dict(spec.arms).get(spec.control, 0.0)
    return found_by(share >= rule.limit, f"{spec.id}@{spec.version}: {spec.control} {share:.0%}")


def success(world: World, rule: Rule) -> Found:
    """The four figures of R221: defined, and read where there is a warehouse."""
    known = {definition.name for definition in list_metrics()}
    values: dict[str, str] = {}
    warehouse = world.settings.paths.warehouse
    if warehouse.exists():
        readings = read_metrics([n for n in SUCCESS if n in known], warehouse=warehouse)
        values = {
            one.metric: f"{one.value:,.4g}" if one.value is not None else one.reason
            for one in readings
        }
    details = tuple(
        Detail(
            f"{words} ({name})",
            values.get(name, "defined, nothing measured yet") if name in known else "not defined",
            is_gap=name not in known,
        )
        for name, words in SUCCESS.items()
    )
    count = len(known & SUCCESS.keys())
    return found_by(
        count == len(SUCCESS), f"{count} of {len(SUCCESS)} figures are defined", details
    )
