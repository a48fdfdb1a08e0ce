"""Finds and reads what was published in a workspace; each file is read once until it changes."""

import json
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from agent_runtime.errors import ParleyError
from agent_runtime.readouts.board import Board
from agent_runtime.readouts.experiment import Decision, Experiment, Registered
from agent_runtime.settings import Workspace

Read = TypeVar("Read", Board, Experiment)


class ReadoutError(ParleyError):
    """What was published cannot be read."""


def board_file(workspace: Workspace, name: str) -> Path:
    """Returns where a dashboard is published."""
    return workspace.root / "dashboards" / f"{name}.json"


def experiment_file(workspace: Workspace, experiment_id: str) -> Path:
    """Returns where the answer of an experiment is published."""
    return workspace.root / "experiments" / f"{experiment_id}.json"


def read_board(workspace: Workspace, name: str) -> Board | None:
    """Returns a dashboard; None where none was published.

    Raises:
        ReadoutError: the file is none of this version.
    """
    return _read(board_file(workspace, name), _board)


def read_experiments(workspace: Workspace) -> tuple[Experiment, ...]:
    """Returns the answers of all experiments that were read out, by their names.

    Raises:
        ReadoutError: a file is none of this version.
    """
    files = sorted((workspace.root / "experiments").glob("*.json"))
    return tuple(one for file in files if (one := _read(file, _experiment)))


def read_registered(workspace: Workspace) -> tuple[Registered, ...]:
    """Returns the newest registration of each experiment, by their names; a log is not verified."""
    found = {line["spec_id"]: Registered.of(line) for line in _lines(workspace.registry)}
    return tuple(found[name] for name in sorted(found))


def read_decisions(workspace: Workspace) -> tuple[Decision, ...]:
    """Returns what was decided about campaigns and their experiments, the oldest first."""
    return tuple(Decision.of(line) for line in _lines(workspace.root / "decisions.jsonl"))


def _lines(path: Path) -> list[dict[str, Any]]:
    """The whole lines of a log; the last is left out while it is being written."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    try:
        return [json.loads(line) for line in text.split("\n")[:-1] if line]
    except ValueError:
        raise ReadoutError(f"{path.name}: a line is no JSON; restore the log.") from None


def _read(path: Path, parse: Callable[[Path, int], Read]) -> Read | None:
    try:
        changed = path.stat().st_mtime_ns
    except FileNotFoundError:
        return None
    try:
        return parse(path, changed)
    except (ValidationError, UnicodeDecodeError):
        raise ReadoutError(
            f"{path.name}: was published by another version; publish it again with "
            "`parley dashboard build --keep`, or with the next batch."
        ) from None


@lru_cache(maxsize=16)
def _board(path: Path, changed: int) -> Board:
    return Board.model_validate_json(path.read_bytes())


@lru_cache(maxsize=64)
def _experiment(path: Path, changed: int) -> Experiment:
    return Experiment.model_validate_json(path.read_bytes())
