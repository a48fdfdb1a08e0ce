import re
import sqlite3
import warnings
from datetime import UTC, datetime

from experiments.empty_tracking import put_empty_database
from experiments.tracking import log_evaluation, open_client


def tables(database):
    with sqlite3.connect(database) as db:
        made = db.execute("select type, name, sql from sqlite_master order by 1, 2").fetchall()
        # MLflow's migrations write the constraints of a table in another order each time.
        made = [(kind, name, sorted(re.split(r"[,\s()]+", sql or ""))) for kind, name, sql in made]
        return made, db.execute("select version_num from alembic_version").fetchall()


def test_the_kept_database_is_the_one_that_mlflow_makes(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        from mlflow import MlflowClient

        MlflowClient(tracking_uri=f"sqlite:///{tmp_path / 'own.db'}")
    put_empty_database(tmp_path / "copied.db")

    assert tables(tmp_path / "copied.db") == tables(tmp_path / "own.db")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copied.db", "own.db"]


def test_a_database_that_is_there_is_left_alone(tmp_path):
    (tmp_path / "mlflow.db").write_bytes(b"somebody's runs")
    put_empty_database(tmp_path / "mlflow.db")

    assert (tmp_path / "mlflow.db").read_bytes() == b"somebody's runs"


def test_where_nothing_can_be_kept_mlflow_makes_its_tables(tmp_path):
    (tmp_path / "file").write_text("no folder")
    put_empty_database(tmp_path / "mlflow.db", folder=tmp_path / "file")

    assert not (tmp_path / "mlflow.db").exists()


def test_runs_are_kept_in_a_copied_database(tmp_path):
    database, now = tmp_path / "mlflow.db", datetime(2026, 1, 12, tzinfo=UTC)
    run_id = log_evaluation(
        "reading",
        {"macro_f1": 0.9},
        {"model": "m-1"},
        [],
        database=database,
        artifacts=tmp_path / "artifacts",
        now=now,
    )
    with open_client(database) as client:
        run = client.get_run(run_id)
        home = client.get_experiment(run.info.experiment_id)

    assert run.data.metrics == {"macro_f1": 0.9}
    assert home.artifact_location == (tmp_path / "artifacts").as_uri()
