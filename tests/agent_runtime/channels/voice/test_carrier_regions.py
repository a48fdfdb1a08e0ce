"""A second region takes over when the first fails, and no telephone rings twice."""

from collections import Counter
from datetime import timedelta
from email.utils import format_datetime

import httpx
from call_people import NUMBER, OWN
from carrier_calls import account_for
from conversation_world import NOW
from hypothesis import example, given
from hypothesis import strategies as st
from phone_vendors import SIMS

from agent_runtime.channels.voice.carrier.placing import Patience, Placing
from agent_runtime.channels.voice.carrier.twiml import seen_as
from agent_runtime.channels.voice.carrier.vendor import Ask, Dial
from agent_runtime.channels.voice.carrier.vendors import vendor_of

PATIENCE = Patience(log_s=3.0, dials_s=3.0, poll_s=0.5)
HOW_IT_ENDS = (
    "takes",
    "refused",
    "timeout_before",
    "cut_before",
    "cut_after",
    "late",
    "error",
    "error_after",
    "error_after_slow_log",
    "too_many",
    "bad_number",
    "waits_and_dies",
    "waits_and_dies_but_dials",
    "dials_and_dies",
    "never_dials",
    "no_id",
)
LATE_S = 20.0


class Regions:
    """A carrier of several regions on a clock of its own: what each does with a request."""

    def __init__(self, plans, *, shares_log):
        self.plans, self.shares_log, self.now = plans, shares_log, 0.0
        self.calls, self.dead = {}, {}

    def sleep(self, seconds):
        self.now += seconds

    def send(self, region):
        def ask(request: Ask):
            self.now += 0.01
            is_place = request.method == "POST" and request.path.endswith("Calls.json")
            if self.dead.get(region, 1e9) <= self.now:
                raise httpx.ReadError("the region is gone")
            return self._placed(region) if is_place else self._shown(region, request)

        return ask

    def rings(self):
        """Regions in which it has rung once everything has happened that will."""
        self.now += 3600
        return [c["region"] for c in self.calls.values() if self._dialled(c)]

    def _placed(self, region):
        plan = self.plans[region]
        if plan == "refused":
            raise httpx.ConnectError("nobody listens")
        if plan == "timeout_before":
            self.now += 10
            raise httpx.ReadTimeout("nothing came")
        if plan == "cut_before":
            raise httpx.RemoteProtocolError("cut")
        if plan in ("error", "too_many", "bad_number"):
            status = {"error": 503, "too_many": 429, "bad_number": 400}[plan]
            return _json(status, {"code": status, "message": plan})
        call = self._new(region, plan)
        if plan == "late":
            self.now += 10
            raise httpx.ReadTimeout("nothing came")
        if plan == "cut_after":
            raise httpx.ReadError("cut")
        if plan.startswith("error_after"):
            return _json(500, {"code": 500})
        if "dies" in plan:
            self.dead[region] = self.now + 0.2
        return _json(201, {} if plan == "no_id" else self._resource(call))

    def _new(self, region, plan):
        dials_at = self.now + 0.3
        if plan in ("waits_and_dies", "never_dials"):
            dials_at = 1e9
        elif plan in ("waits_and_dies_but_dials", "late"):
            dials_at = self.now + LATE_S
        elif plan == "dials_and_dies":
            dials_at = self.now + 0.1
        shown_at = self.now + {"error_after_slow_log": 2.5, "late": LATE_S}.get(plan, 0.0)
        sid = f"CA{len(self.calls)}"
        self.calls[sid] = {
            "sid": sid,
            "region": region,
            "made_at": self.now,
            "dials_at": dials_at,
            "shown_at": shown_at,
            "ends_at": self.now + 1.0 if plan == "never_dials" else 1e9,
            "canceled": False,
        }
        return self.calls[sid]

    def _dialled(self, call):
        return not call["canceled"] and call["dials_at"] <= self.now

    def _shown(self, region, request):
        seen = [
            call
            for call in self.calls.values()
            if call["shown_at"] <= self.now and (self.shares_log or call["region"] == region)
        ]
        if request.path.endswith("Calls.json"):
            return _json(200, {"calls": [self._resource(call) for call in seen], "page": 0})
        sid = request.path.rsplit("/", 1)[1].removesuffix(".json")
        call = next((call for call in seen if call["sid"] == sid), None)
        if call is None:
            return _json(404, {"code": 20404})
        if request.form and request.form["Status"] == "canceled" and not self._dialled(call):
            call["canceled"] = True
        return _json(200, self._resource(call))

    def _resource(self, call):
        is_out = self._dialled(call)
        is_failed = call["ends_at"] <= self.now
        status = "canceled" if call["canceled"] else "failed" if is_failed else "queued"
        return {
            "sid": call["sid"],
            "status": "ringing" if is_out else status,
            "start_time": "now" if is_out else None,
            "date_created": format_datetime(NOW + timedelta(seconds=call["made_at"])),
        }


