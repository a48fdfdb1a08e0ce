"""The peeking guard: what is shown while units are still being watched."""

import json
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from trials import drawn_units, trial_spec
from typer.testing import CliRunner

from experiments.analysis import analyze
from experiments.cli import app
from experiments.errors import ExperimentError, UnitsError

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
WINDOW = {"primary": {"metric": "meeting", "window_days": 28}, "assigned_at": "assigned_at"}
HIDDEN = (
    *("mean_arm", "mean_control", "effect", "ci_low", "ci_high", "p_value", "relative"),
    *("relative_ci_low", "relative_ci_high", "total", "total_ci_low", "total_ci_high"),
)


def _units(count=2_000, **changes):
    """One unit assigned every minute."""
    units = drawn_units(1, units=count, base=0.1, effect=0.1)
    times = [START + timedelta(minutes=i) for i in range(count)]
    return units.with_columns(assigned_at=pl.Series(times)).with_columns(**changes)


def _last_close(count=2_000):
    return START + timedelta(days=28, minutes=count - 1)


def test_a_fixed_trial_hides_its_effects_until_the_last_window_closes():
    """R171: the window is fixed before, and counts from assignment."""
    now = _last_close() - timedelta(seconds=1)

    asked = {"secondary": ["revenue_usd"], "money": "revenue_usd"}
    asked |= {"quantiles": {"revenue_usd": [0.5]}, "covariates": ["visits_before"]}
    readout = analyze(_units(), trial_spec(**WINDOW, **asked), now=now)

    assert not set(readout.model_dump()) & {"money", "quantiles", "sensitivity", "balance"}
    for row in readout.metrics:
        assert all(getattr(row, name) is None for name in HIDDEN)
        assert row.n_arm + row.n_control == 2_000
    assert readout.srm.p_value > 0.001
    assert sum(readout.windows.closed.values()) == 1_999
    assert readout.windows.last_closes_at == _last_close()
    assert readout.verdict == (
        "not shown yet: the window of 28 days is still open for 1 of 2,000 units; the last one "
        "closes at 2026-03-31 18:19 UTC, and a fixed trial shows nothing before"
    )


def test_a_fixed_trial_shows_everything_from_the_moment_the_last_window_closes():
    readout = analyze(_units(), trial_spec(**WINDOW), now=_last_close())

    assert readout.verdict.startswith("shown: agent raises meeting")
    without_windows = analyze(_units(), trial_spec())
    assert readout.primary.model_dump() == without_windows.primary.model_dump()


def test_a_sequential_trial_counts_only_units_whose_window_has_closed():
    spec = trial_spec(**WINDOW, analysis={"mode": "sequential"})
    now = _last_close(1_200)

    readout = analyze(_units(), spec, now=now)

    row = readout.primary
    assert row.n_arm + row.n_control == 1_200 == sum(readout.windows.closed.values())
    assert sum(readout.srm.observed.values()) == 2_000
    same = analyze(_units().head(1_200), spec, now=now).primary
    assert (row.ci_low, row.ci_high) == (same.ci_low, same.ci_high)
    assert "800 units are left out, since their window is open" in readout.verdict


@pytest.mark.parametrize("closed", [0, 1])
def test_a_sequential_trial_shows_nothing_before_two_units_of_an_arm_are_through(closed):
    spec = trial_spec(**WINDOW, analysis={"mode": "sequential"})

    readout = analyze(_units(), spec, now=_last_close(closed))

    assert readout.primary.effect is None
    assert "not looked at before" in readout.verdict


def test_a_look_at_an_unknown_time_shows_nothing():
    with pytest.raises(ExperimentError, match="the time of the look is missing"):
        analyze(_units(), trial_spec(**WINDOW))


def test_a_look_at_a_time_without_a_zone_is_refused():
    with pytest.raises(ExperimentError, match="needs a time zone"):
        analyze(_units(), trial_spec(**WINDOW), now=datetime(2026, 5, 1))


@pytest.mark.parametrize(
    "assigned_at",
    [
        pl.lit("2026-03-02T09:00:00Z"),
        pl.lit("2026-03-02 10:00:00+01:00"),
        pl.lit(datetime(2026, 3, 2, 9)),
        pl.lit(date(2026, 3, 2)),
    ],
)
def test_times_of_assignment_are_read_as_people_write_them(assigned_at):
    readout = analyze(_units(assigned_at=assigned_at), trial_spec(**WINDOW), now=START)

    assert readout.windows.last_closes_at.date() == date(2026, 3, 30)


@pytest.mark.parametrize(
    ("assigned_at", "sentence"),
    [
        (pl.lit("soon"), "holds 'soon', but must hold a time"),
        (pl.lit(7), "holds 7, a Int32, but must hold times"),
        (pl.lit(None, pl.String), "is empty in 2000 rows"),
    ],
)
def test_a_time_of_assignment_that_is_none_is_one_sentence(assigned_at, sentence):
    with pytest.raises(UnitsError, match=sentence):
        analyze(_units(assigned_at=assigned_at), trial_spec(**WINDOW), now=START)


def test_a_missing_column_of_assignment_times_is_one_sentence():
    with pytest.raises(UnitsError, match=r"'assigned_at' \(time of assignment\) is missing"):
        analyze(drawn_units(1), trial_spec(**WINDOW), now=START)


@pytest.mark.parametrize(
    ("as_of", "is_hidden"), [("2026-03-20", True), ("2026-05-01T09:00", False)]
)
def test_the_command_takes_the_time_of_the_look(tmp_path, as_of, is_hidden):
    (tmp_path / "spec.yaml").write_text(
        "id: trial\narms: {agent: 0.5, holdout: 0.5}\ncontrol: holdout\n"
        "primary: {metric: meeting, window_days: 28}\nassigned_at: assigned_at\n"
    )
    _units().write_csv(tmp_path / "units.csv")
    files = {name: str(tmp_path / name) for name in ("spec.yaml", "units.csv", "out.json")}

    result = CliRunner().invoke(
        app,
        [
            *("analyze", "--spec", files["spec.yaml"], "--units", files["units.csv"]),
            *("--out", files["out.json"], "--as-of", as_of),
        ],
        catch_exceptions=False,
    )

    content = json.loads((tmp_path / "out.json").read_text())
    assert (content["metrics"][0]["effect"] is None) == is_hidden
    assert ("hidden" in result.output) == is_hidden
