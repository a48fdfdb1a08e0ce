"""Runs what is too long for `make test`, and goes on where it was interrupted.

Modules `issue_<n>_*.py` beside this file hold `CHECKS: dict[str, Check]`. Each finished case is a
line of `<out>.partial.jsonl`; it counts again as long as neither the code nor the check changed.

Usage: python -m tests.acceptance.runner --issue 2 [--sample] [--only CHECK] [--fresh] [--jobs 2]
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from tests.acceptance.check import Check, Result, Verdict
from tests.acceptance.discovery import Found, discover, load_check
from tests.acceptance.finished import FinishedCases

REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One case after it ran: its result, or the error that ended it."""

    case: str
    result: Result | None
    error: str
    seconds: float


def main(arguments: list[str]) -> int:
    """Returns 0 where every check holds, 1 where one does not, 2 where there is none."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--issue", type=int, required=True)
    parser.add_argument("--sample", action="store_true", help="only each check's sample")
    parser.add_argument("--only", default="", help="the one check of this name")
    parser.add_argument("--fresh", action="store_true", help="forget the cases that finished")
    parser.add_argument("--jobs", type=int, default=1, help="processes (default 1)")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--checks", type=Path, default=Path(__file__).parent, help="folder")
    chosen = parser.parse_args(arguments)
    out = chosen.out or REPOSITORY / f"out/acceptance/issue-{chosen.issue}.json"
    checks = discover(chosen.issue, chosen.checks)
    if not checks:
        sys.stderr.write(f"no module issue_{chosen.issue}_*.py with CHECKS in {chosen.checks}\n")
        return 2
    if chosen.only:
        named = [found for found in checks if found.name == chosen.only]
        if not named:
            known = ", ".join(found.name for found in checks)
            sys.stderr.write(f"no check is named {chosen.only!r}; there are {known}\n")
            return 2
        checks = named
    if chosen.sample:
        # A claim that none of whose cases was run is not judged.
        checks = [found for found in checks if load_check(found.path, found.name).sample]
    finished = FinishedCases(out.with_name(out.name + ".partial.jsonl"), fresh=chosen.fresh)
    started = time.monotonic()
    with Progress(console=Console(stderr=True)) as progress:
        judged = {
            found.name: _run(found, finished, progress, sample=chosen.sample, jobs=chosen.jobs)
            for found in checks
        }
    report = {
        "issue": chosen.issue,
        "is_sample": chosen.sample,
        "passed": all(check["passed"] for check in judged.values()),
        "duration_s": round(time.monotonic() - started, 1),
        "checks": judged,
    }
    out.write_text(json.dumps(report, indent=2) + "\n", "utf-8")
    Console().print(_table(judged))
    return 0 if report["passed"] else 1


def _run(
    found: Found, finished: FinishedCases, progress: Progress, *, sample: bool, jobs: int
) -> dict[str, Any]:
    check = load_check(found.path, found.name)
    cases = check.sample if sample else check.cases
    results = {case: r for case in cases if (r := finished.result(found, case)) is not None}
    waiting = [case for case in cases if case not in results]
    bar = progress.add_task(found.name, total=len(cases), completed=len(results))
    errors: dict[str, str] = {}
    for outcome in _outcomes(found, waiting, jobs):
        if outcome.result is None:
            errors[outcome.case] = outcome.error
        else:
            finished.add(found, outcome.case, outcome.result, outcome.seconds)
            results[outcome.case] = outcome.result
        progress.advance(bar)
    verdict = _judge(check, results, errors)
    return asdict(verdict) | {"cases": len(cases), "errors": errors, "results": results}


def _judge(check: Check, results: dict[str, Result], errors: dict[str, str]) -> Verdict:
    if errors:
        case, error = next(iter(errors.items()))
        return Verdict(False, f"{len(errors)} cases failed, {case}: {error}", "every case runs")
    return check.judge(results)


def _outcomes(found: Found, cases: list[str], jobs: int) -> Iterator[Outcome]:
    if jobs == 1:
        for case in cases:
            yield _outcome(found, case)
        return
    # A spawned process loads nothing that a case before it left behind.
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        futures = [pool.submit(_outcome, found, case) for case in cases]
        for future in as_completed(futures):
            yield future.result()


def _outcome(found: Found, case: str) -> Outcome:
    started = time.monotonic()
    try:
        result, error = load_check(found.path, found.name).run(case), ""
    except Exception as failure:
        result, error = None, f"{type(failure).__name__}: {failure}"
    return Outcome(case, result, error, round(time.monotonic() - started, 2))


def _table(judged: dict[str, dict[str, Any]]) -> Table:
    table = Table("check", "holds", "figure", "bound", "cases")
    for name, check in judged.items():
        holds = "yes" if check["passed"] else "NO"
        table.add_row(name, holds, str(check["figure"]), str(check["bound"]), str(check["cases"]))
    return table


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
