"""What an agent may not say of its own, and that all approved wording passes."""

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from agent_runtime.domain import Proposal, Sentence, Session
from agent_runtime.library.catalog import load_library
from agent_runtime.library.content import LOCALES, SLOT_VALUES
from agent_runtime.policies import restricted
from agent_runtime.policies.facts import Facts
from agent_runtime.policies.restricted import KINDS, said_in

NOW = datetime(2026, 1, 13, 10, 0, tzinfo=UTC)
FOLDER = Path(__file__).parent
RULES = {
    "topics": restricted.topics,
    "claims": restricted.claims,
    "discounts": restricted.discounts,
}
DECISIONS = {"topics": "escalate", "claims": "block", "discounts": "block"}
LIBRARY = load_library()
FACTS = Facts(
    now=NOW,
    actor="agent",
    session=Session("t", "thread-p", "p", "c", "icp_prospecting", "start"),
    approvals=LIBRARY,
    recipient="ana@alder.example",
    mailbox="lena@mail.northbeam.example",
)


def lines(name):
    return yaml.safe_load((FOLDER / f"{name}.yaml").read_text("utf-8"))


def saying(*sentences, language="en", subject="", touch_class="reply"):
    return Proposal(
        action="answer",
        touch_class=touch_class,
        channel="email",
        purpose="reply",
        subject=subject,
        sentences=tuple(Sentence(text, facts) for text, facts in sentences),
        language=language,
        confidence=1.0,
    )


def approved():
    """Every paragraph and subject of the library, its slots filled."""
    values = defaultdict(str, SLOT_VALUES | {"time": "Tue 13 Jan 10:00", "slots": "1) Tue"})
    for (_, language), content in LIBRARY.contents.items():
        if content.subject:
            yield content, language, content.subject.format_map(values), True
        for paragraph in content.paragraphs:
            if not {"time", "slots"} & content.slots:
                yield content, language, paragraph.format_map(values), False


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", LOCALES)
def test_what_nobody_approved_is_stopped(kind, language):
    """R57 R58 R59 R226: risky topics, claims and discounts, whatever the words and the language."""
    said = lines("restricted")[kind][language].strip().splitlines()
    passed = [
        text
        for text in said
        if RULES[kind](saying((text, ()), language=language), FACTS).decision != DECISIONS[kind]
    ]
    assert passed == []


@pytest.mark.parametrize("kind", KINDS)
def test_most_of_what_was_kept_back_is_stopped(kind):
    """R57 R58 R59: measured on sentences that the rules were not tuned on."""
    said = [t for block in lines("restricted_later")[kind].values() for t in block.splitlines()]
    stopped = sum(bool(said_in(kind, text)) for text in said)

    assert len(said) >= 40
    assert stopped / len(said) >= 0.9


def test_ordinary_sentences_pass():
    said = [text for block in lines("plain").values() for text in block.splitlines()]
    stopped = [(text, kind) for text in said for kind in KINDS if said_in(kind, text)]

    assert len(said) >= 70
    assert stopped == []


def test_all_approved_wording_passes():
    """R226: whoever approved a text holds the proof of what it claims."""
    stopped = []
    for content, language, text, is_subject in approved():
        proposal = (
            saying(("Hello.", ()), language=language, subject=text, touch_class="proactive")
            if is_subject
            else saying((text, (content.fact,)), language=language)
        )
        stopped += [
            (content.id, language, verdict.reason)
            for verdict in (rule(proposal, FACTS) for rule in RULES.values())
            if verdict.decision != "allow"
        ]
    assert stopped == []


def test_of_approved_wording_only_certificates_need_the_approval():
    """The rules do not lean on the approval: they would stop nothing else of the library."""
    needing = {
        said.group for _, _, text, _ in approved() for kind in KINDS for said in said_in(kind, text)
    }
    assert needing <= {"certification"}


def test_a_claim_passes_with_its_ground_and_not_without():
    """R58: the same words, with the fact that carries them and without."""
    content = LIBRARY.contents["answer.security", "en"]
    text = next(p for p in content.paragraphs if "SOC 2" in p)

    assert restricted.claims(saying((text, (content.fact,))), FACTS).decision == "allow"
    assert restricted.claims(saying((text, ())), FACTS).decision == "block"
    late = replace(FACTS, now=content.expires)
    assert restricted.claims(saying((text, (content.fact,))), late).decision == "block"


def test_a_reviewer_may_not_promise_in_the_agents_name_what_nobody_approved():
    """R59 R226: an edit is checked as well; what people write as themselves is theirs."""
    edited = replace(FACTS, approved_by="lena", is_edited=True)
    offer = saying(("I can take 20% off.", ()))

    assert restricted.discounts(offer, edited).decision == "block"
    assert restricted.discounts(offer, replace(FACTS, actor="human")).decision == "allow"


def test_a_subject_is_read_where_we_begin_and_not_where_they_did():
    """A reply carries the buyer's own subject, which is no word of ours."""
    ours = saying(("Hi.", ()), subject="20% off until Friday", touch_class="proactive")
    theirs = saying(("Hi.", ()), subject="Re: 20% off?", touch_class="reply")

    assert restricted.discounts(ours, FACTS).decision == "block"
    assert restricted.discounts(theirs, FACTS).decision == "allow"


@pytest.mark.parametrize(
    "change", [str.upper, lambda t: t.replace(" ", "\u00a0"), lambda t: f"({t})"]
)
def test_letters_and_spaces_do_not_hide_an_offer(change):
    assert said_in("discounts", change("We can take 20% off the list price"))
