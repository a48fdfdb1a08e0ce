"""Calls in sound, one behind the other for an hour: nothing grows, and nothing is left behind."""

import asyncio
import gc
import os
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import cycle
from statistics import median
from typing import Any

from tests.acceptance.check import Check, Result, Verdict

HOUR_S, SAMPLE_S = 3600.0, 240.0
WARM_S = 600.0
"""Words, models and the allocator's arenas are loaded by then."""
GROWTH = 0.05
_CALLS = (
    "books_a_meeting",
    "price_question",
    "interrupts_with_a_question",
    "stop_calling_me",
    "voicemail_hangs_up",
    "line_breaks",
    "voice_dies",
    "declines_politely",
)
_MEASURES = ("rss_mb", "tasks", "files", "threads")


def _soak(case: str) -> Result:
    for_s = SAMPLE_S if case == "minutes" else HOUR_S
    seen, endings = asyncio.run(_calls(for_s))
    time.sleep(2)
    return {
        "calls": len(seen),
        "lasted_s": round(seen[-1]["at_s"], 1),
        "endings": endings,
        "seen": seen[:: max(len(seen) // 60, 1)],
        **_growth(seen, warm_s=min(WARM_S, for_s / 4)),
        "orphans": _children(),
        "load": round(os.getloadavg()[0], 1),
    }


async def _calls(for_s: float) -> tuple[list[dict[str, Any]], dict[str, int]]:
    from agent_runtime.channels.voice.sound.sound_stage import call_in_sound
    from agent_runtime.library.call_scenario import read_call_scenarios
    from agent_runtime.library.catalog import PACKAGE
    from agent_runtime.mind import open_mind
    from agent_runtime.settings import load_settings

    library, model = open_mind(load_settings(None))
    known = {one.id.removeprefix("call."): one for one in read_call_scenarios((PACKAGE,))}
    began, seen, endings = time.monotonic(), [], {}
    for name in cycle(_CALLS):
        call = await call_in_sound(known[name], library, model, clock=lambda: datetime.now(UTC))
        ending = call.outcome.disposition
        endings[ending] = endings.get(ending, 0) + 1
        del call
        gc.collect()
        seen.append({"at_s": round(time.monotonic() - began, 1), **_now()})
        sys.stderr.write(f"soak: {len(seen)} calls, {seen[-1]}\n")
        if seen[-1]["at_s"] > for_s:
            return seen, endings
    raise AssertionError("there is always a next call")


def _now() -> dict[str, float]:
    import psutil

    me = psutil.Process()
    return {
        "rss_mb": round(me.memory_info().rss / 2**20, 1),
        "tasks": len(asyncio.all_tasks()),
        "files": me.num_fds(),
        "threads": me.num_threads(),
    }


def _growth(seen: list[dict[str, Any]], *, warm_s: float) -> dict[str, Any]:
    """Compares the last third of what came after the warm-up with the first."""
    warm = [one for one in seen if one["at_s"] >= warm_s]
    third = max(len(warm) // 3, 1)
    found = {}
    for name in _MEASURES:
        first, last = (median(one[name] for one in part) for part in (warm[:third], warm[-third:]))
        found[f"{name}_first"], found[f"{name}_last"] = first, last
        found[f"{name}_growth"] = round((last - first) / first, 4)
    return found


def _children() -> list[str]:
    import psutil

    return [" ".join(child.cmdline()) for child in psutil.Process().children(recursive=True)]


def _judge(results: Mapping[str, Result]) -> Verdict:
    (one,) = results.values()
    grown = {name: one[f"{name}_growth"] for name in _MEASURES}
    holds = all(growth <= GROWTH for growth in grown.values()) and not one["orphans"]
    figure = (
        f"{one['calls']} calls in {one['lasted_s'] / 60:.0f} min at load {one['load']}: "
        + ", ".join(f"{name} {growth:+.1%}" for name, growth in grown.items())
        + f"; {len(one['orphans'])} processes left"
    )
    return Verdict(holds, figure, f"no growth beyond {GROWTH:.0%}, no process left")


CHECKS = {"soak": Check(cases=["hour"], sample=["minutes"], run=_soak, judge=_judge)}
