"""A campaign in real processes whose language model fails in the middle of it, in every way.

Mails go through the sandbox's exchanger by SMTP; the worker asks the stand-in through a door that
can be shut. The fault begins once the model has answered some turns, and ends once the breaker has
opened (or, where it cannot, once some turns went without an answer).
"""

import hashlib
import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from time import monotonic, sleep
from urllib.parse import urlsplit

from sqlalchemy import select

from agent_runtime.asking.model_state import STATE
from agent_runtime.library.catalog import company_library
from agent_runtime.models.reply import OUTAGES
from agent_runtime.prompting.prompt import prompt_version
from agent_runtime.prompting.template import read_template
from agent_runtime.sandbox.journal import read_journal
from agent_runtime.settings import Settings
from agent_runtime.status import read_status
from agent_runtime.store import tables as t
from agent_runtime.store.engine import open_engine
from agent_runtime.store.sql import SqlStore
from tests.agent_runtime.models.vllm_stand_in import MODEL, StandIn, serve
from tests.faults.front import Front, front_of
from tests.processes import Processes, prepare

TOTAL_S, FIRST_TOKEN_S, RESTS_S, OPENS_AFTER = 2.0, 1.0, 1.0, 3
GRACE_S = 1.0
"""By which a turn may pass its limit: its loop may be busy."""

PATIENT_S = 300.0
"""For a worker to begin and to come to a question; on a busy machine that alone takes a minute."""

BEFORE = 6
"""Turns that the model answers before the fault."""

REASONS = {
    "down": {"unreachable", "broke_off", "no_first_token"},
    "connect_hangs": {"no_first_token", "broke_off", "unreachable"},
    "flapping": {"unreachable", "broke_off", "no_first_token", "too_slow"},
    "slow": {"too_slow", "no_first_token"},
    "hangs": {"no_first_token"},
    "out_of_memory": {"out_of_memory"},
    "engine_killed": {"server_error"},
    "cut_off": {"broke_off"},
    "busy_503": {"busy"},
    "busy_429": {"busy"},
}
"""Why a turn went without an answer, beside `breaker_open`, by fault."""

_OWN = re.compile(r"<([0-9a-f]{16,})\.\d+@mail\.northbeam\.example>")
"""A mail of ours, and its attempt: of two attempts at one mail only one may have been accepted."""

FAULTS = tuple(REASONS)
KILLS = ("worker_killed",)


@dataclass
class Campaign:
    """The parts of a run that a fault may touch."""

    settings: Settings
    processes: Processes
    stand_in: StandIn
    front: Front
    store: SqlStore

    def state(self) -> dict:
        """Returns what the worker last wrote down of the model; empty before it has."""
        with self.store.begin() as tx:
            return json.loads(tx.published(STATE) or "{}")

    def wait(self, is_so: Callable[[], bool], *, seconds: float) -> bool:
        """Waits until something is so, or the campaign has ended."""
        ended = self.processes.ended_well
        self.processes.wait(lambda: is_so() or ended(), seconds=seconds)
        return is_so()


def play(folder: Path, fault: str, *, seed: int = 3, size: int = 300, days: int = 10) -> dict:
    """Plays a campaign with a fault in its middle and returns what became of it."""
    settings = prepare(folder, seed=seed, size=size, days=days, hold_250_s=0.01)
    with serve() as stand_in, front_of(urlsplit(stand_in.url).port or 0) as front:
        stand_in.delay_s = 0.002
        with _told(f"http://127.0.0.1:{front.port}/v1"):
            store = SqlStore(open_engine(f"sqlite:///{settings.paths.store}"), settings.tenant_id)
            campaign = Campaign(settings, Processes(settings), stand_in, front, store)
            try:
                found = _played(campaign, fault)
            finally:
                campaign.processes.stop()
                store.engine.dispose()
            return found | figures(settings) | {"asked": len(stand_in.asked)}


@contextmanager
def _told(url: str) -> Iterator[None]:
    """The processes of the campaign read where the server is, and these limits."""
    told = {
        "URL": url,
        "MODEL": MODEL,
        "TOTAL_S": TOTAL_S,
        "FIRST_TOKEN_S": FIRST_TOKEN_S,
        "RESTS_S": RESTS_S,
        "OPENS_AFTER": OPENS_AFTER,
    }
    names = {f"PARLEY_LLM_{name}": str(value) for name, value in told.items()}
    os.environ |= names
    try:
        yield
    finally:
        for name in names:
            os.environ.pop(name)


