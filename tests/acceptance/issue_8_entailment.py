"""Grounding with and without the model of entailment that `make entailment` trains.

On sets that nothing was tuned on, and on what was kept back from the training. The real server is
asked over loopback; the first figure is the checks alone, as the product ships them.
"""

import os
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

from tests.acceptance.check import Check, Result, Verdict

REPOSITORY = Path(__file__).parents[2]
FOLDER = REPOSITORY / "out" / "entailment"
GROUNDING = Path(__file__).parents[1] / "agent_runtime" / "grounding"
READY_WITHIN_S = 120.0


def _run(case: str) -> Result:
    sys.path.insert(0, str(GROUNDING))
    from blind_drafts import UNTUNED

    from agent_runtime.grounding.entailment import HttpEntailment
    from tests.entailment.pairs import KEPT_BACK

    names = {"untuned": UNTUNED, "kept_back": sorted(KEPT_BACK)}.get(case, ())
    with _served() as url:
        model = HttpEntailment(url, timeout_s=30)
        seen = _companies if case == "companies" else lambda asked: _drafts(names, asked)
        return {"without": seen(None), "with": seen(model)}


def _drafts(names, asked) -> dict[str, int]:
    from blind_drafts import judged_sentences

    every = [s for name in names for s in judged_sentences(name, asked)]
    return _counted((not s.kind, s.is_blocked) for s in every)


def _companies(asked) -> dict[str, int]:
    from agent_runtime.grounding.draft import Given, ground
    from tests.entailment.companies import HELD_OUT, written

    def judged() -> Iterator[tuple[bool, bool]]:
        for one in written(HELD_OUT):
            facts = [Given(str(number), fact) for number, fact in enumerate(one.facts)]
            found = ground(one.sentence, facts, entails=asked)
            yield one.is_supported, any(f.verdict == "blocked" for f in found)

    return _counted(judged())


def _counted(judged) -> dict[str, int]:
    count = Counter(judged)
    return {
        "false": count[False, True] + count[False, False],
        "caught": count[False, True],
        "true": count[True, True] + count[True, False],
        "blocked": count[True, True],
    }


@contextmanager
def _served() -> Iterator[str]:
    """Serves the trained model, or asks a server that is there already."""
    if url := os.environ.get("PARLEY_ENTAILMENT_URL", ""):
        yield url
        return
    python = REPOSITORY / "out" / "entailment-env" / "bin" / "python"
    if not (FOLDER / "config.json").exists():
        raise FileNotFoundError(f"{FOLDER}: no model is there; run `make entailment` first.")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    serve = REPOSITORY / "tests" / "entailment" / "serve.py"
    server = subprocess.Popen([str(python), str(serve), str(FOLDER), str(port)])
    try:
        _wait_for(port)
        yield f"http://127.0.0.1:{port}/predict"
    finally:
        server.terminate()
        server.wait(timeout=30)


def _wait_for(port: int) -> None:
    until = monotonic() + READY_WITHIN_S
    while monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            sleep(0.5)
    raise TimeoutError(f"port {port}: the server of entailment did not come up.")


def _judge(results: Mapping[str, Result]) -> Verdict:
    def told(count: Mapping[str, int]) -> str:
        return (
            f"{count['caught']}/{count['false']} caught, {count['blocked']}/{count['true']} blocked"
        )

    figure = "; ".join(
        f"{case}: without {told(seen['without'])}, with {told(seen['with'])}"
        for case, seen in results.items()
    )
    seen = results["untuned"]["without"]
    return Verdict(
        seen["caught"] >= 0.99 * seen["false"],
        figure,
        "of sets that nothing was tuned on at least 0.99 of false sentences caught by the checks "
        "alone; true sentences blocked, at most 0.03 where both can be had, are reported with and "
        "without the model",
    )


CASES = ["untuned", "kept_back", "companies"]
CHECKS = {"entailment": Check(cases=CASES, sample=[], run=_run, judge=_judge)}
