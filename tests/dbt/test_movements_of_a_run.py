"""What changed in the small campaign: unit values, the published file and the command."""

import shutil
from datetime import date, timedelta

import dagster as dg
import duckdb
import polars as pl
import pytest

from agent_runtime.settings import Workspace
from experiments.errors import ExperimentError
from experiments.metric_tables import metric_table
from experiments.metrics import read_metric, read_metrics
from experiments.movements.compared import what_changed
from experiments.movements.document import Changes
from experiments.movements.periods import Days
from experiments.movements.rules import Rules, load_rules
from experiments.movements.units import read_unit_values
from experiments.semantic_layer import load_semantic_layer
from pipelines import cli
from pipelines.costs.publish import publish_cost_at_volume
from pipelines.defs import readouts
from pipelines.metric_changes import print_changes
from pipelines.readouts.movements import movements_path
from pipelines.resources import BatchResource, WorkspaceResource

WEEK = Days(date(2026, 1, 13), date(2026, 1, 26))


@pytest.fixture(scope="module")
def changes(built):
    """What the assets publish."""
    result = dg.materialize(
        [readouts.movements, readouts.costs_at_volume],
        resources={
            "workspace": WorkspaceResource(root=str(built.root), tenant_id="northbeam"),
            "batch": BatchResource(),
        },
    )
    assert result.success
    return Changes.model_validate_json(movements_path(built).read_text())


@pytest.fixture
def ask(monkeypatch, capfd):
    """Returns a function that runs `parley metrics changes`."""

    def run(*words):
        monkeypatch.setattr("sys.argv", ["parley", "metrics", "changes", *words])
        monkeypatch.setenv("COLUMNS", "160")
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return int(ended.value.code or 0), *capfd.readouterr()

    return run


def test_units_add_up_to_the_metric_that_everybody_sees(built):
    """R182: the interval is made of the same definition as the value."""
    layer, rules = load_semantic_layer(), load_rules()
    names = [n for n, w in rules.metrics.items() if layer.definition(n).level is None]
    for unit in {rules.metrics[name].unit for name in names}:
        definitions = [layer.definition(n) for n in names if rules.metrics[n].unit == unit]
        values = read_unit_values(
            definitions, unit=unit, warehouse=built.warehouse, days=WEEK, by=()
        )
        readings = read_metrics(
            [d.name for d in definitions],
            warehouse=built.warehouse,
            since=WEEK.since,
            until=WEEK.until,
        )
        for reading, definition in zip(readings, definitions, strict=True):
            if not reading.value:
                continue
            found = values[reading.metric, ()]
            top = sum(found.numerators) + found.fixed
            total = top if definition.is_count else top / sum(found.denominators)
            assert total == pytest.approx(reading.value), reading.metric


def test_persons_of_one_account_are_one_cluster(built):
    definition = load_semantic_layer().definition("coverage_rate")
    values = read_unit_values(
        [definition], unit="person", warehouse=built.warehouse, days=WEEK, by=()
    )
    found = values["coverage_rate", ()]
    assert len(set(found.clusters)) < len(found.clusters) / 2
    assert all(name.startswith("account ") for name in found.clusters)


def test_every_watched_metric_is_told_with_its_interval_or_why_not(changes):
    """R183, R184, R185, R186: what cannot be told says so."""
    assert {m.metric for m in changes.movements} == set(load_rules().metrics)
    for movement in changes.movements:
        assert movement.reason or movement.state != "cannot tell", movement
        if movement.ci_low is not None:
            assert movement.ci_low <= movement.change <= movement.ci_high
    assert any(m.ci_low is not None for m in changes.movements)
    assert bool(changes.quiet) != bool(changes.findings)


def test_both_periods_stand_side_by_side_and_end_with_the_run(changes, built):
    days = read_metric("program_costs", warehouse=built.warehouse, grain="day")
    assert changes.period.before[1] + timedelta(days=1) == changes.period.after[0]
    assert changes.period.after[1] == max(r.period for r in days if r.n)


