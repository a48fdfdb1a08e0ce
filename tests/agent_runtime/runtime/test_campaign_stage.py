"""The state of a campaign binds the permit: no real address in a sandbox, no freer than told."""

import json
from dataclasses import replace

import pytest
from conversation_world import ANA, NOW, Wire, new_world, task, work_all
from hypothesis import given
from hypothesis import strategies as st

from agent_runtime.campaign_stage import (
    PUBLISHED,
    StageBounds,
    as_text,
    bounds_of,
    is_test_address,
)
from agent_runtime.domain import LEVELS

REAL = replace(ANA, email="ana@alder.com")


def sent_to(contact, published):
    """What leaves for the first touch of campaign `c`."""
    store, runtime = new_world()
    store.add_contact(contact)
    store.save_task(task(2, state="CANCELLED"))
    if published is not None:
        store.publish(PUBLISHED, published)
    wire = Wire()
    work_all(store, runtime, wire, NOW)
    return wire.mails


@pytest.mark.parametrize(
    "published", [None, "{}", "not JSON", '{"c": {"freedom": 9}}', as_text({"c": StageBounds()})]
)
def test_no_real_address_leaves_a_sandbox_or_a_state_that_nobody_knows(published):
    """R83: fail closed."""
    assert sent_to(REAL, published) == []
    assert len(sent_to(ANA, published)) == 1


def test_a_pilot_writes_to_real_people():
    """R84."""
    assert len(sent_to(REAL, as_text({"c": StageBounds("pilot", tests_only=False)}))) == 1


def test_a_state_makes_the_agent_less_free_and_never_freer():
    """R84."""
    pilot = StageBounds("pilot", tests_only=False, autonomy="assistive")
    assert sent_to(REAL, as_text({"c": pilot})) == []
    for level in LEVELS:
        for bound in LEVELS:
            got = StageBounds(autonomy=bound).at_most(level)
            assert LEVELS.index(got) == min(LEVELS.index(level), LEVELS.index(bound))
    assert StageBounds(autonomy="supervised").at_most("") == "supervised"


@pytest.mark.parametrize(
    ("address", "is_test"),
    [
        ("ana@alder.example", True),
        ("ana@Alder.EXAMPLE.", True),
        ("ana@example.com", True),
        ("ana@mail.example.org", True),
        ("ana@x.test", True),
        ("ana@myexample.com", False),
        ("ana@example.com.evil.io", False),
        ("ana@alder.example@real.com", False),
        ("example", False),
        ("", False),
    ],
)
def test_only_domains_that_nobody_can_own_are_for_tests(address, is_test):
    assert is_test_address(address) is is_test


@given(st.text(max_size=30))
def test_whatever_is_published_an_unreadable_state_is_a_sandbox(text):
    store, _ = new_world()
    store.publish(PUBLISHED, json.dumps({"c": text}))
    assert bounds_of(store, "c") == StageBounds()
    assert not bounds_of(store, "").tests_only
