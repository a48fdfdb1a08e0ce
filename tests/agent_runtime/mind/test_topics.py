import pytest

from agent_runtime.library.content import Content
from agent_runtime.planning.topics import text_about


def text(name, *topics):
    return Content.model_validate(
        {
            "id": f"help.{name}",
            "version": 1,
            "locale": "en",
            "kind": "asset",
            "claim": "x",
            "approver": "A",
            "approved_at": "2026-01-01",
            "expires_at": "2030-01-01",
            "body": "x",
            "topics": topics,
        }
    )


LOGIN = text("login", "password", "sign in", "Kennwort")
SYNC = text("sync", "sync", "out of date")


@pytest.mark.parametrize(
    ("words", "chosen"),
    [
        ("I forgot my PASSWORD", "help.login"),
        ("mein kennwort geht nicht", "help.login"),
        ("since the syncing stopped everything is out of date, even my password", "help.sync"),
        ("my password is gone and the sync stopped", ""),
        ("nothing works", ""),
        ("the resync button is grey", ""),
        ("It is broken.\n\nOn Mon, 5 Jan 2026 at 10:00 Sara wrote:\n> your password", ""),
    ],
)
def test_only_the_exact_text_is_chosen(words, chosen):
    """R136: the exact article; where two are named equally, or none, nobody guesses."""
    assert text_about(words, [LOGIN, SYNC]) == chosen


def test_a_text_without_topics_suits_where_no_other_is_named():
    everybody = text("everybody")

    assert text_about("hello", [LOGIN, everybody]) == "help.everybody"
    assert text_about("my password", [everybody, LOGIN]) == "help.login"


def test_no_text_is_about_anything():
    assert text_about("my password", []) == ""
