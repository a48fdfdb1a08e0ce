"""The demo as a newcomer runs it, and over the two real exports: time, memory, holdout."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from time import monotonic

from tests.acceptance.check import Check, Result, Verdict

REPOSITORY = Path(__file__).parents[2]
DATA = Path(os.environ.get("PARLEY_TEST_DATA", REPOSITORY / "../shared/data"))
CASES = ["default", "maven_crm", "x_education"]
SECONDS, GIB = 300, 4.0


def _demo(case: str) -> Result:
    with TemporaryDirectory() as folder:
        workspace = Path(folder) / "run"
        command = [sys.executable, "-c", "from pipelines.cli import main; main()", "demo", "--json"]
        if case != "default":
            command += ["--data", str(DATA / case), "--mapping", case]
        began, peak, stop = monotonic(), [0.0], Event()
        with (Path(folder) / "out").open("w+") as out:
            process = subprocess.Popen([*command, "-w", str(workspace)], stdout=out, stderr=out)
            Thread(target=_watch, args=(process.pid, peak, stop), daemon=True).start()
            code = process.wait()
            stop.set()
            out.seek(0)
            said = out.read()
        if code != 0:
            return {"exit": code, "said": said[-1500:]}
        report = json.loads(said[said.index("\n{") :])
        return {
            "exit": code,
            "seconds": round(monotonic() - began),
            "gib": round(peak[0], 2),
            "load": os.getloadavg()[0],
            "randomised": sum(report["people"].values()),
            "agent_mails": report["messages"]["agent_sent"],
            "holdout_sends": report["holdout_sends"],
            "lift": report["lift"],
            "planted": report["planted"],
        }


def _watch(pid: int, peak: list[float], stop: Event) -> None:
    import psutil

    parent = psutil.Process(pid)
    while not stop.wait(0.5):
        total = 0
        for process in (parent, *parent.children(recursive=True)):
            try:
                total += process.memory_info().rss
            except psutil.Error:
                continue
        peak[0] = max(peak[0], total / 2**30)


def _judge(results: Mapping[str, Result]) -> Verdict:
    failed = [case for case, result in results.items() if result["exit"] != 0]
    figure = "; ".join(
        f"{case}: {r['seconds']} s, {r['gib']} GiB, {r['randomised']} units, "
        f"{r['agent_mails']} mails, holdout {r['holdout_sends']}"
        for case, r in results.items()
        if r["exit"] == 0
    )
    default = results.get("default", {})
    passed = not failed and all(r["holdout_sends"] == 0 for r in results.values())
    if default.get("exit") == 0:
        enough = min(default["randomised"], default["agent_mails"]) >= 1500
        passed &= enough and default["seconds"] <= SECONDS and default["gib"] <= GIB
    return Verdict(
        passed, f"{figure} {failed or ''}", f"{SECONDS} s, {GIB} GiB, 1,500 and 1,500, 0"
    )


CHECKS = {"demos": Check(cases=CASES, sample=[], run=_demo, judge=_judge)}
