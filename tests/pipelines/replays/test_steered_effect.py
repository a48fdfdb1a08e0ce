"""What a change would do to past turns is said before it goes live (R81, R85, R201)."""

import json
from datetime import UTC, datetime

import pytest
from rule_changes import RULE_CHANGES, recorded

from agent_runtime.library.catalog import load_library
from agent_runtime.models.embedded import load_embedded_model
from agent_runtime.replaying.versions import Versions
from agent_runtime.settings import load_settings
from agent_runtime.status import open_store
from agent_runtime.steering.effect import effect_of
from agent_runtime.store.reading import turns_of

AT = datetime(2026, 2, 1, tzinfo=UTC)
DIALLED = {
    "caps: one touch a person": ("rule:caps.per_person", 1),
    "quiet hours: from ten": ("rule:quiet_hours.first_hour", 10),
}


@pytest.fixture(scope="module")
def effect(played):
    settings = load_settings(played)
    store = open_store(settings)
    events = turns_of(store.engine, store.tenant_id)
    versions = Versions(load_library(), load_embedded_model(cache=settings.cache))

    def of(subject, after, **flags):
        return effect_of(subject, after, events, versions, flags, at=AT)

    return of


@pytest.mark.parametrize("name", DIALLED)
def test_the_effect_of_a_dial_counts_exactly_the_turns_affected(name, effect, played):
    subject, after = DIALLED[name]
    affected = [
        turn for turn in recorded(played / "runtime.db") if RULE_CHANGES[name].affects(turn)
    ]
    found = effect(subject, after)
    assert (found.changed, found.unsaid) == (len(affected), 0)
    assert sum(one.turns for one in found.moved) == found.changed
    assert {one.thread_id for one in found.moved} <= {turn.thread for turn in affected}


def test_what_is_in_force_already_changes_nothing(effect):
    flags = {"rule:caps.per_person": json.dumps(1)}
    assert effect("rule:caps.per_person", 1, **flags).changed == 0


def test_a_stricter_level_holds_messages_for_a_person_and_only_of_its_playbook(effect):
    found = effect("autonomy:icp_prospecting", "assistive")
    assert found.changed > 0
    held = ("held for a person by approval", "a_person_books")
    assert all(any(what in one.now for what in held) for one in found.moved)
    assert effect("autonomy:nurture", "assistive").changed == 0
