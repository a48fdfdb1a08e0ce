"""What an agent may not say of its own: risky topics, claims, discounts (R57-R59, R226).

The words are data, `words/restricted/*.yaml`, of six languages read together. Approved wording
passes, since somebody holds the proof of what it claims; the same words without it do not.
"""

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal, get_args

from agent_runtime.domain import Decision, Proposal, Verdict
from agent_runtime.hearing.phrases import Phrases, Vocabulary
from agent_runtime.hearing.sentences import sentences_of
from agent_runtime.policies.content import is_grounded
from agent_runtime.policies.facts import Facts
from agent_runtime.words import read_words

Kind = Literal["topics", "claims", "discounts"]
KINDS: tuple[Kind, ...] = get_args(Kind)
DECISIONS: dict[Kind, Decision] = {"topics": "escalate", "claims": "block", "discounts": "block"}


@dataclass(frozen=True, slots=True)
class Said:
    """Something that needs somebody's approval, and where it is said."""

    kind: Kind
    group: str
    sentence: str


@lru_cache(maxsize=16384)
def said_in(kind: Kind, text: str) -> tuple[Said, ...]:
    """Returns what of one kind a text says, each group once."""
    vocabulary, groups = _words(kind)
    plain = sentences_of(text)
    tagged = vocabulary.tagged(plain)
    found: list[Said] = []
    for name, phrases in groups:
        if phrases.are_in(tagged):
            lines = zip(plain.split("\n"), tagged.split("\n"), strict=True)
            sentence = next((p for p, t in lines if phrases.are_in(t)), plain)
            found.append(Said(kind, name, sentence))
    return tuple(found)


def topics(proposal: Proposal, facts: Facts) -> Verdict:
    """Hands risky topics to a person: law, medicine, politics, religion, running others down."""
    return _judge("topics", proposal, facts)


def claims(proposal: Proposal, facts: Facts) -> Verdict:
    """Stops guarantees, superlatives, figures, certificates and names that nobody approved."""
    return _judge("claims", proposal, facts)


def discounts(proposal: Proposal, facts: Facts) -> Verdict:
    """Stops whatever takes something off a price, unless it is approved wording or an offer."""
    return _judge("discounts", proposal, facts)


def _judge(kind: Kind, proposal: Proposal, facts: Facts) -> Verdict:
    """A person answers for their own words; a reviewer's edit goes out in the agent's name."""
    if facts.actor == "human" or (kind == "topics" and _reviewer_may(facts)):
        return Verdict(kind, 1, "allow")
    if kind == "claims" and (phrase := _banned_in(proposal, facts)):
        return Verdict(kind, 1, "block", f"a banned claim: {phrase!r}")
    if proposal.touch_class == "proactive" and proposal.subject:
        for said in said_in(kind, proposal.subject):
            return Verdict(kind, 1, DECISIONS[kind], _reason(said))
    for sentence in proposal.sentences:
        found = said_in(kind, sentence.text)
        if found and not (
            is_grounded(sentence, proposal, facts)
            or (kind == "discounts" and is_offered(sentence.text, facts))
        ):
            return Verdict(kind, 1, DECISIONS[kind], _reason(found[0]))
    return Verdict(kind, 1, "allow")


def is_offered(text: str, facts: Facts) -> bool:
    """Says whether a live offer of this playbook covers all that a text takes off the price."""
    groups = {said.group for said in said_in("discounts", text)}
    figures = [float(f.replace(",", ".")) for f in _FIGURE.findall(text)]
    percents = _PERCENT.findall(text)
    for offer in facts.rules.offers:
        if offer.of != facts.session.playbook or facts.now.date() > offer.until or not figures:
            continue
        whole = len(percents) == len(figures)
        is_cut = whole and groups <= {"price_cut", "mention"} and max(figures) <= offer.percent
        is_free = not percents and groups <= {"free_of_charge"} and max(figures) <= offer.months
        if (offer.percent and is_cut) or (offer.months and is_free):
            return True
    return False


_FIGURE = re.compile(r"\d+(?:[.,]\d+)?")
_PERCENT = re.compile(r"\d+(?:[.,]\d+)? ?%")


def _banned_in(proposal: Proposal, facts: Facts) -> str:
    """Returns the banned phrase that a message says, whoever approved its wording; or empty."""
    said = (proposal.subject, proposal.body, *(one.text for one in proposal.sentences))
    text = _plain(" \n ".join(said))
    phrases: list[str] = facts.rules.rules["claims"].parameters.get("banned", [])
    return next(
        (p for p in phrases if re.search(rf"(?<!\w){re.escape(_plain(p))}(?!\w)", text)), ""
    )


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _reviewer_may(facts: Facts) -> bool:
    is_own = bool(facts.approved_by) and facts.is_edited
    return is_own and bool(facts.rules.parameter("topics", "reviewers_may"))


def _reason(said: Said) -> str:
    return f"{said.group.replace('_', ' ')} without approved wording: {said.sentence[:60]!r}"


@cache
def _words(kind: Kind) -> tuple[Vocabulary, tuple[tuple[str, Phrases], ...]]:
    name = f"restricted/{kind}"
    words = read_words(name)
    vocabulary = Vocabulary(words["classes"], name)
    groups = words["groups"]
    return vocabulary, tuple(zip(groups, vocabulary.phrases(groups.values()), strict=True))
