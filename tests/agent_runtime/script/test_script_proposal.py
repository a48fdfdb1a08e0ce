import pytest
import yaml

from agent_runtime.library.catalog import load_library
from agent_runtime.library.content import LibraryError, read_content
from agent_runtime.library.playbook import Playbook
from agent_runtime.library.scenario import Scenario
from agent_runtime.script.importing import import_script
from agent_runtime.script.parts import ScriptError
from agent_runtime.script.shelf import PAGE, PENDING


@pytest.fixture
def imported(shelf, scripted, now, script):
    def run(text=None, **options):
        path = script(text) if text else script()
        return import_script(path, shelf, options.pop("model", scripted), now=now, **options)

    return run


def page_of(imported):
    return imported.files[PAGE]


def test_a_script_becomes_playbook_texts_and_scenarios(imported):
    """R268: set up by a script, not by code."""
    found = imported()
    playbook = Playbook.model_validate(yaml.safe_load(found.files["playbooks/cold_call.yaml"]))
    scenarios = [
        Scenario.model_validate(yaml.safe_load(text))
        for where, text in found.files.items()
        if where.startswith("scenarios/")
    ]

    assert playbook.touches[0].say == ("cold_call.opener",)
    assert [q.say for q in playbook.questions][-1].startswith("cold_call.close_")
    assert {m.intents[0]: m.do for m in playbook.moves} == {
        "objection_price": "answer",
        "uses_competitor": "answer",
        "integration_question": "answer",
    }
    assert [m.signals for m in playbook.handoff] == [("strategic",)]
    assert playbook.autonomy == "assistive"
    assert playbook.locales == ("en",)
    assert {s.playbook for s in scenarios} == {"cold_call"}
    assert {"stop", "angry", "off_topic", "person"} <= {s.id.split(".")[1] for s in scenarios}


def test_no_text_of_a_proposal_can_be_served(imported, tmp_path):
    """R268: nothing is live until somebody approves it; not even by copying the files."""
    for where, text in imported().files.items():
        path = tmp_path / "copied" / where
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    texts = list((tmp_path / "copied/content").rglob("*.md"))

    assert texts
    for path in texts:
        with pytest.raises(LibraryError, match="field approve"):
            read_content(path)
    with pytest.raises(LibraryError):
        load_library(tmp_path / "copied")


def test_the_greeting_and_the_name_are_left_to_the_frame(imported):
    opener = imported().files["content/en/cold_call.opener.md"]

    assert "Northbeam" not in opener
    assert "How does {company} reconcile billing today?" in opener
    assert "subject: Revenue figures at {company}" in opener


def test_a_claim_that_needs_proof_waits_for_a_person(imported):
    found = imported("## Objections\n\n- It is too expensive: You save 30% in the best case.\n")
    text = next(t for w, t in found.files.items() if "answer_" in w and w.endswith(".md"))

    assert f"claim: '{PENDING} (number, superlative): You save 30%" in text.replace("\n  ", " ")
    assert "(number, superlative)" in page_of(found)
    assert any("waits for a person" in problem for problem in found.problems)


@pytest.mark.parametrize(
    ("objection", "why"),
    [
        ("I am not interested", "not_interested is obeyed and never argued with"),
        ("Give me a discount", "discount_request goes to a person in every playbook"),
        ("Lorem ipsum", "does not read it with confidence"),
    ],
)
def test_what_no_script_may_answer_is_not_taken_over(imported, objection, why):
    """R106: a no is obeyed, and price negotiation is for a person, whatever a script says."""
    found = imported(f"## Objections\n\n- {objection}: But listen.\n\n- Too expensive: I see.\n")

    assert len(found.proposal.placed) == 1
    assert why in page_of(found)


def test_answers_to_one_meaning_are_told_apart_by_words(imported):
    found = imported(
        "## FAQ\n\n**Does it work with SAP?**\nYes, by API.\n\n"
        "**And SAP with NetSuite billing?**\nYes, ready-made.\n"
    )
    (move,) = found.proposal.playbook["moves"]
    topics = [text.topics for text in found.proposal.texts]

    assert len(move["one_of"]) == 2
    assert topics == [(), ("netsuite", "billing")]


def test_a_time_in_a_closing_is_left_to_the_calendar(imported):
    found = imported(
        "## Objections\n\n- Too expensive: I see.\n\n## Close\n\nIs Tuesday at 10 fine?\n"
    )

    assert found.proposal.dated == ("Is Tuesday at 10 fine?",)
    assert not found.proposal.playbook["questions"]


def test_a_transcript_is_proposed_without_anybody_in_it(imported, call, model):
    """R268: a call as the source; no name, number or address of it is written."""
    found = imported(call, model=model, name="renewal_call")
    written = "\n".join(f"{where}\n{text}" for where, text in found.files.items())

    assert found.kind == "transcript"
    for secret in ("Anna", "Berg", "Kranwerk", "Tom", "Hill", "901820", "Sara", "Lindqvist"):
        assert secret not in written
    assert "But that is too expensive" in written
    assert yaml.safe_load(found.files["scenarios/renewal_call/the_call.yaml"])["turns"][1]["buyer"]


def test_a_file_that_is_called_like_a_speaker_needs_a_name(shelf, scripted, now, script, call):
    path = script(call, name="anna-berg.txt")

    with pytest.raises(ScriptError, match="the file's name holds a speaker's name; give --name"):
        import_script(path, shelf, scripted, now=now)


def test_a_script_in_another_of_our_languages_is_proposed_in_it(imported, model):
    found = imported(
        "## Einstieg\n\nWir halten Ihre Zahlen überall gleich. Wie machen Sie das heute?\n\n"
        "## Einwände\n\n- Das ist uns zu teuer: Das verstehe ich. Es lohnt sich nicht für alle.\n",
        model=model,
    )

    assert found.proposal.language == "de"
    assert "content/de/cold_call.opener.md" in found.files
    assert found.problems == ()
    assert "in en, es, fr, pt, it no first message is sent" in page_of(found)


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        ("Just a letter.\n\nNothing else.", {}, "nothing in it reads like a sales script"),
        (None, {"language": "nl"}, "--language 'nl' is none of ours"),
        (None, {"agent": "Bob"}, "is no transcript; leave the option out"),
        (None, {"name": "123"}, "--name '123' holds no letter"),
    ],
)
def test_what_cannot_be_imported_is_said_in_one_sentence(imported, text, options, said):
    with pytest.raises(ScriptError, match=said):
        imported(text, **options)


def test_the_same_script_always_makes_the_same_files(imported):
    assert imported().files == imported().files


def test_the_page_says_what_is_missing(imported):
    page = page_of(imported("## Objections\n\n- No time\n- Too expensive: I see.\n"))

    assert "An answer to “No time”" in page
    assert "An opening: the playbook only answers." in page
    assert "Words of the script for “what does it cost” (pricing_question)" in page
    assert "no agent says or does any of this until a person approves it" in page
