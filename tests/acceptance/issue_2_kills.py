"""Two hundred kills: eight campaigns, each with a worker that dies 25 times."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from tests.acceptance.check import Check, Result, Verdict
from tests.processes import Processes, prepare

KILLS = 25
CASES = [str(seed) for seed in range(21, 29)]
PLACES = ("before_launch", "stored_inbound", "claimed", "accepted", "decided", "booked")


def _kill(case: str) -> Result:
    import polars as pl

    from agent_runtime.sandbox.journal import read_journal
    from agent_runtime.status import read_status

    with TemporaryDirectory() as folder:
        settings = prepare(Path(folder), seed=int(case), size=420, days=14, hold_250_s=0.02)
        kills = _play(Processes(settings), Random(int(case)))
        entries = list(read_journal(settings.paths.exchanger_log))
        touches = Counter(
            (address, e["task"]) for e in entries if e["task"] for address in e["rcpt_to"]
        )
        assigned = pl.read_parquet(settings.paths.lake / "assignments.parquet")
        held = assigned.filter(pl.col("arm") == "holdout")
        contacts = pl.read_parquet(settings.paths.canonical / "contacts.parquet")
        addresses = set(contacts.join(held, on="person_id", how="semi")["email"].drop_nulls())
        status = read_status(settings)
        return {
            "kills": kills,
            "touches": len(touches),
            "twice": sum(times > 1 for times in touches.values()),
            "to_holdout": sum(
                e["mail_from"].startswith("relay-") and bool(addresses & set(e["rcpt_to"]))
                for e in entries
            ),
            "left_in_hand": status.messages.get("SENDING", 0) + status.inbound.get("NEW", 0),
            "unknown": status.messages.get("UNKNOWN", 0),
        }


def _play(processes: Processes, dice: Random) -> int:
    places = list(PLACES)
    processes.start("sandbox")
    try:
        while not processes.ended_well():
            place = places.pop(0) if places else ""
            processes.start("worker", crash_at=place)
            is_last = processes.kills >= KILLS
            patience = 90 if place else 240 if is_last else 2.0 + 2.0 * dice.random()
            processes.wait(
                lambda: processes.ended_well() or processes.has_died("worker"), seconds=patience
            )
            processes.kill("worker")
        return processes.kills
    finally:
        processes.stop()


def _judge(results: Mapping[str, Result]) -> Verdict:
    total = Counter()
    for result in results.values():
        total.update(result)
    figure = ", ".join(f"{name} {total[name]}" for name in ("kills", "touches", "twice"))
    figure += f", to the holdout {total['to_holdout']}, left in hand {total['left_in_hand']}"
    bad = total["twice"] + total["to_holdout"] + total["left_in_hand"]
    enough = total["kills"] >= 20 * len(results)
    return Verdict(bad == 0 and enough, figure, "kills >= 25 each; the rest 0")


CHECKS = {"kills": Check(cases=CASES, sample=[], run=_kill, judge=_judge)}
