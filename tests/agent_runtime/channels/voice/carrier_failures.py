"""A call of the queue over regions that fail, on real sockets, until it has an end."""

import random
import warnings
from collections import Counter
from datetime import timedelta
from time import sleep

from call_people import NUMBER
from carrier_calls import ENDS, carrier_calls
from phone_door import LATE_S
from phone_network import Fault
from phone_vendors import SIMS

FAULTS: tuple[Fault, ...] = (
    "error",
    "error_placed",
    "too_many",
    "unauthorised",
    "bad_number",
    "dies_waiting",
    "dies_waiting_dials_later",
    "dies_ringing",
)
WAYS = ("cut_before", "cut_after", "hang_before", "hang_after", "late")
HABITS = ("answers", "busy", "no_answer", "failed")


def failing_call(seed):
    """Dials once through two regions of which the first fails, and the second sometimes too."""
    draw = random.Random(seed)
    vendor = list(SIMS)[seed % 3]
    plan = ["refused" if draw.random() < 0.1 else draw.choice(FAULTS + WAYS)]
    plan.append("" if draw.random() < 0.7 else draw.choice(FAULTS + WAYS))
    habit = draw.choice(HABITS)
    network = {"log_s": draw.choice((0.0, 0.1)), "shares_log": draw.random() < 0.7}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with carrier_calls(vendor, 2, policy={"max_attempts": 2}, **network) as calls:
            return {"seed": seed, "vendor": vendor, "plan": plan} | _dialled(calls, plan, habit)


def _dialled(calls, plan, habit):
    network, world = calls.network, calls.world
    network.habits[NUMBER] = habit
    for region, what in enumerate(plan):
        if what == "refused":
            network._loop.call_soon_threadsafe(network.doors[region]._server.close)
        elif what in WAYS:
            network.doors[region].ways.append(what)
        elif what:
            network.faults[region].append(what)
    first = calls.dial()
    if "late" in plan:
        sleep(4 * LATE_S)
        network.settle()
    taken_over = any(call.region == 1 for call in network.rings)
    states = [first.state]
    for _ in range(12):
        call = world.call()
        if call.state in ENDS:
            break
        world.now = max(world.now, call.due_at) + timedelta(seconds=1)
        states.append(calls.dial().state)
    rings = Counter(_attempt_of(calls, ring) for ring in network.rings)
    with world.store.begin() as tx:
        attempts = [tx.attempt(first.call_id, n) for n in range(1, world.call().attempt + 1)]
    said_silent = {str(one.attempt) for one in attempts if one and not one.rang}
    return {
        "state": world.call().state,
        "states": states,
        "most_rings": max(rings.values(), default=0),
        "rang_unproven": sorted(said_silent & rings.keys()),
        "is_over": world.call().state in ENDS,
        "taken_over": taken_over,
    }


def _attempt_of(calls, ring):
    """Of which attempt a ring was, as the address says that the carrier was told."""
    token = ring.status_url.rsplit("/", 1)[1]
    said = calls.account.keyring.read(token, purpose="carrier-told")
    return said[3]
