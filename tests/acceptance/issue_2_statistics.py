"""The fast path over 200 fixed seeds: is the interval honest, is the test quiet, does it see?"""

import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.acceptance.check import Check, Result, Verdict

SIZE = 1500
SEEDS = [str(seed) for seed in range(1, 201)]
SAMPLE = SEEDS[:3]
BASE_RATE = 0.04
TEXTBOOK_Z = 1.959964


@cache
def _mind():
    from agent_runtime.library.catalog import load_library
    from agent_runtime.models.embedded import load_embedded_model

    return load_library(), load_embedded_model()


def _play_both(seed: str) -> Result:
    """Plays one company without an effect, and with one of three standard errors."""
    from agent_runtime.sandbox.company import write_company
    from agent_runtime.sandbox.world import LAUNCH_AT
    from agent_runtime.settings import Workspace
    from pipelines.ingest import run_batch

    with TemporaryDirectory() as folder:
        paths = Workspace(Path(folder))
        write_company(paths.exports, paths.sandbox, int(seed), SIZE)
        arms = run_batch(paths, now=LAUNCH_AT, loads_store=False, has_checks=False).arms
        error = _standard_error(arms["agent"], arms["holdout"], 3)
        effects = {"zero": 0.0, "three_errors": 3 * error}
        return {name: _play(paths, int(seed), effect) for name, effect in effects.items()}


def _play(paths, seed: int, effect: float) -> Result:
    import polars as pl

    from agent_runtime.sandbox.fast import play
    from agent_runtime.sandbox.simulation import Simulation, read_people
    from agent_runtime.sandbox.truth import Params, planted
    from agent_runtime.sandbox.world import LAUNCH_AT
    from experiments.analysis import analyze
    from experiments.spec import SHIPPED_SPECS, load_spec

    library, model = _mind()
    simulation = Simulation(
        Params(seed=seed, planted_effect=effect, base_rate=BASE_RATE), LAUNCH_AT
    )
    store = play(paths, simulation, tenant_id="northbeam", library=library, model=model)
    met = {m.person_id for m in store.meetings.values() if m.state == "CONFIRMED"}
    stopped = {p for p, why in store.suppressions().items() if why == "opt_out"}
    assigned = pl.read_parquet(paths.lake / "assignments.parquet")
    units = assigned.select(
        "unit_id",
        "arm",
        pl.col("person_id").is_in(met).cast(pl.Int64).alias("meeting"),
        pl.col("person_id").is_in(stopped).cast(pl.Int64).alias("unsubscribed"),
        *(pl.lit(None, pl.Float64).alias(name) for name in ("pipeline_usd", "revenue_usd")),
    )
    found = next(
        m
        for m in analyze(units, load_spec(SHIPPED_SPECS / "icp-prospecting.yaml")).metrics
        if m.metric == "meeting"
    )
    addresses = {store.contact_of(person).email for person in assigned["person_id"]}
    truth = planted((p for p in read_people(paths) if p.email in addresses), simulation.params)
    return {
        "truth": truth.effect,
        "effect": found.effect,
        "ci_low": found.ci_low,
        "ci_high": found.ci_high,
        "textbook_width": _textbook_width(found),
        "holdout_mails": sum(
            m.actor == "agent" and m.state == "SENT" and m.arm == "holdout"
            for m in store.messages.values()
        ),
    }


def _standard_error(n_arm: int, n_control: int, multiple: float) -> float:
    """The standard error of the difference when the effect is a multiple of itself."""
    error = 0.0
    for _ in range(20):
        share = BASE_RATE + multiple * error
        error = math.sqrt(share * (1 - share) / n_arm + BASE_RATE * (1 - BASE_RATE) / n_control)
    return error


def _textbook_width(found) -> float:
    variance = sum(
        mean * (1 - mean) / n
        for mean, n in ((found.mean_arm, found.n_arm), (found.mean_control, found.n_control))
    )
    return 2 * TEXTBOOK_Z * math.sqrt(variance)


def _share(results: Mapping[str, Result], name: str, holds) -> float:
    return sum(holds(result[name]) for result in results.values()) / len(results)


def _covers(result: Result) -> bool:
    return result["ci_low"] <= result["truth"] <= result["ci_high"]


def _excludes_zero(result: Result) -> bool:
    return result["ci_low"] > 0 or result["ci_high"] < 0


def _judge(results: Mapping[str, Result]) -> Verdict:
    """A few seeds of a sample can only show that the machine runs and never errs grossly."""
    covered = min(_share(results, name, _covers) for name in ("zero", "three_errors"))
    alarms = _share(results, "zero", _excludes_zero)
    power = _share(results, "three_errors", _excludes_zero)
    cases = [case for result in results.values() for case in result.values()]
    width = max(
        (c["ci_high"] - c["ci_low"]) / c["textbook_width"] for c in cases if c["textbook_width"]
    )
    to_holdout = sum(case["holdout_mails"] for case in cases)
    figure = (
        f"coverage {covered:.3f}, false alarms {alarms:.3f}, power {power:.3f}, "
        f"width {width:.3f}x, agent mails to the holdout {to_holdout}, over {len(results)} seeds"
    )
    is_sample = len(results) < 50
    passed = to_holdout == 0 and (
        covered >= 0.6 if is_sample else covered >= 0.91 and alarms <= 0.09 and power >= 0.75
    )
    return Verdict(passed and width <= 1.2, figure, "0.91, 0.09, 0.75, 1.2x, 0")


CHECKS = {
    "two_hundred_seeds": Check(cases=SEEDS, sample=SAMPLE, run=_play_both, judge=_judge),
}