def _played(campaign: Campaign, fault: str) -> dict:
    processes, began = campaign.processes, monotonic()
    processes.start("sandbox")
    processes.start("worker")
    begun = campaign.wait(lambda: campaign.state().get("answered", 0) >= BEFORE, seconds=180)
    begun_s = round(monotonic() - began)
    said = _killed(campaign) if fault in KILLS else _failing(campaign, fault)
    answered = campaign.state().get("answered", 0)
    healed = campaign.wait(
        lambda: (
            campaign.state().get("breaker") == "closed"
            and campaign.state().get("answered", 0) > (0 if fault in KILLS else answered)
        ),
        seconds=120,
    )
    healed_s = round(monotonic() - began)
    processes.wait(processes.ended_well, seconds=300)
    return {
        "seconds": [begun_s, healed_s, round(monotonic() - began)],
        "fault": fault,
        "had_begun": begun,
        "healed": healed,
        "ended_well": processes.ended_well(),
        "log": "" if processes.ended_well() else processes.log("worker")[-1500:],
        **said,
    }


def _failing(campaign: Campaign, fault: str) -> dict:
    failed = campaign.state().get("failed", 0)
    stop = Event()
    began = monotonic()
    with _fault(campaign, fault, stop):
        opened = campaign.wait(lambda: campaign.state().get("breaker") == "open", seconds=60)
        text = read_status(campaign.settings).as_text()
        campaign.wait(
            lambda: campaign.state().get("failed", 0) >= failed + OPENS_AFTER + 3, seconds=20
        )
    line = next((one for one in text.splitlines() if one.startswith("model ")), "")
    return {
        "breaker_opened": opened,
        "status": " ".join(line.split())[:160],
        "fault_s": round(monotonic() - began, 1),
    }


@contextmanager
def _fault(campaign: Campaign, fault: str, stop: Event) -> Iterator[None]:
    stand_in, front = campaign.stand_in, campaign.front
    if fault == "down":
        front.down()
    elif fault == "connect_hangs":
        front.hang()
    elif fault == "flapping":
        Thread(target=_flap, args=(front, stop), daemon=True).start()
    elif fault == "slow":
        stand_in.delay_s = 0.3
    else:
        stand_in.behaviour = fault
    try:
        yield
    finally:
        stop.set()
        sleep(0.1)
        stand_in.behaviour, stand_in.delay_s = "honest", 0.002
        if fault in ("down", "connect_hangs", "flapping"):
            front.up()


def _flap(front: Front, stop: Event) -> None:
    """Down for most of the time, up for moments."""
    while not stop.is_set():
        front.down()
        stop.wait(1.2)
        if stop.is_set():
            return
        front.up()
        stop.wait(0.3)


def _killed(campaign: Campaign) -> dict:
    """Kills the worker with a question open, and once it has kept one that no turn has used."""
    processes, stand_in = campaign.processes, campaign.stand_in
    in_hand, kept_at_kill, asked_again = 0, 0, 0
    for place in ("", "asked", "", "asked"):
        processes.kill("worker")
        processes.start("worker", crash_at=place)
        before = len(stand_in.asked)
        if place:
            campaign.wait(lambda: processes.has_died("worker"), seconds=PATIENT_S)
        else:
            stand_in.delay_s = 0.03
            campaign.wait(
                lambda before=before: len(stand_in.asked) > before and stand_in._under_way > 0,
                seconds=PATIENT_S,
            )
            in_hand += stand_in._under_way
            processes.kill("worker")
            stand_in.delay_s = 0.002
        kept = _kept(campaign)
        kept_at_kill += len(kept)
        at = len(stand_in.asked)
        processes.start("worker")
        campaign.wait(lambda at=at: len(stand_in.asked) > at + 2, seconds=PATIENT_S)
        version = prompt_version(read_template(), company_library(campaign.settings.paths.library))
        asked_again += sum(_key(body, version) in kept for body in stand_in.asked[at:])
    return {
        "breaker_opened": True,
        "status": "",
        "kills": processes.kills,
        "open_at_kill": in_hand,
        "kept_at_kill": kept_at_kill,
        "kept_and_asked_again": asked_again,
    }


