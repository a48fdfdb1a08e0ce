"""How soon a caller hears us, in the sound of real calls, and where the time goes.

Each turn is measured from the last voiced sample of the caller to the first sample of content of
ours. Every second turn breaks into our words, so that barge-in is measured as well. Calls come one
after the other: two quiet cores lead one.
"""

import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count, cycle, islice

import numpy as np

QUESTIONS = (
    "How much does it cost?",
    "Does it work with Salesforce?",
    "Where is our data stored?",
    "How long does it take to set up?",
    "What happens if a sync fails?",
    "Do you have any certificates for security?",
    "Who else uses it?",
    "Can we try it before we decide?",
    "What is the difference to what we do by hand?",
    "Which billing systems can you connect?",
    "Is there a contract for a year?",
    "How many people do we need to run it?",
)
PER_CALL = 12
STAGES = ("vad", "stt", "turn", "loop", "voice", "wire")
"""vad: quiet until it counts as an end; stt: until the words are there; turn: until the turn counts
as over; loop: perceive, retrieve, plan, permit; voice: until its first sound leaves the pipeline;
wire: until that sound is audible."""


def measure(turns: int = 100) -> dict[str, object]:
    """Returns percentiles in milliseconds, the share of each stage, and the load that was met."""
    from agent_runtime.channels.voice.sound.sound_stage import play_call_in_sound
    from agent_runtime.mind import open_mind
    from agent_runtime.settings import Settings

    library, model = open_mind(Settings())
    heard, stages, silences = [], [], []
    loads = []
    for number, scenario in enumerate(_calls(), start=1):
        call = play_call_in_sound(scenario, library, model, clock=lambda: datetime.now(UTC))
        asked = [turn for turn in call.turns if turn.stages_ms]
        heard += asked
        stages += [_split(turn) for turn in asked if turn.first_word_ms is not None]
        silences += [one.silent_ms for one in call.barge_ins]
        loads.append(os.getloadavg()[0])
        sys.stderr.write(f"calls: {number} led, {len(heard)} turns, load {loads[-1]:.1f}\n")
        if len(heard) >= turns:
            break
    words = [turn.first_word_ms for turn in heard if turn.first_word_ms is not None]
    loop = [turn.stages_ms["loop"] for turn in heard]
    cut = [ms for ms in silences if ms is not None]
    return {
        "turns": len(heard),
        "unanswered": len(heard) - len(words),
        "first_word_ms": _percentiles(words),
        "fillers": round(sum(turn.is_bridged for turn in heard) / max(len(heard), 1), 3),
        "share": {k: round(float(np.mean([s[k] for s in stages])), 3) for k in STAGES},
        "stage_ms_p50": {
            k: round(float(np.median([s[k + "_ms"] for s in stages])), 1) for k in STAGES
        },
        "loop_ms": _percentiles(loop),
        "barge_in_ms": _percentiles(cut),
        "barge_ins": len(cut),
        "not_silenced": len(silences) - len(cut),
        "load_while": [round(min(loads), 1), round(max(loads), 1)],
    }


def _split(turn) -> dict[str, float]:
    traced = turn.stages_ms
    ends = [traced["vad"], traced["stt"], traced["turn"]]
    spent = dict(zip(STAGES, np.diff([0.0, *np.maximum.accumulate(ends)]), strict=False))
    spent["loop"] = traced["loop"]
    spent["voice"] = max(traced["first_sound"] - traced["turn"] - traced["loop"], 0.0)
    spent["wire"] = max(turn.first_word_ms - sum(spent.values()), 0.0)
    whole = sum(spent.values())
    return {k: v / whole for k, v in spent.items()} | {f"{k}_ms": v for k, v in spent.items()}


def _percentiles(values: list[float]) -> dict[str, float]:
    if not values:
        return {}
    return {f"p{q}": round(float(np.percentile(values, q)), 1) for q in (50, 95, 100)}


def _calls() -> Iterator:
    from agent_runtime.library.call_scenario import CallScenario

    questions = cycle(QUESTIONS)
    for number in count():
        steps = [{"says": "Hello?"}]
        for place, question in enumerate(islice(questions, PER_CALL)):
            when = {"barge_in_after": 6 + place % 5} if place % 2 else {"after_s": 0.5}
            steps.append({"says": question} | when)
        steps += [{"says": "Thank you, goodbye."}, {"silence": 2}, {"hangs_up": True}]
        yield CallScenario.model_validate(
            {
                "id": f"call.bench_{number}",
                "about": "Questions, every second one into our words.",
                "sound": {"voice": ("us", "gb")[number % 2], "codec": "", "seed": number},
                "call": steps,
                "expect": {"disposition": "talked"},
            }
        )
