"""How it is said: the style guide of `words/style_guide.yaml`, held against own words (R62)."""

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal

from agent_runtime.domain import Proposal, Verdict
from agent_runtime.hearing.phrases import Phrases, Vocabulary
from agent_runtime.hearing.sentences import fold, sentences_of
from agent_runtime.policies.content import is_grounded
from agent_runtime.policies.facts import Facts
from agent_runtime.words import read_words

Weight = Literal["revise", "escalate"]

_SHOUTED = re.compile(r"(?<![\w\[])[^\W\d_a-z]{4,}(?![\w\]])")
_EMOJI = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf\ufe0f]|(?<!\\w)[:;]-?[)D(P](?!\\w)")
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


@dataclass(frozen=True, slots=True)
class Slip:
    """One departure from the style guide; the graver weight decides."""

    group: str
    weight: Weight
    detail: str


def tone(proposal: Proposal, facts: Facts) -> Verdict:
    """Asks for other words where the agent's own are pushy, loud, too familiar or too long.

    Approved wording and the words of a person are theirs; what is judged is what is left.
    """
    if facts.actor == "human" or (facts.approved_by and facts.is_edited):
        return Verdict("tone", 1, "allow")
    own = [s.text for s in proposal.sentences if not is_grounded(s, proposal, facts)]
    if own:
        for slip in slips_in("\n\n".join(own), proposal.language):
            return Verdict("tone", 1, slip.weight, f"{slip.group.replace('_', ' ')}: {slip.detail}")
    return Verdict("tone", 1, "allow")


@lru_cache(maxsize=8192)
def slips_in(text: str, language: str) -> tuple[Slip, ...]:
    """Returns where a message departs from the style guide, the gravest first."""
    guide = _guide()
    plain = sentences_of(text)
    tagged = guide.vocabulary.tagged(plain)
    said = [
        Slip(name, weight, _line(phrases, plain, tagged))
        for name, weight, phrases in guide.groups
        if phrases.are_in(tagged)
    ]
    address = guide.address.get(language)
    if address and (word := address.search(fold(text))):
        said.append(Slip("form_of_address", "revise", repr(word[0])))
    said += [Slip("limit", "revise", what) for what in _beyond_limits(text, plain, guide)]
    return tuple(sorted(said, key=lambda slip: slip.weight != "escalate"))


@dataclass(frozen=True, slots=True)
class _Guide:
    limits: dict[str, int]
    capitals: frozenset[str]
    address: dict[str, re.Pattern[str]]
    vocabulary: Vocabulary
    groups: tuple[tuple[str, Weight, Phrases], ...]


def _beyond_limits(text: str, plain: str, guide: _Guide) -> list[str]:
    limits = guide.limits
    counts = {
        "exclamation_marks": text.count("!"),
        "questions": len(re.findall(r"\?+", text)),
        "emoji": len(_EMOJI.findall(text)),
        "words_per_sentence": max(len(_WORD.findall(line)) for line in plain.split("\n")),
        "words_per_message": len(_WORD.findall(text)),
    }
    found = [
        f"{count} {name.replace('_', ' ')}, at most {limits[name]}"
        for name, count in counts.items()
        if count > limits[name]
    ]
    shouted = [w for w in _SHOUTED.findall(text) if w.isupper() and w not in guide.capitals]
    return [*found, *(f"{word} in capitals" for word in shouted[:1])]


def _line(phrases: Phrases, plain: str, tagged: str) -> str:
    lines = zip(plain.split("\n"), tagged.split("\n"), strict=True)
    return repr(next((p for p, t in lines if phrases.are_in(t)), plain)[:60])


@cache
def _guide() -> _Guide:
    words = read_words("style_guide")
    vocabulary = Vocabulary({}, "style_guide")
    groups = words["groups"]
    phrases = vocabulary.phrases(groups.values())
    return _Guide(
        limits=words["limits"],
        capitals=frozenset(words["capitals"].split()),
        address={
            language: re.compile(rf"(?<![\w'-])(?:{fold(forms)})(?![\w'-])")
            for language, forms in words["address"].items()
        },
        vocabulary=vocabulary,
        groups=tuple(
            (name, group["decision"], compiled)
            for (name, group), compiled in zip(groups.items(), phrases, strict=True)
        ),
    )
