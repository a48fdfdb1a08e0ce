"""The words of a script as text that a mail can hold: slots for blanks, no greeting, no name."""

import re
from dataclasses import dataclass
from functools import cache

from agent_runtime.hearing.new_text import message_of
from agent_runtime.hearing.safety import plain
from agent_runtime.script.people import says_who_speaks
from agent_runtime.script.sentences import sentences
from agent_runtime.words import any_of, read_words

Risk = str
"""number, superlative, guarantee, discount or rival: why a sentence needs proof."""

_BLANK = re.compile(
    r"\{\{?\s*([^{}\n]{1,40}?)\s*\}?\}|(?<!\[)\[([^\[\]\n]{1,40})\](?![\](])"
    r"|<([A-Za-z][\w .'-]{1,30})>|%([A-Za-z_]{3,30})%"
)
_TOKEN_SLOTS = {
    "[[FIRST_NAME]] [[LAST_NAME]]": "{first_name}",
    "[[FIRST_NAME]]": "{first_name}",
    "[[COMPANY]]": "{company}",
    "[[OWNER_NAME]]": "{owner_name}",
    "[[OWNER_FIRST_NAME]]": "{owner_name}",
}
_OPEN_SLOT = re.compile(r"\{(first_name|company|owner_name)\}")
_SLOT_TOKEN = re.compile(r"\[\[(FIRST_NAME|COMPANY|OWNER_NAME)\]\]")
_STAGE_DIRECTION = re.compile(r"\([^()]*\)\.?")
BLANK_LEFT = re.compile(r"(?<!\[)\[[^\[\]\n]{1,60}\](?!\])")
"""A blank that no slot fills; a person must."""


@dataclass(frozen=True, slots=True)
class Wording:
    """A text for a mail, and the sentences of the script that it leaves out."""

    text: str
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence that claims something, and why it needs proof."""

    sentence: str
    risks: tuple[Risk, ...]


def worded(text: str) -> Wording:
    """Returns a script's words for a mail.

    The frame of every mail greets, signs and says that an AI writes, so the script's own greeting
    and its "my name is" are left out, and so are directions in brackets.
    """
    filled = _BLANK.sub(_slot, text)
    for token, slot in _TOKEN_SLOTS.items():
        filled = filled.replace(token, slot)
    body = message_of(_OPEN_SLOT.sub(lambda m: f"[[{m[1].upper()}]]", filled))
    body = _SLOT_TOKEN.sub(lambda m: f"{{{m[1].lower()}}}", body)
    kept, left_out = [], []
    for paragraph in body.split("\n\n"):
        said = sentences(paragraph)
        unsaid = [s for s in said if says_who_speaks(s) or _STAGE_DIRECTION.fullmatch(s)]
        left_out += unsaid
        kept.append(" ".join(s for s in said if s not in unsaid))
    text = "\n\n".join(part for part in kept if part)
    return Wording(text[:1].upper() + text[1:], tuple(left_out))


def claims_in(text: str) -> tuple[Claim, ...]:
    """Returns the sentences that need proof before they are said; one that asks claims nothing."""
    found = (Claim(sentence, _risks(sentence)) for sentence in sentences(text))
    return tuple(claim for claim in found if claim.risks)


def _risks(sentence: str) -> tuple[Risk, ...]:
    bare = re.sub(r"\{\w+\}|\[\[\w+\]\]", "", sentence)
    if sentence.endswith("?"):
        return tuple(name for name in ("guarantee", "discount") if _claims()[name].search(bare))
    return tuple(name for name, pattern in _claims().items() if pattern.search(bare))


def _slot(match: re.Match[str]) -> str:
    blank = next(group for group in match.groups() if group is not None)
    known = plain(blank).replace("_", " ").strip()
    spaced = plain(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", blank)).replace("_", " ").strip()
    for slot, words in _blanks().items():
        if known in words or spaced in words:
            return f"{{{slot}}}"
    return f"[{blank}]"


@cache
def _blanks() -> dict[str, frozenset[str]]:
    words = read_words("script")["blanks"]
    return {slot: frozenset(w.replace("_", " ") for w in these) for slot, these in words.items()}


@cache
def _claims() -> dict[Risk, re.Pattern[str]]:
    words = read_words("script")["claims"]
    return {name: re.compile(any_of(these), re.IGNORECASE) for name, these in words.items()}
