"""What happens when a batch fails, is late or meets an outage; the page that says what to do."""

import re
import shlex
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from sqlalchemy.exc import OperationalError

from agent_runtime import batch_journal
from agent_runtime.clock import write_now
from agent_runtime.settings import Settings, Workspace
from agent_runtime.status import read_status
from agent_runtime.store.engine import open_engine
from agent_runtime.store.sql import SqlStore
from pipelines import cli, watching
from pipelines.defs.outreach import runtime_imports
from pipelines.errors import PipelineError
from pipelines.outages import again_after_outage
from pipelines.pools import STORE, WAREHOUSE
from pipelines.resources import WorkspaceResource

NOW = datetime(2026, 3, 4, 3, 10, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "at-three-in-the-morning.md"
SAID = [*re.findall(r"`((?:parley|dagster) [^`]+)`", PAGE.read_text("utf-8"))]
SAID += re.findall(r"^ {4}(parley .+)$", PAGE.read_text("utf-8"), re.MULTILINE)
OURS = sorted({said for said in SAID if said.startswith("parley")})


@pytest.fixture
def workspace(tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path}/runtime.db")
    write_now(engine, NOW)
    engine.dispose()
    return Workspace(tmp_path)


@pytest.fixture
def store(workspace):
    engine = open_engine(f"sqlite:///{workspace.store}")
    yield SqlStore(engine, "northbeam")
    engine.dispose()


def status(workspace, now=NOW):
    return read_status(Settings(workspace=workspace.root), real_now=now).as_text()


def notices(store):
    with store.begin() as tx:
        return {task.assignee: task for task in tx.open_human_tasks()}


@dg.asset(key=["crm", "suppressions"])
def suppressions(): ...


@dg.asset(deps=[suppressions])
def broken():
    raise PipelineError("f.csv: line 3 has byte 0xff, which is not UTF-8.")


def failed_run(instance, workspace):
    """Runs a job that fails, and does what the sensors do."""
    job = dg.Definitions(
        [suppressions, broken], jobs=[dg.define_asset_job("daily_batch", "*")]
    ).resolve_job_def("daily_batch")
    result = job.execute_in_process(instance=instance, raise_on_error=False)
    run = instance.get_run_by_id(result.run_id)
    watching.note_start(workspace, run, now=NOW)
    why = "f.csv: line 3 has byte 0xff"
    return run, watching.note_end(workspace, instance, run, now=NOW, why=why), why


def test_a_failed_run_is_told_once_to_operations_and_stands_in_the_status(workspace, store):
    (workspace.root / "routing.yaml").write_text(
        "version: 1\npeople:\n  - {name: Ada, email: ada@ours.example, roles: [operations]}\n"
        "routes:\n  owner: {by: [task], answer_within_minutes: 9}\n"
        "  operations: {by: [mail], answer_within_minutes: 9}\n"
    )
    with dg.DagsterInstance.ephemeral() as instance:
        run, failed, why = failed_run(instance, workspace)

    assert failed == "broken"
    assert watching.tell_failure(workspace, store, run, failed, why, now=NOW) == (
        "ada@ours.example",
    )
    assert watching.tell_failure(workspace, store, run, failed, why, now=NOW) == ()
    assert notices(store)["ada@ours.example"].reason == "batch daily_batch failed in broken"
    assert f"daily_batch FAILED 2026-03-04 03:10 UTC in broken: {why}" in status(workspace)


def test_what_a_run_made_is_late_a_day_later_and_told_once(workspace, store):
    with dg.DagsterInstance.ephemeral() as instance:
        failed_run(instance, workspace)
    in_time, too_late = NOW + timedelta(hours=25), NOW + timedelta(hours=27)

    assert watching.tell_stale(workspace, store, now=in_time) == {}
    assert "STALE" not in status(workspace, in_time)
    assert list(watching.tell_stale(workspace, store, now=too_late)) == ["crm/suppressions"]
    assert "STALE       crm/suppressions: made 27 h ago" in status(workspace, too_late)
    watching.tell_stale(workspace, store, now=too_late + timedelta(minutes=10))
    assert [task.text.split("\n")[0] for task in notices(store).values()] == ["crm/suppressions"]


def test_a_batch_that_is_done_says_when(workspace):
    batch_journal.begin(workspace, "daily_batch", now=NOW)
    assert "last batch  daily_batch runs since 2026-03-04 03:10 UTC" in status(workspace)

    batch_journal.end(workspace, now=NOW + timedelta(minutes=2))

    assert "last batch  daily_batch done 2026-03-04 03:12 UTC" in status(workspace)


def test_runs_are_forgotten_after_thirty_days():
    real = datetime.now(UTC)
    with dg.DagsterInstance.ephemeral() as instance:
        dg.materialize([suppressions], instance=instance)

        assert watching.forget_old_runs(instance, now=real + timedelta(days=29)) == 0
        assert watching.forget_old_runs(instance, now=real + timedelta(days=31)) == 1
        assert instance.get_runs_count() == 0


def test_an_outage_is_tried_again_later_and_a_mistake_is_not():
    locked = OperationalError("select 1", {}, Exception("database is locked"))

    def fails(error, attempts=0):
        with again_after_outage(attempts):
            raise error

    waits = []
    for attempts in range(3):
        with pytest.raises(dg.RetryRequested) as asked:
            fails(locked, attempts)
        waits.append(asked.value.seconds_to_wait)
    assert (waits, asked.value.max_retries) == ([20, 60, 180], 3)
    with pytest.raises(PipelineError):
        fails(PipelineError("f.csv: the file is empty."))


def test_an_import_goes_on_when_the_store_is_back(tmp_path, monkeypatch):
    monkeypatch.setattr("pipelines.outages.FIRST_WAIT_S", 0)
    tries = []

    def load(*_):
        tries.append(len(tries))
        if len(tries) < 3:
            raise OperationalError("select 1", {}, Exception("database is locked"))
        return {"touches_new": 0}

    monkeypatch.setattr("agent_runtime.store.importing.load", load)
    done = dg.materialize(
        [runtime_imports],
        resources={
            "workspace": WorkspaceResource(root=str(tmp_path), tenant_id="t", now=NOW.isoformat())
        },
    )

    assert done.success
    assert tries == [0, 1, 2]


def test_one_step_at_a_time_writes_the_warehouse_and_the_store():
    from pipelines.defs.traces import trace_export
    from pipelines.defs.warehouse import warehouse

    assert runtime_imports.op.pool == trace_export.op.pool == STORE
    assert warehouse.op.pool == WAREHOUSE


def test_the_instance_lets_one_step_into_each_pool(tmp_path, monkeypatch):
    shutil.copy(ROOT / "dagster.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        pools = instance.get_concurrency_config().pool_config
        assert pools.default_pool_limit == 1
        assert pools.pool_granularity.value == "op"
        assert instance.run_retries_enabled
        assert instance.run_monitoring_enabled


def test_the_page_names_the_daily_batch_as_dagster_starts_it():
    from pipelines.defs.sources import batch_job

    theirs = [shlex.split(said) for said in SAID if said.startswith("dagster job execute")]
    assert theirs[0][theirs[0].index("-j") + 1] == batch_job.name
    assert batch_job.tags["dagster/max_retries"] == "2"


@pytest.mark.parametrize("said", OURS)
def test_each_command_of_the_page_works(said, workspace, monkeypatch, capfd):
    monkeypatch.setenv("PARLEY_WORKSPACE", str(workspace.root))
    monkeypatch.setattr("sys.argv", shlex.split(said))
    with pytest.raises(SystemExit) as ended:
        cli.main()

    out, err = capfd.readouterr()
    # The doctor says 1 where something of this machine is to be mended.
    assert ended.value.code in ((0, 1, None) if said == "parley doctor" else (0, None)), err
    assert "parley: " not in err
    assert out or said in {"parley stop-rules log"}


@pytest.mark.parametrize(
    "said", ["dagster run list --limit 5", "dagster instance concurrency get --all"]
)
def test_each_command_to_dagster_of_the_page_works(said, tmp_path, monkeypatch):
    from click.testing import CliRunner
    from dagster._cli import cli as dagster_cli

    assert said in SAID
    shutil.copy(ROOT / "dagster.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))

    answer = CliRunner().invoke(dagster_cli, shlex.split(said)[1:])

    assert answer.exit_code == 0, answer.output
