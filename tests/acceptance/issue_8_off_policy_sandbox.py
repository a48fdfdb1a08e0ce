"""The sandbox company explores openers; what another opener would have brought is known there.

A better opener is planted. The real runtime logs its turns with exploration on; the off-policy
value of always saying that opener is held against a second run that really says it, to the same
people.
"""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.acceptance.check import Check, Result, Verdict

TEXT = "icp.opener_plain"
SIZE, EFFECT, SHARE, WINDOW_DAYS = 4800, 0.15, 0.2, 14
_SPEC = """
id: openers
version: 1
hypothesis: People to whom the agent writes set more meetings than those whom it leaves alone.
population: {segments: [icp-midmarket-data, icp-enterprise-data]}
unit: person
layer: outbound
salt: openers-1
method: hash
arms: {agent: 0.95, holdout: 0.05}
control: holdout
primary: {metric: meeting, window_days: 28}
"""


def _run(case: str) -> Result:
    from pipelines.off_policy.estimating import Question, estimate
    from pipelines.off_policy.policies import Policy
    from pipelines.off_policy.turns import Wanted

    question = Question(window_days=WINDOW_DAYS)
    with TemporaryDirectory() as folder:
        logged = _played(Path(folder) / "logged", share=SHARE, says=())
        policies = [Policy("say", TEXT), Policy("best")]
        found, best = estimate(logged, policies, Wanted(), question, tenant_id="northbeam")
        replayed = _changed_by_replay(logged)
        truth = _played(Path(folder) / "truth", share=0.0, says=("icp.opener_data", TEXT))
        real = next(estimate(truth, [Policy("best")], Wanted(), question, tenant_id="northbeam"))
    rewards: dict[str, Any] = {}
    for one, counted in zip(found.rewards, real.rewards, strict=True):
        seen, came = one.estimates, counted.estimates
        rewards[one.reward] = {
            "truth": came.counted if came else None,
            "value": seen.doubly_robust.value if seen else None,
            "ci": list(seen.doubly_robust.ci) if seen else None,
            "logged": seen.counted if seen else None,
            "difference_ci": list(seen.difference.ci) if seen else None,
        }
    return {
        "threads": found.overlap.threads,
        "affected": found.overlap.affected,
        "effective_size": found.overlap.effective_size,
        "mean_weight": found.overlap.mean_weight,
        "refusals": [refusal.why for refusal in found.refusals],
        "best_is_told": not best.is_refused,
        "rewards": rewards,
        "replayed": replayed,
    }


def _played(root: Path, *, share: float, says: tuple[str, ...]) -> Any:
    import yaml

    from agent_runtime.library.catalog import load_library
    from agent_runtime.models.embedded import load_embedded_model
    from agent_runtime.sandbox.company import write_company
    from agent_runtime.sandbox.fast import play
    from agent_runtime.sandbox.simulation import Simulation
    from agent_runtime.sandbox.truth import Params
    from agent_runtime.sandbox.world import LAUNCH_AT
    from agent_runtime.settings import Workspace, load_settings
    from agent_runtime.status import open_store
    from agent_runtime.store.engine import open_engine
    from pipelines.campaign import SHIPPED
    from pipelines.ingest import run_batch
    from pipelines.traces import export_to_lake
    from pipelines.warehouse import build_warehouse

    root.mkdir(parents=True)
    (root / "openers.yaml").write_text(_SPEC, encoding="utf-8")
    shipped = yaml.safe_load((SHIPPED / "prospecting.yaml").read_text(encoding="utf-8"))
    campaign = shipped | {
        "experiment": str(root / "openers.yaml"),
        "exploration": share,
        "touch_workdays": [0],
    }
    campaign["caps"] |= {"mailbox_per_day": 2000, "mailbox_new_per_day": 2000}
    (root / "campaign.yaml").write_text(yaml.safe_dump(campaign), encoding="utf-8")
    paths, library = Workspace(root), load_library()
    write_company(paths.exports, paths.sandbox, 1, SIZE)
    run_batch(
        paths,
        campaign=str(root / "campaign.yaml"),
        now=LAUNCH_AT,
        loads_store=False,
        has_checks=False,
    )
    if says:
        _say(library, says)
    params = Params(seed=1, plain_effect=EFFECT)
    memory = play(
        paths,
        Simulation(params, LAUNCH_AT),
        tenant_id="northbeam",
        library=library,
        model=load_embedded_model(),
    )
    open_engine(f"sqlite:///{paths.store}").dispose()
    with open_store(load_settings(root)).begin() as tx:
        for event in memory.events:
            tx.trace(event)
    export_to_lake(paths, tenant_id="northbeam")
    build_warehouse(paths, tenant_id="northbeam")
    return paths


def _say(library: Any, says: tuple[str, ...]) -> None:
    """Puts these texts into the first touch of the playbook, in place of its own."""
    own = library.playbook("icp_prospecting")
    first = own.touches[0].model_copy(update={"say": says})
    changed = own.model_copy(update={"touches": (first, *own.touches[1:])})
    library.playbooks["icp_prospecting"] = changed


def _changed_by_replay(paths: Any) -> dict[str, int]:
    """Turns that are decided otherwise when they are replayed with nothing changed."""
    from agent_runtime.library.catalog import load_library
    from agent_runtime.models.embedded import load_embedded_model
    from agent_runtime.replay import differences, replay
    from agent_runtime.settings import load_settings
    from agent_runtime.status import open_store
    from agent_runtime.store.reading import turns_of

    store = open_store(load_settings(paths.root))
    library, model = load_library(), load_embedded_model()
    turns = turns_of(store.engine, store.tenant_id, limit=400)
    explored = [t for t in turns if (t.payload.get("exploration") or {}).get("share")]
    changed = [t for t in turns if differences(t.payload, replay(t.payload, library, model))]
    return {"turns": len(turns), "explored": len(explored), "changed": len(changed)}


def _judge(results: Mapping[str, Result]) -> Verdict:
    passed, figures = True, []
    for seen in results.values():
        passed &= not seen["refusals"] and seen["best_is_told"] and not seen["replayed"]["changed"]
        figures.append(
            f"{seen['threads']} threads, otherwise in {seen['affected']}, effective "
            f"{seen['effective_size']:.0f}; replay: {seen['replayed']}"
        )
        for name, reward in seen["rewards"].items():
            if reward["value"] is None or reward["truth"] is None:
                figures.append(f"{name} not told")
                passed &= name == "opt_out"
                continue
            low, high = reward["ci"]
            passed &= low <= reward["truth"] <= high
            figures.append(
                f"{name}: truth {reward['truth']:.3f}, estimate {reward['value']:.3f} "
                f"({low:.3f} to {high:.3f}), logged {reward['logged']:.3f}"
            )
    return Verdict(bool(passed), "; ".join(figures), "the truth inside each interval, 0 changed")


CHECKS = {
    "off-policy in the sandbox": Check(cases=["one company"], sample=[], run=_run, judge=_judge)
}
