import pytest
from mind_dialogue import Played, play

from agent_runtime.library.catalog import load_library
from agent_runtime.models.embedded import load_embedded_model

LIBRARY = load_library()


@pytest.fixture(scope="module")
def model():
    return load_embedded_model()


@pytest.mark.parametrize("scenario", LIBRARY.scenarios, ids=lambda s: s.id)
def test_scenario_ends_as_its_authors_expect(scenario, model, contact):
    """R87-R95: each playbook's dialogues, its handoff rule, a stop, off-topic and anger."""
    for played in play(scenario, LIBRARY, model, contact):
        _check(played, LIBRARY.playbook(scenario.playbook).frame)


def _check(played: Played, frame: str):
    expected, best = played.turn.expect, played.best
    story = f"{played.turn.buyer or played.turn.due}: {played.perception} -> {best}"
    assert expected.action in (None, best.action), story
    assert expected.reason in (None, best.reason), story
    assert expected.state in (None, best.next_state), story
    assert expected.route_to in (None, best.route_to), story
    assert expected.inform in (None, best.inform), story
    assert expected.priority in (None, best.priority), story
    if played.turn.heard and played.perception:
        assert played.perception.primary == played.turn.heard, story
    if expected.says is not None:
        said = best.proposal.content_ids if best.proposal else best.contents
        assert said == expected.says, story
    if expected.is_silent:
        assert best.proposal is None, story
    if expected.books is not None:
        assert best.book == played.session.offered[expected.books - 1], story
    for words in expected.contains:
        assert words in played.draft, f"{words!r} is not in: {played.draft}"
    assert played.draft.count("?") <= 1, played.draft
    assert len(played.evidence) <= 4
