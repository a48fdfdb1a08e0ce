"""Who writes is said at the start and answered when asked: every playbook, channel and language."""

from dataclasses import replace

import pytest
from test_restricted import FACTS, LIBRARY, NOW, saying

from agent_runtime.library.content import LOCALES
from agent_runtime.policies.content import disclosure

SAYS_AI = {
    "en": "AI assistant",
    "es": "IA",
    "de": "KI",
    "fr": "IA",
    "pt": "IA",
    "it": "IA",
}


@pytest.mark.parametrize("language", LOCALES)
@pytest.mark.parametrize("channel", ["email", "chat", "sms", "whatsapp"])
@pytest.mark.parametrize("playbook", sorted(LIBRARY.playbooks))
def test_the_frame_of_every_first_message_says_that_an_ai_writes(playbook, channel, language):
    """R57 R225: on every channel, in six languages, in words and not by a flag alone."""
    frame = LIBRARY.playbook(playbook).frame_on(channel)
    content = LIBRARY.live(frame, language=language, now=NOW)

    assert content is not None
    assert SAYS_AI[language] in content.body
    assert disclosure(saying((content.body, (content.fact,))), FACTS).decision == "allow"


@pytest.mark.parametrize("channel", ["email", "chat", "sms"])
def test_a_first_message_that_does_not_say_so_is_stopped(channel):
    content = LIBRARY.contents["answer.pricing", "en"]
    silent = replace(saying((content.body, (content.fact,))), channel=channel)
    assert disclosure(silent, FACTS).decision == "block"


@pytest.mark.parametrize("playbook", sorted(LIBRARY.playbooks))
def test_are_you_a_bot_is_answered_honestly_or_by_a_person(playbook):
    found = LIBRARY.playbook(playbook)
    group, move = next(
        (group, move)
        for group, move in LIBRARY.moves(found)
        if "are_you_a_bot" in (*move.intents, *move.rules)
    )
    if move.do == "hand_off":
        assert group == "handoff"
        return
    assert move.say
    for language in LOCALES:
        content = LIBRARY.live(move.say[0], language=language, now=NOW)
        assert content is not None
        assert SAYS_AI[language] in content.body
        assert "{owner_name}" in content.body
