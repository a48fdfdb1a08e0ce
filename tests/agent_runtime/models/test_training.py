import pytest

from agent_runtime.library.content import LibraryError
from agent_runtime.models.training import Example, read_training


def test_an_utterance_may_say_several_things(tmp_path):
    """R41: the first name is what comes first."""
    (tmp_path / "x.yaml").write_text(
        "intents:\n  pricing_question + interested:\n    en: |\n      Nice. How much?\n"
    )

    assert read_training(tmp_path) == (
        Example("Nice. How much?", "pricing_question", "en", ("interested",)),
    )


def test_a_name_that_is_no_intent_is_refused(tmp_path):
    (tmp_path / "x.yaml").write_text("intents:\n  angry + flying:\n    en: Grr\n")

    with pytest.raises(LibraryError, match=r"field intents.*flying is no intent"):
        read_training(tmp_path)
