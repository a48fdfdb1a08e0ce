"""Whether the analysis can be believed: many trials of a known truth, through the same code."""

import math
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Literal, NamedTuple

import numpy as np

from experiments.errors import ExperimentError
from experiments.simulated_looks import looks
from experiments.simulated_trials import Design
from experiments.statistics.estimate import Estimate

Mode = Literal["fixed", "sequential", "naive"]
"""fixed: one look at the end; sequential: a sequence at every look; naive: the fixed interval at
every look, which is what must not be done."""

_RUNS_AT_ONCE = 20


class Figure(NamedTuple):
    """A figure with its Monte Carlo standard error."""

    value: float
    mc_se: float


@dataclass(frozen=True, slots=True)
class Simulation:
    """What many trials of one design showed.

    Attributes:
        runs: Trials drawn.
        false_positive_rate: Trials that ever excluded zero; None where an effect was planted.
        coverage: Trials whose interval held the truth, at every look; None where there was none.
        power: Trials that ever excluded zero; None where no effect was planted.
        bias: Mean of the estimate at the last look, less the truth.
    """

    runs: int
    false_positive_rate: Figure | None
    coverage: Figure | None
    power: Figure | None
    bias: Figure


@dataclass(frozen=True, slots=True)
class Trial:
    """One trial: whether it ever excluded zero, always held the truth, and where it ended."""

    excluded_zero: bool
    held_truth: bool
    effect: float


def simulate(
    design: Design,
    *,
    mode: Mode,
    runs: int,
    peeks: int,
    seed: int = 1,
    processes: int = 1,
    on_done: Callable[[int], None] = lambda _: None,
) -> Simulation:
    """Returns how often trials of a known truth say what is not so.

    Args:
        design: What is drawn, with the planted effect.
        mode: How it is looked at.
        runs: Number of trials.
        peeks: Looks at each, evenly spread over its units; a fixed trial has one.
        seed: The same seed draws the same trials, however many processes there are.
        processes: Processes that draw.
        on_done: Told the number of trials just done.

    Raises:
        ExperimentError: A number that no simulation can have.
    """
    for name, number, least in (
        ("runs", runs, 2),
        ("peeks", peeks, 1),
        ("processes", processes, 1),
    ):
        if number < least:
            raise ExperimentError(f"{name} is {number}, but must be at least {least}")
    trials: list[Trial] = []
    for chunk in _chunks(design, mode, runs, 1 if mode == "fixed" else peeks, seed, processes):
        trials += chunk
        on_done(len(chunk))
    ends = np.array([trial.effect for trial in trials]) - design.effect
    excluded = _share([trial.excluded_zero for trial in trials])
    is_null = design.effect == 0
    return Simulation(
        runs=runs,
        false_positive_rate=excluded if is_null else None,
        coverage=None if is_null else _share([trial.held_truth for trial in trials]),
        power=None if is_null else excluded,
        bias=Figure(float(ends.mean()), float(ends.std(ddof=1)) / math.sqrt(runs)),
    )


def run_trial(design: Design, mode: Mode, peeks: int, seed: tuple[int, int]) -> Trial:
    """Draws one trial and looks at it until nothing more can be learnt from looking."""
    excluded, held, is_null = False, True, design.effect == 0
    *early, last = looks(design, "sequential" if mode == "sequential" else "fixed", peeks, seed)
    for look in (*early, last):
        estimate = look()
        excluded |= _excludes(estimate, 0.0)
        held &= not _excludes(estimate, design.effect)
        if excluded and (is_null or not held):
            break
    return Trial(excluded, held, last().effect)


def _excludes(estimate: Estimate, truth: float) -> bool:
    return estimate.ci is not None and not estimate.ci.low <= truth <= estimate.ci.high


def _share(trials: list[bool]) -> Figure:
    share = sum(trials) / len(trials)
    return Figure(share, math.sqrt(share * (1 - share) / len(trials)))


def _chunks(
    design: Design, mode: Mode, runs: int, peeks: int, seed: int, processes: int
) -> Iterator[list[Trial]]:
    spans = [range(s, min(s + _RUNS_AT_ONCE, runs)) for s in range(0, runs, _RUNS_AT_ONCE)]
    if processes == 1:
        for span in spans:
            yield _run_span(design, mode, peeks, seed, span)
        return
    # A spawned process shares no lock with threads of this one.
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        waiting = [pool.submit(_run_span, design, mode, peeks, seed, span) for span in spans]
        for done in as_completed(waiting):
            yield done.result()


def _run_span(design: Design, mode: Mode, peeks: int, seed: int, span: range) -> list[Trial]:
    return [run_trial(design, mode, peeks, (seed, run)) for run in span]
