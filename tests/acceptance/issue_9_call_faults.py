"""A call whose line, ear, voice, model or socket fails: what is then heard, traced, and left open.

Each case is one call in real sound through the real pipeline. What was said is what an ear that
had no part in the call makes of our sound as it reached the person. `line-*` lose and delay
packets, `ear-*` hang in the thread of the recogniser, `voice-*` die within a sentence, `model-*`
ask the real client of vLLM on real sockets, `drop-*` break in memory, and `socket-*` a carrier's
WebSocket.
"""

import asyncio
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.acceptance.check import Check, Result, Verdict

REPOSITORY = Path(__file__).parents[2]
_BOOKS: tuple[dict[str, Any], ...] = (
    {"says": "Hello?"},
    {"says": "Yes, that would be useful."},
    {"says": "The second one works for me."},
    {"says": "No, that's all, thank you. Bye."},
)
_BOOKED = {"disposition": "meeting_booked", "is_booked": True}
_LOSS = {"loss": 0.05, "loss_back": 0.05}
_ASKS = ({"says": "Hello?"}, {"says": "How much does it cost?"})
WATCHDOG_S = 12.0
"""No turn is met with longer silence: it is given up after eight seconds, a voice after four."""
_THREADS_END_S = 15.0
_OF_A_CALL = ("call-", "beside-", "exchange")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A call with a fault, and what must come of it.

    Args:
        call: Steps of the person, as in a scenario.
        expect: As in a scenario.
        hears: Words of which one of each row is heard, in this order.
        handed_on: Why a person of ours gets back to them; empty: nobody need.
    """

    call: tuple[dict[str, Any], ...] = _BOOKS
    expect: dict[str, Any]
    sound: dict[str, Any] | None = None
    limits: dict[str, Any] | None = None
    hears: tuple[tuple[str, ...], ...] = (("assistant",),)
    handed_on: str = ""
    traces: tuple[str, ...] = ()
    """What the trace of the call holds: without it there was no fault."""
    model: str = ""
    """What the server of the language model does."""
    spare_dies: bool = False
    """Whether the other voice dies in its first sentence."""
    why_not: str = ""
    """What the trace of a turn says of that server."""


_AGAIN = ("not catch", "didn't catch", "say it again")
_NO_VOICE = (("gone wrong",), ("get back to you",))
_LATER = ("cannot understand", "can't understand", "get back to you")
_STALLED = Fault(
    call=(
        *_ASKS,
        # Whoever was asked for a moment gives us one.
        {"says": "No, thank you, we are not interested.", "after_s": 5.5},
    ),
    expect={"disposition": "not_interested"},
    hears=(("assistant",), ("moment",), ("price", "number of systems")),
    why_not="no_first_token",
)
IN_MEMORY: dict[str, Fault] = {
    "line-loss": Fault(sound=_LOSS, expect=_BOOKED),
    "line-loss-bursts": Fault(sound=_LOSS | {"burst": 3}, expect=_BOOKED),
    "line-jitter": Fault(sound={"jitter_ms": 60}, expect=_BOOKED),
    "line-loss-jitter": Fault(sound=_LOSS | {"burst": 2, "jitter_ms": 60}, expect=_BOOKED),
    "ear-hangs-once": Fault(
        call=(_BOOKS[0], {"stt_fails": True}, *_BOOKS[1:]),
        expect=_BOOKED,
        hears=(("assistant",), _AGAIN),
    ),
    "ear-hangs": Fault(
        call=(_BOOKS[0], {"stt_fails": True}, {"stt_fails": True}),
        expect={"disposition": "failed", "reason": "stt_failed"},
        hears=(("assistant",), _AGAIN, _LATER),
        handed_on="stt_failed",
    ),
    "voice-dies": Fault(
        call=(
            _BOOKS[0],
            {"tts_fails": True, "barge_in_after": 8},
            {"says": "No, thank you, we are not interested."},
        ),
        expect={"disposition": "not_interested", "hears": ["be useful to you?"]},
        hears=(("assistant",), ("crm",), ("thank you",)),
        traces=("sparevoice",),
    ),
    "voices-die": Fault(
        call=(*_ASKS, {"tts_fails": True, "barge_in_after": 4}),
        spare_dies=True,
        expect={"disposition": "failed", "reason": "tts_failed"},
        hears=(("assistant",), *_NO_VOICE),
        handed_on="voice_failed",
        traces=("sparevoice",),
    ),
    "voices-die-in-the-opener": Fault(
        call=(_BOOKS[0], {"tts_fails": True, "barge_in_after": 4}),
        spare_dies=True,
        expect={"disposition": "failed", "reason": "tts_failed"},
        hears=(("assistant",), *_NO_VOICE),
        handed_on="voice_failed",
        traces=("sparevoice",),
    ),
    "model-stalls": replace(_STALLED, model="hangs"),
    "model-silent": replace(_STALLED, model="silent"),
    "model-cut-off": replace(
        _STALLED, model="cut_off", why_not="broke_off", hears=(("assistant",), ("price",))
    ),
    "drop-in-ours": Fault(
        call=(_BOOKS[0], {"drops": True, "barge_in_after": 6}),
        expect={"disposition": "dropped", "reason": "dropped", "calls_back": True},
        limits={"calls_back": True},
        hears=(),
    ),
    "drop-in-theirs": Fault(
        call=(_BOOKS[0], {"says": "Yes, I would like to", "drops": True}),
        expect={"disposition": "dropped", "reason": "dropped", "calls_back": True},
        limits={"calls_back": True},
    ),
    "drop-in-turn": Fault(
        call=(
            _BOOKS[0],
            {"says": "How much does it cost?", "turn_takes_s": 6},
            {"drops": True, "goes_on": True, "after_s": 3},
        ),
        expect={"disposition": "dropped", "reason": "dropped", "calls_back": True},
        limits={"calls_back": True},
    ),
}


def _in_memory(case: str) -> Result:
    from agent_runtime.mind import open_mind
    from agent_runtime.settings import load_settings

    fault, mind = IN_MEMORY[case], open_mind(load_settings(None))
    with _oracle(fault.model) as oracle:
        call, tasks = asyncio.run(_played(fault, _scenario(case, fault), mind, oracle))
    if folder := os.environ.get("PARLEY_CALLS_KEPT"):
        call.save(Path(folder) / case)
    heard = _heard(replace(call, agent=call.reached), fault.hears)
    store = call.hands.turns.runtime.store
    with store.begin() as tx:
        handed_on = [task.reason for task in tx.open_human_tasks()]
    traced = [e.payload.get("event") for e in store.events if e.kind == "call"]
    ends = [one for one in traced if one == "ended"]
    turns = [e.payload for e in store.events if e.kind == "turn"]
    why_not = [one["model"]["why_not"] for one in turns if "model" in one]
    waits = [t.first_sound_ms / 1000 for t in call.turns if t.first_sound_ms is not None]
    wrong = {
        "otherwise": list(call.problems()),
        "not heard": _unheard(fault.hears, heard),
        "left": [*tasks, *_threads_left()],
        "did not end": [e.what for e in call.events if e.what == "did_not_end"],
        "traced ends": [] if len(ends) == 1 else [len(ends)],
        "not traced": [one for one in fault.traces if one not in traced],
        "tasks": [] if _has_task(fault, handed_on) else handed_on,
        "why_not": [] if not fault.why_not or fault.why_not in why_not else why_not or ["none"],
        "silence": [one for one in waits if one > WATCHDOG_S],
    }
    return {
        "wrong": {name: one for name, one in wrong.items() if one},
        "came": f"{call.outcome.disposition} ({call.outcome.reason})",
        "next": list(call.outcome.next_steps),
        "tasks": handed_on,
        "heard": heard,
        "says": list(call.says),
        "longest_wait_s": round(max(waits, default=0.0), 2),
        "length_s": round(call.length_s, 1),
        "load": round(os.getloadavg()[0], 1),
    }


def _scenario(case: str, fault: Fault) -> Any:
    from agent_runtime.library.call_scenario import CallScenario

    about = {"id": f"call.{case.replace('-', '_')}", "about": "A call with a fault."}
    is_disclosed = {"is_disclosed": bool(fault.hears)}
    parts = {"call": fault.call, "expect": fault.expect | is_disclosed}
    return CallScenario.model_validate(
        about | parts | {"sound": fault.sound or {}, "limits": fault.limits or {}}
    )


async def _played(fault: Fault, scenario: Any, mind: Any, oracle: Any) -> tuple[Any, list[str]]:
    """Returns the call and the tasks of its event loop that it has left behind."""
    from agent_runtime.channels.voice.pipeline import Speech, speech_for
    from agent_runtime.channels.voice.sound.faults import Faults, may_fail
    from agent_runtime.channels.voice.sound.sound_stage import call_in_sound
    from agent_runtime.settings import Settings

    def speech(language: str, settings: Settings) -> Speech:
        made = speech_for(language, settings)
        if fault.spare_dies:
            spare = {"spare": made.voices["spare"]}
            may_fail(replace(made, ears={}, voices=spare), Faults(voice_dies_in=0))
        return made

    def clock() -> datetime:
        return datetime.now(UTC)

    # A busy machine is no fault; only ears that hang are to be given up as soon as in any call.
    hangs = any(step.stt_fails for step in scenario.call)
    hearing_s = Settings().speech_hearing_limit_s if hangs else 12.0
    settings = Settings(speech_hearing_limit_s=hearing_s, speech_speaking_limit_s=8.0)
    before = asyncio.all_tasks()
    call = await call_in_sound(
        scenario, *mind, clock=clock, settings=settings, speech=speech, oracle=oracle
    )
    await asyncio.sleep(0.5)
    return call, [str(task.get_coro()) for task in asyncio.all_tasks() - before]


def _has_task(fault: Fault, reasons: list[str]) -> bool:
    wanted = [f"call_{fault.handed_on}"] if fault.handed_on else []
    return reasons == wanted


def _heard(call: Any, rows: tuple[tuple[str, ...], ...]) -> str:
    """Returns our track in the words of the ear that understood more of what has to be heard.

    The spare voice is a poor one; what either ear understands can be heard.
    """
    from agent_runtime.channels.voice.sound.rules_heard import ear_for, second_ear, words_heard

    ears = (ear_for("en"), second_ear("en"))
    told = [" ".join(text for _, text in words_heard(call, ears=[ear])) for ear in ears if ear]
    return min(told, key=lambda one: len(_unheard(rows, one)))


def _unheard(rows: tuple[tuple[str, ...], ...], heard: str) -> list[str]:
    """Returns the rows of which no word was heard behind the row before."""
    missing, rest = [], " ".join(heard.lower().replace(",", "").split())
    for row in rows:
        at = min((rest.find(word) for word in row if word in rest), default=-1)
        if at < 0:
            missing.append(" or ".join(row))
        else:
            rest = rest[at:]
    return missing


def _threads_left() -> list[str]:
    """Waits a while for what was working when a call ended; names what goes on even then."""
    until, left = time.monotonic() + _THREADS_END_S, [""]
    while left and time.monotonic() < until:
        left = [t.name for t in threading.enumerate() if t.name.startswith(_OF_A_CALL)]
        time.sleep(0.1)
    return left


@contextmanager
def _oracle(behaviour: str) -> Iterator[Any]:
    """Yields the client that calls use, asking a server on loopback that behaves in this way."""
    if not behaviour:
        yield None
        return
    from agent_runtime.models.in_background import VllmInBackground
    from agent_runtime.models.vllm import VllmOptions
    from agent_runtime.settings import Settings
    from tests.agent_runtime.models.vllm_stand_in import MODEL, serve

    served = _silent() if behaviour == "silent" else serve(behaviour)
    with served as server:
        chat_s = Settings().chat_llm_s
        url = server if isinstance(server, str) else server.url
        client = VllmInBackground(VllmOptions(url=url, model=MODEL, chat_s=chat_s))
        try:
            yield client
        finally:
            client.close()


@contextmanager
def _silent() -> Iterator[str]:
    """A server that takes calls and says nothing, not even a header."""
    taken: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as ear:

        def take() -> None:
            with suppress(OSError):
                while True:
                    taken.append(ear.accept()[0])

        threading.Thread(target=take, daemon=True).start()
        yield f"http://127.0.0.1:{ear.getsockname()[1]}/v1"
        for one in taken:
            one.close()


def _judge(results: Mapping[str, Result]) -> Verdict:
    wrong = {case: one["wrong"] for case, one in results.items() if one["wrong"]}
    told = "; ".join(
        f"{case}: {one['came']}, {one['length_s']} s"
        f"{_waited(one['longest_wait_s'])} at load {one['load']}"
        for case, one in results.items()
    )
    figure = f"{len(results) - len(wrong)} of {len(results)} calls as they must: {told}"
    return Verdict(
        not wrong,
        f"{figure}{f'; wrong: {wrong}' if wrong else ''}",
        f"every one ends as it must, heard, traced, nothing left, no wait over {WATCHDOG_S:g} s",
    )


def _waited(longest_s: float | None) -> str:
    return "" if longest_s is None else f", longest wait {longest_s} s"


_HOMES = ("runtime", "calling", "channels/voice")
ON_SOCKETS = {
    "socket-ours": ("twilio", "ours", True),
    "socket-theirs": ("telnyx", "theirs", False),
    "socket-turn": ("plivo", "turn", True),
}
"""Carrier, within what the socket closes, and whether the playbook calls back."""


def _on_socket(case: str) -> Result:
    """The row is dialled, answered and ended; where the playbook says so it is due once more."""
    sys.path[:0] = [str(REPOSITORY / "tests" / "agent_runtime" / home) for home in _HOMES]
    from carrier_broken_call import broken_call  # pyright: ignore[reportMissingImports]

    from agent_runtime.channels.voice.sound.sound_stage import quiet_logs
    from agent_runtime.mind import open_mind
    from agent_runtime.settings import load_settings

    quiet_logs()
    vendor, within, calls_back = ON_SOCKETS[case]
    model = open_mind(load_settings(None))[1]
    found = broken_call(vendor, within, model, calls_back=calls_back)
    ended = found["ended"][-1] if found["ended"] else {}
    back = ("READY", True) if calls_back else ("ENDED", False)
    hears = () if within == "ours" else ("assistant",)
    wrong = {
        "row": [] if (found["state"], found["is_callback"]) == back else [found["state"]],
        "outcome": [] if found["outcome"] == "dropped" else [found["outcome"]],
        "traced ends": [] if len(found["ended"]) == 1 else [len(found["ended"])],
        "reason": [] if ended.get("reason") == "dropped" else [ended.get("reason")],
        "traced callback": [] if len(found["broke"]) == calls_back else found["broke"] or ["none"],
        "not heard": [word for word in hears if word not in found["heard"].lower()],
        "left": found["threads"],
        "rings": [] if found["rings"] == 1 else [found["rings"]],
        "not hung up": [] if found["hung_up"] else ["the carrier was not told"],
    }
    return {
        "wrong": {name: one for name, one in wrong.items() if one},
        "came": f"{ended.get('disposition')} ({ended.get('reason')}), row {found['state']}",
        "longest_wait_s": None,
        "length_s": found["seconds"],
        "load": round(os.getloadavg()[0], 1),
        **{name: found[name] for name in ("heard", "said", "back_after_s", "turns")},
    }


def _run(case: str) -> Result:
    return _in_memory(case) if case in IN_MEMORY else _on_socket(case)


CHECKS = {
    "call-faults": Check(
        cases=[*IN_MEMORY, *ON_SOCKETS], sample=["drop-in-theirs"], run=_run, judge=_judge
    ),
}
