"""Calls over a carrier: placed by REST, told of by signed webhooks, their sound by a socket."""

import pytest
from carrier_calls import NUMBER, OWN, carrier_calls
from phone_vendors import SIMS

VENDORS = pytest.mark.parametrize("vendor", list(SIMS))
pytestmark = pytest.mark.real


@VENDORS
def test_a_call_of_the_queue_rings_once_is_answered_and_has_its_sound_led_here(vendor):
    """R248."""
    with carrier_calls(vendor) as calls:
        call = calls.dial()
        (ring,) = calls.network.rings
        assert (ring.to, ring.frm) == (NUMBER, OWN.number)
        (name,) = calls.led
        assert (name.call_id, name.attempt, name.provider_id) == (call.call_id, "1", ring.sid)
        assert (call.state, call.outcome) == ("ENDED", "dropped"), "nobody of ours spoke"
        assert {status for _, status in calls.network.hooks} == {200}


@VENDORS
@pytest.mark.parametrize(
    ("habit", "state"),
    [("busy", "BUSY"), ("no_answer", "NO_ANSWER"), ("failed", "FAILED")],
)
def test_what_the_carrier_learns_before_anybody_answers_reaches_the_desk(vendor, habit, state):
    with carrier_calls(vendor, policy={"max_attempts": 1}) as calls:
        calls.network.habits[NUMBER] = habit
        call = calls.dial()
        assert call.state == state
        assert calls.led == []
