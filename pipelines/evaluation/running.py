"""Puts every unit before a version, and goes on where an interrupted run ended."""

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict
from pathlib import Path

from agent_runtime.dialogue import Mind, read_alone
from experiments.evaluation.cases import Case, case_of
from pipelines.errors import PipelineError
from pipelines.evaluation.scoring import cases_of
from pipelines.evaluation.setup import AT_ONCE, Setup
from pipelines.evaluation.suite import START, Unit, units_hash

WARMING = "inbound_response"
_FAILURES_IN_A_ROW = 12
"""After so many questions without an answer the server is taken to be gone."""
_AWAY = frozenset({"unreachable", "breaker_open"})
"""Failures of a server that is not there; whatever else it says is measured."""


def partial_file(folder: Path, setup: Setup, units: Sequence[Unit]) -> Path:
    """Returns where the finished units of one version on one set of units are kept."""
    return folder / f"{setup.identity}-{units_hash(units)}.jsonl"


def finished_in(path: Path) -> dict[str, tuple[Case, ...]]:
    """Returns the units of an interrupted run; a line that was cut off is not among them."""
    found: dict[str, tuple[Case, ...]] = {}
    for line in path.read_text("utf-8").split("\n")[:-1] if path.exists() else ():
        row = json.loads(line)
        found[row["unit"]] = tuple(map(case_of, row["cases"]))
    return found


def run(
    setup: Setup,
    units: Sequence[Unit],
    *,
    folder: Path,
    advance: Callable[[int], None] = lambda _: None,
) -> tuple[Case, ...]:
    """Returns the cases of all units, those that an interrupted run has finished among them.

    Args:
        setup: The version.
        units: What is put before it.
        folder: Where finished units are kept; the file goes once the run is registered.
        advance: Told how many units are finished, each time that there are more.

    Raises:
        PipelineError: the language model does not answer; what is finished is kept.
    """
    path = partial_file(folder, setup, units)
    done = finished_in(path)
    _mend(path, done)
    advance(len(done))
    waiting = [unit for unit in units if unit.id not in done]
    if waiting:
        _warm(setup.mind)
    with path.open("a", encoding="utf-8") as kept:
        failures = 0
        for unit, cases in _each(waiting, setup):
            asked = [case for case in cases if case.asked]
            is_there = any(case.failure not in _AWAY for case in asked)
            failures = 0 if is_there else failures + len(asked)
            if failures >= _FAILURES_IN_A_ROW:
                raise PipelineError(
                    f"the language model {setup.parts['model']} is unreachable; {len(done)} of "
                    f"{len(units)} are finished and kept, run the same command once it answers."
                )
            done[unit.id] = cases
            rows = [asdict(case) for case in cases]
            kept.write(json.dumps({"unit": unit.id, "cases": rows}, ensure_ascii=False) + "\n")
            kept.flush()
            advance(len(done))
    return tuple(case for unit in units for case in done[unit.id])


def _warm(mind: Mind) -> None:
    """Loads models and opens the connection, so that no case waits for that."""
    given, _ = read_alone("Thanks, bye.", "en", mind, now=START, playbook=WARMING)
    given.model.understand("Thanks, bye.", "en")


def _mend(path: Path, done: dict[str, tuple[Case, ...]]) -> None:
    """Writes the file anew, so that nothing is added to a line that was cut off."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    with draft.open("w", encoding="utf-8") as file:
        for name, cases in done.items():
            rows = [asdict(case) for case in cases]
            file.write(json.dumps({"unit": name, "cases": rows}, ensure_ascii=False) + "\n")
    draft.replace(path)


def _each(units: Sequence[Unit], setup: Setup) -> Iterator[tuple[Unit, tuple[Case, ...]]]:
    """Yields units with their cases; a server is asked several things at once."""
    if setup.mind.oracle is None:
        for unit in units:
            yield unit, cases_of(unit, setup.mind)
        return
    with ThreadPoolExecutor(AT_ONCE) as pool:
        pending = {pool.submit(cases_of, unit, setup.mind): unit for unit in units}
        try:
            for future in as_completed(pending):
                yield pending[future], future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
