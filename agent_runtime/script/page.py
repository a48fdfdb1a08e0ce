"""The page by which a person reviews a proposal."""

from collections.abc import Iterable, Iterator, Sequence

from agent_runtime.library.content import LOCALES
from agent_runtime.script.meaning import FOR_PEOPLE, NEVER_ARGUED, Meaning
from agent_runtime.script.proposal import Proposal, Text

_USUAL = {
    "objection_price": "it is too dear",
    "objection_timing": "this is a bad time",
    "objection_trust": "why should we believe you",
    "objection_need": "we do not need it",
    "uses_competitor": "we have something already",
    "pricing_question": "what does it cost",
    "security_question": "is our data safe",
    "product_question": "what does it do",
    "integration_question": "does it connect to our systems",
}
"""What every script meets sooner or later."""

_SCENARIOS = 8


def review_page(
    proposal: Proposal, *, source: str, digest: str, scenarios: int, problems: Sequence[str]
) -> str:
    """Returns the page in Markdown: what was found, what is missing, what needs proof.

    Args:
        proposal: What was made of the script.
        source: What was imported, in words.
        digest: Its SHA-256, so that a reviewer knows which version this is.
        scenarios: How many dialogues were written.
        problems: What stands in the way of an approval today.
    """
    name = proposal.name
    parts = [
        f"# Proposal: {proposal.playbook['name']}",
        f"Made from {source} (SHA-256 `{digest[:16]}`), in {proposal.language}. **Nothing of it "
        "is live**: no agent says or does any of this until a person approves it.",
        _section("Found", _found(proposal, scenarios)),
        _section("To do before it can be approved", problems, otherwise="Nothing."),
        _section("Needs proof", _claims(proposal.texts), otherwise="No text claims anything bold."),
        _section("Missing", _missing(proposal, scenarios)),
        _section("Not taken over", _refused(proposal)),
        _section("Sentences left out", proposal.left_out),
        _section("Not placed", proposal.parts.unplaced),
        _section("Please check", _to_check(proposal)),
        "## How to go on\n\n"
        "1. Edit the files beside this page: `content/` holds the words, `playbooks/` what is "
        "done, `scenarios/` what should come of it.\n"
        f"2. A claim that begins with “To be checked” waits for you: write one English sentence "
        "that can be proved.\n"
        f'3. `parley script approve {name} --approver "Your name, your team" --expires DATE` '
        "checks everything and makes it live;\n"
        f"   `parley script discard {name}` removes it.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _section(title: str, lines: Iterable[str], *, otherwise: str = "") -> str:
    entries = [f"- {' '.join(line.split())}" for line in lines]
    if not entries and not otherwise:
        return ""
    return f"## {title}\n\n" + ("\n".join(entries) or otherwise)


def _found(proposal: Proposal, scenarios: int) -> Iterator[str]:
    playbook = proposal.playbook
    yield f"Opening and follow-up messages: {len(playbook['touches'])}"
    yield f"Questions that we ask: {len(playbook['questions'])}"
    yield f"Objections and questions with an answer: {len(proposal.placed)}"
    for one in proposal.placed:
        yield (
            f"“{one.exchange.asked}” is read as {one.meaning.intent} "
            f"({one.meaning.confidence:.2f}) and answered with `{one.text.id}`"
        )
    yield f"Hand-off rules: {len(playbook['handoff'])}"
    yield f"Scenarios: {scenarios}"


def _claims(texts: Iterable[Text]) -> Iterator[str]:
    for text in texts:
        for claim in text.claims:
            yield f"`{text.id}`: “{claim.sentence}” ({', '.join(claim.risks)})"


def _missing(proposal: Proposal, scenarios: int) -> Iterator[str]:
    others = [locale for locale in LOCALES if locale != proposal.language]
    yield (
        f"Languages: it is written in {proposal.language} only, so in {', '.join(others)} no first "
        "message is sent and a person answers where its own words would; to change that, add the "
        "texts and name the languages under `locales`."
    )
    yield "Approver and expiry of every text: the approval sets them."
    for asked in proposal.parts.unanswered:
        yield f"An answer to “{asked}”"
    if not proposal.playbook["touches"]:
        yield "An opening: the playbook only answers."
    if not proposal.parts.handoffs:
        yield "Hand-off rules: only those that every playbook has apply."
    answered = {one.meaning.intent for one in proposal.placed}
    for intent, words in _USUAL.items():
        if intent not in answered:
            yield f"Words of the script for “{words}” ({intent}): the shared text answers."
    if scenarios < _SCENARIOS:
        yield f"Scenarios: {scenarios} of the usual {_SCENARIOS}."


def _refused(proposal: Proposal) -> Iterator[str]:
    for exchange, meaning in proposal.refused:
        yield f"“{exchange.asked}” → “{exchange.answered}”: {_why(meaning)}"
    for question in proposal.dated:
        yield f"“{question}”: it names a time; the agent offers free times of the calendar instead."
    for rule in proposal.unruled:
        yield f"Hand-off “{rule}”: it names no reason that the agent hears; write the row by hand."


def _why(meaning: Meaning) -> str:
    if meaning.intent in FOR_PEOPLE:
        return f"{meaning.intent} goes to a person in every playbook."
    if meaning.intent in NEVER_ARGUED:
        return f"{meaning.intent} is obeyed and never argued with."
    return (
        f"the model does not read it with confidence ({meaning.confidence:.2f}); say which intent "
        "it is and write the row by hand, or leave it to a person."
    )


def _to_check(proposal: Proposal) -> Iterator[str]:
    yield from proposal.remarks
    yield (
        "Names, addresses and numbers became placeholders or slots; a name that nothing introduces "
        "may have been missed, so read every text."
    )
    if proposal.language != "en":
        yield "Claims are in the language of the script; write them in English."
    yield "`goal` and `when_it_helps` of the playbook are general; write your own."
