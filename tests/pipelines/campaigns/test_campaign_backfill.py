"""`parley campaign backfill`: days that were missed, each once, and nothing sent twice."""

from datetime import UTC, datetime

import polars as pl
import pytest
from typer.testing import CliRunner

from agent_runtime.settings import Settings
from agent_runtime.status import read_status
from pipelines.campaigns.cli import app
from pipelines.errors import PipelineError
from pipelines.lake import Lake

DAYS = ("--from", "2026-01-12", "--to", "2026-01-13")


@pytest.fixture
def parley(paths, tmp_path, monkeypatch):
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "dagster"))
    monkeypatch.setenv("PARLEY_WORKSPACE", str(paths.root))
    (tmp_path / "dagster").mkdir()

    def run(*words):
        done = CliRunner().invoke(app, [*words, "-w", str(paths.root)])
        if isinstance(done.exception, PipelineError):
            return f"REFUSED {done.exception}"
        assert done.exit_code == 0, done.exception
        return done.stdout

    return run


def test_days_are_made_up_for_once_and_never_sent_twice(parley, paths, write_campaign):
    """R52: a run that is repeated adds nothing, and no touch lies in the past."""
    write_campaign(budget={})
    backfill = ("backfill", "prospecting", *DAYS)
    assert "nobody has approved it" in parley(*backfill)
    assert not Lake(paths).tasks.exists()

    parley("approve", "prospecting", "--by", "Ada Roe")
    began = datetime.now(UTC)
    said = parley(*backfill)
    first = pl.read_parquet(Lake(paths).tasks)
    assert "prospecting on 2026-01-12: 6 touches of 2 people are new in the queue" in said
    assert "prospecting on 2026-01-13: 0 touches of 0 people are new in the queue" in said
    assert first.select("person_id", "touch").is_unique().all()
    assert first.filter(pl.col("not_before") < began).is_empty()

    again = parley(*backfill)
    assert again.count("0 touches of 0 people are new in the queue") == 2
    assert pl.read_parquet(Lake(paths).tasks).equals(first)

    (held,) = read_status(Settings(workspace=paths.root, tenant_id="northbeam")).held
    assert "`parley campaign promote prospecting --by NAME` releases them" in held

    told = parley(*backfill, "--dry-run")
    assert "2026-01-12  was run: 6 touches stand, and none of them is queued again" in told
    assert "0 of them missed" in told


def test_a_dry_run_says_which_days_it_would_do_and_does_none(parley, paths, write_campaign):
    write_campaign()

    told = parley(
        "backfill", "prospecting", "--from", "2026-01-09", "--to", "2026-01-13", "--dry-run"
    )

    assert [line[:10] for line in told.splitlines() if "was missed" in line] == [
        "2026-01-09",
        "2026-01-12",
        "2026-01-13",
    ], "its timetable leaves the weekend out"
    assert "It would not run now: campaign prospecting: its hash is" in told
    assert not Lake(paths).tasks.exists()


@pytest.mark.parametrize(
    ("first", "last", "says"),
    [
        ("2026-01-10", "2026-01-11", "the timetable of prospecting has no day there"),
        ("2026-01-13", "2026-01-12", "the timetable of prospecting has no day there"),
        ("2025-12-30", "2026-01-12", "campaigns have no day before 2026-01-01"),
        ("2026-01-12", "2199-01-12", "2199-01-12 lies ahead"),
    ],
)
def test_days_that_cannot_be_are_one_sentence(parley, write_campaign, first, last, says):
    write_campaign()
    assert says in parley("backfill", "prospecting", "--from", first, "--to", last)


def test_what_is_held_why_and_what_releases_it_is_said_where_one_looks(parley, write_campaign):
    """R85."""
    write_campaign()
    held = "prospecting: touches and answers to real addresses are held, since it is in its sandbox"
    assert held in parley("list")
    shown = parley("show", "prospecting")
    assert held in shown
    assert "`parley campaign promote prospecting --by NAME` releases them" in shown
    more = ("--by", "Ada Roe", "--override", "--reason", "a test")
    parley("promote", "prospecting", *more)
    assert "are held" not in parley("list")
    assert "held         nothing" in parley("show", "prospecting")