def test_the_month_at_more_volume_is_published_beside_it(changes, built):
    """R166, R213: at 1, 2, 5 and 10 times the run's conversations."""
    found = pl.read_parquet(built.metrics / "cost_at_volume.parquet")
    [conversations] = read_metric("conversations", warehouse=built.warehouse)
    days = read_metric("program_costs", warehouse=built.warehouse, grain="day")
    month = round(conversations.value * 30 / sum(bool(r.n) for r in days))
    assert found["conversations"].to_list() == [month * m for m in found["multiple"]]
    assert found["per_conversation_usd"].is_sorted(descending=True)
    assert found["marginal_usd"].null_count() == 0


def test_before_anybody_answers_no_month_is_published(built, tmp_path):
    bare = Workspace(tmp_path)
    shutil.copyfile(built.warehouse, bare.warehouse)
    with duckdb.connect(str(bare.warehouse)) as connection:
        connection.execute("update fct_messages set is_reply = false")
    assert pl.read_parquet(publish_cost_at_volume(bare, tenant="northbeam")).is_empty()


def test_values_of_the_periods_are_those_of_the_metric_command(changes, built):
    """R182: one value for everybody."""
    movement = next(m for m in changes.movements if m.metric == "meetings_set")
    since, until = movement.after_days
    [reading] = read_metric("meetings_set", warehouse=built.warehouse, since=since, until=until)
    assert (movement.after, movement.n_after) == (reading.value, reading.n)


def test_a_split_compares_each_group_and_all_of_them_together(built):
    watched = {"conversation_depth": load_rules().metrics["conversation_depth"]}
    rules = Rules(metrics=watched, rules=())
    by_segment = what_changed(built.warehouse, by=("segment",), rules=rules)
    assert {m.keys["segment"] for m in by_segment.movements} >= {"enterprise", "mid_market"}


def test_a_run_that_is_too_short_says_so_and_compares_nothing(built):
    found = what_changed(built.warehouse, until=date(2026, 1, 15))
    assert (found.period, found.movements, found.findings) == (None, (), ())
    assert "the run has 3 days" in found.quiet


def test_questions_that_differ_in_days_only_are_each_answered_for_their_days(built):
    """Statements are planned once for all days."""
    daily = read_metric("messages_sent", warehouse=built.warehouse, grain="day")
    for since, until in ((WEEK.since, WEEK.until), (WEEK.until, WEEK.until)):
        whole = {"warehouse": built.warehouse, "since": since, "until": until}
        [reading] = read_metric("messages_sent", **whole)
        by_day = read_metric("messages_sent", grain="day", **whole)
        inside = [r.value for r in daily if since <= r.period <= until]
        assert reading.value == sum(inside) == sum(r.value for r in by_day)


def test_a_table_of_metrics_has_a_row_a_unit(built):
    names = ["conversations", "engaged_turns"]
    table = metric_table(names, warehouse=built.warehouse, by=["person"])
    assert table.columns == ["person", *names]
    [reading] = read_metric("conversations", warehouse=built.warehouse)
    assert table["conversations"].sum() == reading.value
    assert table["person"].is_unique().all()
    with pytest.raises(ExperimentError, match="did you mean 'conversations'"):
        metric_table(["conversation"], warehouse=built.warehouse, by=["person"])


def test_the_command_gives_all_as_json(ask, built, changes):
    code, out, _ = ask("-w", str(built.root), "--json")
    assert code == 0
    assert Changes.model_validate_json(out) == changes


def test_in_words_it_says_what_moved_how_sure_and_what_it_cannot_show(capsys, changes):
    print_changes(changes)
    out = " ".join(capsys.readouterr().out.split())
    assert " ".join(changes.quiet.split()) in out
    assert "cannot tell" in out
    assert "only an experiment with a holdout says what the agent caused" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--by", "segmen"), "did you mean 'segment'"),
        (("--until", "2031-01-01"), "choose a day in it"),
    ],
)
def test_a_mistake_is_one_sentence(words, said, ask, built):
    code, out, err = ask(*words, "-w", str(built.root))
    assert (code, out) == (2, "")
    assert said in " ".join(err.split())
