import pytest

from agent_runtime.script.document import read_parts
from agent_runtime.script.parts import Exchange


def asked(markdown):
    return [(one.asked, one.answered) for one in read_parts(markdown).exchanges]


@pytest.mark.parametrize(
    ("heading", "section"),
    [
        ("## Opening", "openings"),
        ("## 1. Opening", "openings"),
        ("**Opening:**", "openings"),
        ("Opening\n=======", "openings"),
        ("EINSTIEG", "openings"),
        ("## Accroche", "openings"),
        ("## Qualifying questions", "questions"),
        ("## Qualifizierungsfragen", "questions"),
        ("## Preguntas de cualificación", "questions"),
        ("## Opening questions", "questions"),
        ("## Opening script", "openings"),
        ("# Cold call script\n\n## Opening", "openings"),
        ("## Übergabe an den Vertrieb", "handoffs"),
        ("## When to involve a person", "handoffs"),
        ("## Próximos passos", "closings"),
        ("## Abschluss", "closings"),
    ],
)
def test_a_heading_says_what_stands_below_it(heading, section):
    parts = read_parts(f"{heading}\n\nHow do you do it?\n")
    found = getattr(parts, section)

    assert [getattr(one, "text", one) for one in found] == ["How do you do it?"]
    assert sum(map(len, (parts.openings, parts.questions, parts.handoffs, parts.closings))) == 1


@pytest.mark.parametrize(
    "entry",
    [
        '"Too dear" → It pays off.',
        "Too dear -> It pays off.",
        "- **Too dear:** It pays off.",
        "- Too dear: It pays off.",
        "Objection: Too dear\nAnswer: It pays off.",
        "Prospect: Too dear\nRep: It pays off.",
        "Einwand: Too dear\nAntwort: It pays off.",
        "### Too dear\n\nIt pays off.",
        '### "Too dear"\n\n> It pays off.',
        "**Too dear**\n\nIt pays off.",
        "“Too dear”\n“It pays off.”",
        "- Too dear\n  - It pays off.",
        "| Objection | Answer |\n|---|---|\n| Too dear | It pays off. |",
        "| Einwand | Antwort |\n|---|---|\n| „Too dear“ | It pays off. |",
        "If they say too dear, say: It pays off.",
    ],
)
def test_an_objection_and_its_answer_are_found_however_they_are_written(entry):
    found = asked(f"## Objections\n\n{entry}\n")

    assert [(a.lower(), b) for a, b in found] == [("too dear", "It pays off.")]


def test_questions_and_answers_are_paired():
    found = read_parts(
        "## FAQ\n\n**Is it safe?**\nYes.\n\nQ: Where is it?\nA: In the EU.\n\n"
        "Does it scale? It does.\n"
    ).exchanges

    assert found == (
        Exchange("Is it safe?", "Yes.", "question"),
        Exchange("Where is it?", "In the EU.", "question"),
        Exchange("Does it scale?", "It does.", "question"),
    )


def test_an_objection_without_an_answer_is_kept_for_the_reviewer():
    parts = read_parts(
        "## Objections\n\n- No time\n- No budget\n\n### Too dear\n\n### Too slow\n\nNo.\n"
    )

    assert parts.unanswered == ("No time", "No budget", "Too dear")
    assert [one.asked for one in parts.exchanges] == ["Too slow"]


def test_an_answer_may_have_several_paragraphs_and_a_list():
    found = asked("## Objections\n\n### Too dear\n\nI see.\n\n- It pays off.\n- Or it does not.\n")

    assert found == [("Too dear", "I see.\n\nIt pays off.\n\nOr it does not.")]


def test_later_messages_follow_the_first_and_variants_are_left_to_people():
    parts = read_parts(
        "## Opener\n\n### A\n\nHello one.\n\n### B\n\nHello two.\n\n"
        "## Follow-up\n\nSubject: Again\n\nHello again.\n"
    )

    assert [(one.text, one.subject) for one in parts.openings] == [
        ("Hello one.", ""),
        ("Hello again.", "Again"),
    ]
    assert parts.unplaced == ("Hello two.",)


def test_a_dialogue_in_the_opening_is_taken_apart():
    parts = read_parts("## Opening\n\nRep: Hello there.\nProspect: Who are you?\nRep: Northbeam.\n")

    assert [one.text for one in parts.openings] == ["Hello there."]
    assert parts.exchanges == (Exchange("Who are you?", "Northbeam.", "question"),)


def test_what_is_no_part_of_a_script_is_listed_and_not_guessed():
    parts = read_parts("# Title\n\nWe were founded in Dublin.\n\n## Our office\n\nIt is green.\n")

    assert parts.is_empty
    assert parts.unplaced == ("We were founded in Dublin.", "It is green.")


@pytest.mark.parametrize("text", ["", "\n\n", "---", "|||", "#", "**", ":", "- ", "“", "> "])
def test_odd_input_breaks_nothing(text):
    assert read_parts(f"## Objections\n\n{text}\n").exchanges == ()