def _json(status, body):
    return httpx.Response(status, json=body)


def place(plans, *, shares_log=True, vendor="twilio"):
    regions = Regions(plans, shares_log=shares_log)
    sim = SIMS[vendor]()
    urls = [f"http://region-{n}.example" for n in range(len(plans))]
    account = account_for(sim, urls, "https://calls.example.com", shares_log=shares_log)
    sends = tuple(regions.send(region) for region in range(len(plans)))
    dial = Dial(NUMBER, OWN.number, 25, 900, "call.1", "https://a", "https://s", NOW)
    placing = Placing(vendor_of(account), sends, PATIENCE, regions.sleep)
    placed = placing.place((dial,) * len(plans))
    return placed, regions


PLANS = st.lists(st.sampled_from(HOW_IT_ENDS), min_size=1, max_size=3)


@example(plans=["waits_and_dies", "no_id", "takes"], shares_log=True)
@given(plans=PLANS, shares_log=st.booleans())
def test_whatever_the_regions_do_no_telephone_rings_twice(plans, shares_log):
    """R270: and what is said never to have rung has not, nor will it."""
    placed, regions = place(plans, shares_log=shares_log)
    rings = regions.rings()
    assert len(rings) <= 1
    status = placed.receipt.status
    assert status in ("placed", "retry", "rejected", "unknown")
    if status in ("retry", "rejected"):
        assert rings == []
    if status == "placed" and rings and placed.receipt.provider_id:
        assert regions.calls[placed.receipt.provider_id]["region"] == rings[0]


def test_the_second_region_takes_over_wherever_it_is_proven_that_nothing_rang():
    for first in ("refused", "error", "too_many", "waits_and_dies", "never_dials"):
        placed, regions = place([first, "takes"])
        assert (placed.receipt.status, placed.region) == ("placed", 1), first
        assert regions.rings() == [1]


def test_a_request_without_an_answer_is_never_repeated():
    for first in ("timeout_before", "cut_before", "late"):
        placed, regions = place([first, "takes"])
        assert placed.receipt.status == "unknown", first
        assert 1 not in regions.rings()


def test_a_call_that_was_placed_in_spite_of_an_error_is_found():
    for first in ("cut_after", "error_after", "error_after_slow_log"):
        placed, regions = place([first, "takes"])
        assert (placed.receipt.status, placed.region) == ("placed", 0), first
        assert placed.receipt.provider_id == "CA0"
        assert regions.rings() == [0]


def test_a_region_that_dies_is_not_taken_over_where_no_other_knows_its_calls():
    placed, regions = place(["waits_and_dies", "takes"], shares_log=False)
    assert (placed.receipt.status, placed.region) == ("placed", 0)
    assert regions.rings() == []


def test_a_call_that_may_have_been_dialled_is_never_taken_back():
    for status in ("queued", "ringing", "canceled", "failed", "no-answer", "completed"):
        call = {"sid": "CA", "status": status, "start_time": "Tue, 13 Jan 2026 10:00:00 +0000"}
        assert seen_as(call).phase == "dialled"
        assert seen_as(call | {"start_time": None}, proves=False).phase in ("dialled", "waiting")
    telnyx = vendor_of(account_for(SIMS["telnyx"](), ["http://r"], "https://c"))
    canceled = httpx.Response(200, json={"sid": "v3:x", "status": "canceled", "start_time": None})
    assert telnyx.cancel(lambda _: canceled, "v3:x") is False


def test_where_every_region_refuses_it_is_tried_later_and_one_bad_number_is_not():
    assert place(["refused", "error", "too_many"])[0].receipt.status == "retry"
    placed, _ = place(["bad_number", "takes"])
    assert (placed.receipt.status, placed.region) == ("rejected", 0)
    assert Counter(place(["refused"] * 3)[1].rings()) == {}
