"""Whom the visitor of the page is taken for."""

from conversation_world import ANA, NOW, new_world

from agent_runtime.channels.voice.browser.serving import Caller, start_of

NUMBER = "+4930901820"


def test_a_known_person_talks_on_their_own_number_and_is_called_on_no_other_afterwards():
    store, _ = new_world()
    store.add_address("voice", NUMBER, ANA.person_id, now=NOW)
    start = start_of(store, Caller(ANA.email), "call-webrtc-1", now=NOW)
    assert (start.direction, start.number, start.address) == ("inbound", NUMBER, NUMBER)
    assert store.address_on("voice", ANA.person_id) == NUMBER


def test_a_known_person_without_a_number_is_still_known():
    store, _ = new_world()
    start = start_of(store, Caller(ANA.person_id, "icp_prospecting"), "call-webrtc-1", now=NOW)
    assert (start.direction, start.meta["playbook"]) == ("outbound", "icp_prospecting")
    assert store.person_at("voice", start.address) == ANA.person_id


def test_whoever_nobody_knows_is_nobody():
    store, _ = new_world()
    start = start_of(store, Caller(), "call-webrtc-1", now=NOW)
    assert (start.direction, start.number) == ("inbound", "")
    assert not store.person_at("voice", start.address)
