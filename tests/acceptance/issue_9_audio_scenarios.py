"""Every call scenario, led in sound and in real time through the whole pipeline; and as text.

A call costs about a fifth of a core. On a busy machine voices and recognisers run out of time,
as they would in a real call; the load is printed beside the figures.
"""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache

from agent_runtime.library.call_scenario import CallScenario, read_call_scenarios
from agent_runtime.library.catalog import PACKAGE
from tests.acceptance.check import Check, Result, Verdict

EXPECTED = 0.95
CALLS, SWITCHES = 60, 10
_ALL = {one.id.removeprefix("call."): one for one in read_call_scenarios((PACKAGE,))}
_IN_SOUND = {name: one for name, one in _ALL.items() if not one.only_as_text}
_SAMPLE = ["stop_calling_me"]


@cache
def _mind():
    from agent_runtime.mind import open_mind
    from agent_runtime.settings import load_settings

    return open_mind(load_settings(None))


def _in_sound(case: str) -> Result:
    from agent_runtime.channels.voice.sound.rules_heard import broken_rules, words_heard
    from agent_runtime.channels.voice.sound.sound_stage import play_call_in_sound

    library, model = _mind()
    scenario = _IN_SOUND[case]
    call = play_call_in_sound(scenario, library, model, clock=lambda: datetime.now(UTC))
    heard = words_heard(call)
    return _told(scenario, call.outcome.disposition, call.hands.has_booked) | {
        "missed": list(call.problems()),
        "remarks": list(call.remarks()),
        "broken": list(broken_rules(call, heard)),
        "heard": " ".join(text for _, text in heard),
        "first_word_ms": [t.first_word_ms for t in call.turns if t.first_word_ms is not None],
        "silent_ms": [b.silent_ms for b in call.barge_ins if b.silent_ms is not None],
        "length_s": round(call.length_s, 1),
        "load": round(os.getloadavg()[0], 1),
    }


def _as_text(case: str) -> Result:
    from agent_runtime.channels.voice.stage import play_call

    library, model = _mind()
    played = play_call(_ALL[case], library, model, now=datetime.now(UTC).replace(microsecond=0))
    return _told(_ALL[case], played.outcome.disposition, played.hands.has_booked) | {
        "missed": list(played.problems()),
        "broken": [],
    }


def _told(scenario: CallScenario, disposition: str, is_booked: bool) -> Result:
    expected = scenario.expect
    return {
        "expected": f"{expected.disposition}{', booked' if expected.is_booked else ''}",
        "got": f"{disposition}{', booked' if is_booked else ''}",
    }


def _judge(results: Mapping[str, Result]) -> Verdict:
    missed = {name: one for name, one in results.items() if one["missed"]}
    broken = {name: one["broken"] for name, one in results.items() if one["broken"]}
    share = 1 - len(missed) / len(results)
    is_sample = set(results) <= set(_SAMPLE)
    switches = sum(_ALL[name].switches_language for name in results)
    is_enough = is_sample or (len(results) >= CALLS and switches >= SWITCHES)
    otherwise = "; ".join(
        f"{name}: {one['expected']} expected, {one['got']} ({one['missed'][0]})"
        for name, one in missed.items()
    )
    figure = (
        f"{len(results) - len(missed)} of {len(results)} calls as expected ({share:.3f}), "
        f"{switches} of them with a change of language; {len(results) - len(broken)} kept "
        f"disclosure and stop in what could be heard and in the record"
        f"{_times(results)}; otherwise: {otherwise or 'none'}; broken: {broken or 'none'}"
    )
    passed = is_enough and share >= EXPECTED and not broken
    return Verdict(passed, figure, f"{CALLS} calls, {EXPECTED:.0%} as expected, 100% of the rules")


def _times(results: Mapping[str, Result]) -> str:
    waits = sorted(ms for one in results.values() for ms in one.get("first_word_ms", ()))
    cuts = sorted(ms for one in results.values() for ms in one.get("silent_ms", ()))
    loads = [one["load"] for one in results.values() if "load" in one]
    if not waits or not loads:
        return ""
    p95 = waits[int(0.95 * (len(waits) - 1) + 0.999)]
    cut = f", silent {cuts[len(cuts) // 2]:.0f} ms (p50) after a barge-in" if cuts else ""
    return (
        f"; first word {waits[len(waits) // 2]:.0f} ms (p50), {p95:.0f} ms (p95) after theirs"
        f"{cut}, at a load of {min(loads):.0f} to {max(loads):.0f}"
    )


CHECKS = {
    "audio-scenarios": Check(cases=list(_IN_SOUND), sample=_SAMPLE, run=_in_sound, judge=_judge),
    "text-scenarios": Check(cases=list(_ALL), sample=list(_ALL), run=_as_text, judge=_judge),
}