def _kept(campaign: Campaign) -> set[str]:
    """Returns the hashes of questions whose answer is kept and whose message is not worked."""
    rows = select(t.model_answers.c.question).join(
        t.inbound, t.inbound.c.key == t.model_answers.c.asked_for
    )
    waiting = rows.where(t.model_answers.c.state == "ANSWERED", t.inbound.c.state == "NEW")
    with campaign.store.engine.connect() as connection:
        return set(connection.execute(waiting).scalars())


def _key(body: dict, version: str) -> str:
    prefix, turn = (message["content"] for message in body["messages"])
    parts = (body["model"], version, prefix, turn)
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def figures(settings: Settings) -> dict:
    """Counts what was lost, doubled and late, from store, traces and the exchanger's log."""
    engine = open_engine(f"sqlite:///{settings.paths.store}")
    with engine.connect() as connection:
        inbound = dict(connection.execute(select(t.inbound.c.key, t.inbound.c.state)).all())
        events = [
            json.loads(doc) for doc in connection.execute(select(t.trace_events.c.doc)).scalars()
        ]
    engine.dispose()
    turns = [e["payload"] for e in events if e["kind"] == "turn"]
    turns = [turn for turn in turns if turn["observation"]["kind"] == "mail"]
    worked = Counter(turn["observation"]["id"] for turn in turns)
    uses = [turn["model"] for turn in turns if turn.get("model")]
    entries = list(read_journal(settings.paths.exchanger_log))
    mails = Counter(own[1] for entry in entries if (own := _OWN.match(entry["message_id"])))
    touches = Counter((a, e["task"]) for e in entries if e["task"] for a in e["rcpt_to"])
    waits = sorted(use["latency_ms"] / 1000 for use in uses if use["asked"])
    status = read_status(settings)
    return {
        "mails_in": len(inbound),
        "turns": len(turns),
        "lost": sum(state == "NEW" for state in inbound.values())
        + status.messages.get("SENDING", 0)
        + status.messages.get("READY", 0),
        "unknown": status.messages.get("UNKNOWN", 0),
        "turns_twice": sum(times > 1 for times in worked.values()),
        "mails_twice": sum(times > 1 for times in mails.values())
        + sum(times > 1 for times in touches.values()),
        "by_the_model": sum(bool(use["asked"]) and not use["why_not"] for use in uses),
        "why_not": dict(Counter(use["why_not"] for use in uses if use["asked"] and use["why_not"])),
        "p95_s": round(waits[int(len(waits) * 0.95)], 2) if waits else 0.0,
        "max_s": round(waits[-1], 2) if waits else 0.0,
        "status_at_end": status.language_model.said if status.language_model else "",
    }


def faults_of(seen: dict) -> list[str]:
    """Returns what of a run is not as it must be, in words."""
    fault, why = seen["fault"], set(seen["why_not"])
    wrong = {
        "the campaign did not end": not seen["ended_well"],
        "the model answered nothing before the fault": not seen["had_begun"],
        "something was lost": bool(seen["lost"]),
        "a mail was worked twice": bool(seen["turns_twice"]),
        "a mail went out twice": bool(seen["mails_twice"]),
        "a turn waited too long": seen["max_s"] > TOTAL_S + GRACE_S,
        "the breaker did not open": not seen["breaker_opened"],
        "it was not asked again": not seen["healed"],
        "the status does not say that it answers": ": answers" not in seen["status_at_end"],
    }
    if fault in REASONS:
        wrong |= {
            "the status said nothing of it": "BREAKER OPEN" not in seen["status"]
            or not any(reason in seen["status"] for reason in REASONS[fault]),
            f"no turn names the fault, but {sorted(why)}": not why & REASONS[fault],
            "a turn names another fault": bool((why & OUTAGES) - REASONS[fault]),
            "no turn was worked behind the breaker": "breaker_open" not in why,
        }
    else:
        wrong["an answer that was kept was asked for again"] = bool(seen["kept_and_asked_again"])
        wrong["no question was open at a kill"] = not seen["open_at_kill"]
        wrong["no answer was kept at a kill"] = not seen["kept_at_kill"]
    return [said for said, is_so in wrong.items() if is_so]
