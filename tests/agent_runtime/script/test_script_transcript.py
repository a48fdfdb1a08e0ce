import pytest

from agent_runtime.script.call import parts_of_call
from agent_runtime.script.parts import ScriptError
from agent_runtime.script.people import Hiding, People
from agent_runtime.script.transcript import name_and_firm, read_call

SHAPES = [
    "Agent: Hello there.\nCustomer: Who is this?\nAgent: Northbeam.\nCustomer: I see.\n",
    "**Agent:** Hello there.\n\n**Customer:** Who is this?\n\n**Agent:** Northbeam.\n\n"
    "**Customer:** I see.\n",
    "[00:01] Agent: Hello there.\n[00:02] Customer: Who is this?\n[00:03] Agent: Northbeam.\n"
    "[00:04] Customer: I see.\n",
    "Agent  0:01\nHello there.\n\nCustomer  0:02\nWho is this?\n\nAgent  0:03\nNorthbeam.\n\n"
    "Customer  0:04\nI see.\n",
    "Agent (0:01): Hello there.\nCustomer (0:02): Who is this?\nAgent (0:03): Northbeam.\n"
    "Customer (0:04): I see.\n",
    "Agent: Hello\nthere.\nCustomer: Who\nis this?\nAgent: Northbeam.\nCustomer: I see.\n",
]


@pytest.mark.parametrize("text", SHAPES)
def test_turns_are_found_however_they_are_written(text):
    """R268: calls that were written down, as recorders write them."""
    call = read_call(text)

    assert call.ours == "Agent"
    assert [(turn.is_ours, turn.text) for turn in call.turns] == [
        (True, "Hello there."),
        (False, "Who is this?"),
        (True, "Northbeam."),
        (False, "I see."),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "## Objections\n\nProspect: Too dear\nRep: No.\nProspect: Too late\nRep: No.\n",
        "Q: One?\nA: Yes.\nQ: Two?\nA: Yes.\n",
        "Agent: Hello.\nAgent: Anybody?\nAgent: Hello?\nAgent: Bye.\n",
        "Once upon a time.\nThere was nothing.\nNote: this.\nAnd that: so.\nThe end.\n",
    ],
)
def test_what_is_no_call_is_not_taken_for_one(text):
    assert read_call(text) is None


def test_who_introduces_themselves_is_ours_and_the_reviewer_is_told():
    call = read_call("Ann: Hello?\nBob: Hi, this is Bob from Northbeam.\nAnn: Yes.\nBob: Fine.\n")

    assert call.ours == "Bob"
    assert "introduces themselves first" in call.remarks[0]


def test_the_user_may_say_who_is_ours():
    text = "Ann: Hello?\nBob: Yes.\nAnn: Fine.\nBob: Good.\n"

    assert read_call(text).ours == "Ann"
    assert read_call(text, agent="bob").ours == "Bob"
    with pytest.raises(ScriptError, match="--agent 'Carl' is no speaker; the speakers are 'Ann'"):
        read_call(text, agent="Carl")


@pytest.mark.parametrize(
    ("speaker", "expected"),
    [
        ("Anna Berg", ("Anna Berg", "")),
        ("Anna Berg (Kranwerk GmbH)", ("Anna Berg", "Kranwerk GmbH")),
        ("Anna Berg (Customer)", ("Anna Berg", "")),
        ("Customer", ("", "")),
        ("Speaker 2", ("", "")),
    ],
)
def test_a_role_is_no_name(speaker, expected):
    assert name_and_firm(speaker) == expected


def test_a_call_shows_what_was_asked_and_answered(call, model):
    read = read_call(call)
    people = People("Anna Berg", "Kranwerk GmbH", "Sara Lindqvist")
    hiding = Hiding(people, [turn.text for turn in read.turns])
    parts = parts_of_call(read, hiding, model, language="en")

    (exchange,) = parts.exchanges
    assert exchange.asked == "But that is too expensive for us."
    assert exchange.answered == "I understand. It pays only where work by hand costs more."
    assert parts.openings[0].text.startswith("We keep revenue data in step")
    assert parts.questions == ("How do you do it today?", "Which tools do you use?")
    assert parts.closings == ("Would Thursday at ten suit you and [[PERSON_1]]?",)
    assert len(parts.dialogue) == 4
