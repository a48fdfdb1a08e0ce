"""The demo's threads replayed: with nothing changed, with one rule changed at a time, and as tests.

The demo is played for it (five minutes), or taken from PARLEY_REPLAY_WORKSPACE, a finished run.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.acceptance.check import Check, Result, Verdict

REPOSITORY = Path(__file__).parents[2]
KEPT = REPOSITORY / "out/acceptance/replay-demo"
NOTHING, WORDS, SCENARIOS = "nothing", "playbook: other words for a touch", "scenarios"
EVERY = 7
"""Every so manieth thread becomes a scenario."""

sys.path.insert(0, str(REPOSITORY / "tests/pipelines/replays"))
from rule_changes import RULE_CHANGES, recorded  # noqa: E402


@cache
def _workspace() -> Path:
    named = os.environ.get("PARLEY_REPLAY_WORKSPACE")
    if named:
        return Path(named)
    if not (KEPT / "report.json").exists():
        command = [sys.executable, "-c", "from pipelines.cli import main; main()", "demo", "--json"]
        subprocess.run([*command, "-w", str(KEPT)], check=True, stdout=subprocess.DEVNULL)
    return KEPT


def _run(case: str) -> Result:
    if case == SCENARIOS:
        return _scenarios()
    turns = recorded(_workspace() / "runtime.db")
    if case == NOTHING:
        return _compared(turns, [], lambda _: False)
    if case == WORDS:
        from agent_runtime.library.catalog import PACKAGE

        installed = (PACKAGE / "playbooks/icp_prospecting.yaml").read_text(encoding="utf-8")
        with TemporaryDirectory() as folder:
            proposed = Path(folder) / "icp_prospecting.yaml"
            proposed.write_text(installed.replace("icp.follow_up", "icp.last_note"), "utf-8")
            return _compared(
                turns,
                ["--with", f"playbook={proposed}"],
                lambda turn: turn.is_touch and turn.payload["observation"]["touch"] == 2,
            )
    change = RULE_CHANGES[case]
    return _compared(turns, ["--with", f"policy={change.given}"], change.affects)


def _compared(turns, words, affects) -> Result:
    """What the command says beside what the recorded facts say."""
    found = _replay(words)
    affected = [turn for turn in turns if affects(turn)]
    told, true = set(found["changed_threads"]), {turn.thread for turn in affected}
    return {
        "recorded": len(turns),
        "turns": found["turns"],
        "threads": len({turn.thread for turn in turns}),
        "changed": found["changed_decisions"],
        "differing": len(found["changed"]),
        "affected": len(affected),
        "named": len(told),
        "truly": len(true),
        "wrongly_named": sorted(told - true),
        "not_named": sorted(true - told),
    }


def _replay(words):
    from typer.testing import CliRunner

    from pipelines.replays.cli import app

    told = CliRunner().invoke(app, [*words, "--json", "-w", str(_workspace())])
    if told.exit_code not in (0, 1):
        raise RuntimeError(f"parley replay {' '.join(words)}: {told.output}")
    return json.loads(told.stdout)


def _scenarios() -> Result:
    """Threads that a rule decides otherwise, as scenarios: they fail before and pass after it."""
    from agent_runtime.replaying.named import Named, named_in
    from agent_runtime.settings import load_settings
    from pipelines.replays.scenarios import make_scenario

    settings = load_settings(_workspace())
    counts = {"made": 0, "proven": 0}
    wrong: list[str] = []
    for change in RULE_CHANGES.values():
        found = _replay(["--with", f"policy={change.given}"])
        for thread in found["changed_threads"][:: EVERY * 10]:
            named = named_in([f"policy={change.given}"])
            made = make_scenario(settings, thread, named, turn=None, expect=(), accept=True)
            last = f"turn {len(made.scenario['turns'])}:"
            fails_there = bool(made.today) and last in made.today[0]
            counts["made"] += 1
            counts["proven"] += fails_there and made.new == ()
            if not (fails_there and made.new == ()):
                wrong.append(f"{change.given} {thread}: {made.today} {made.new}")
    threads = sorted({turn.thread for turn in recorded(settings.paths.store)})
    as_they_are = [
        make_scenario(settings, thread, Named(), turn=1, expect=(), accept=True)
        for thread in threads[:: EVERY * 10]
    ]
    kept = sum(not made.today for made in as_they_are)
    return {**counts, "as_they_are": len(as_they_are), "kept": kept, "wrong": wrong[:5]}


def _judge(results: Mapping[str, Result]) -> Verdict:
    told, passed = [], True
    for case, r in results.items():
        if case == SCENARIOS:
            passed &= r["made"] == r["proven"] > 0 and r["as_they_are"] == r["kept"]
            told.append(
                f"{r['proven']} of {r['made']} scenarios fail before the change and pass after"
            )
            continue
        is_exact = not r["wrongly_named"] and not r["not_named"] and r["changed"] == r["affected"]
        passed &= is_exact and r["turns"] == r["recorded"] > 0
        if case == NOTHING:
            passed &= r["differing"] == 0
            told.append(f"{r['turns']} turns in {r['threads']} threads, unchanged: {r['changed']}")
        else:
            passed &= r["truly"] > 0
            told.append(f"{case}: {r['named']} named, {r['truly']} affected")
    return Verdict(passed, "; ".join(told), "0 changed; exactly the threads affected")


CASES = [NOTHING, *RULE_CHANGES, WORDS, SCENARIOS]
CHECKS = {"replay": Check(cases=CASES, sample=[], run=_run, judge=_judge)}
