"""The empty database of MLflow, made once: its migrations take seconds each time, a copy none."""

import os
import shutil
import warnings
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "dbt" / "target" / "mlflow"
"""Where the empty database of the installed MLflow is kept; safe to delete."""


def put_empty_database(database: Path, *, folder: Path = FOLDER) -> None:
    """Puts MLflow's tables where a database is to be; leaves one alone that is there.

    Where nothing can be kept, MLflow makes the tables by itself.
    """
    if database.exists():
        return
    with suppress(OSError, ImportError):
        empty = keep_empty_database(folder)
        draft = database.with_name(f"{database.name}.{os.getpid()}")
        shutil.copyfile(empty, draft)
        try:
            os.link(draft, database)  # fails where another process was first, and that one stays
        finally:
            draft.unlink()


def keep_empty_database(folder: Path = FOLDER) -> Path:
    """Returns the kept database of the installed MLflow, made where there is none."""
    path = folder / f"{version('mlflow')}.db"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}")
        _make_tables(draft)
        draft.replace(path)
    return path


def _make_tables(path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        from mlflow.store.db.utils import _initialize_tables, create_sqlalchemy_engine

        engine = create_sqlalchemy_engine(f"sqlite:///{path}")
        _initialize_tables(engine)
        engine.dispose()
