"""Holds a draft against the style guide before it becomes a candidate (R62, R239).

The permit's rule `tone` judges own words of every message. This is what we ask of a draft on top:
how long it is, what it asks, how it addresses the reader, and what this company does not say.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Literal, cast, get_args

from agent_runtime.domain import ChannelName, Sentence
from agent_runtime.grounding.sentences import split_sentences
from agent_runtime.hearing.language import detect_language
from agent_runtime.library.content import Locale
from agent_runtime.library.style_guide import StyleGuide
from agent_runtime.placeholders import TOKEN
from agent_runtime.policies.tone import slips_in
from agent_runtime.words import read_words

StyleCode = Literal[
    "too_many_questions",
    "question_not_last",
    "too_long",
    "sentence_too_long",
    "exclamation",
    "shouting",
    "emoji",
    "banned_phrase",
    "wrong_formality",
    "wrong_language",
    "greets_or_signs",
    "says_it_twice",
    "fragment",
    "pressure",
    "false_urgency",
    "false_familiarity",
    "guilt",
    "hype",
    "insult",
]
"""Why a draft is no candidate.

banned_phrase: of the company's own list; fragment: it begins in the middle of a sentence;
greets_or_signs: both are added to every message; wrong_formality: it addresses the reader otherwise
than approved texts do in that language; the last six are groups of `words/style_guide.yaml`.
"""

CODES: tuple[StyleCode, ...] = get_args(StyleCode)

_TELLING_WORDS = 6
"""Fewer words of its own do not tell in which language a draft is."""
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_MARK = re.compile(r"\?+")
_FRAME_ENDS = {
    "greetings": r"(?:\s+[^\s,.!?]+){0,3}\s*(?:[,!]|$)",
    "closings": r"(?:[\s,][^?]{0,40})?$",
}
_GROUPS = frozenset(CODES[CODES.index("pressure") :])


def style_slips(
    sentences: Sequence[Sentence],
    guide: StyleGuide,
    *,
    language: str,
    channel: ChannelName,
    is_approved: Callable[[Sentence], bool],
) -> tuple[StyleCode, ...]:
    """Returns where a draft departs from the style guide, each code once; empty: nowhere.

    Args:
        sentences: What a model would say between greeting and signature.
        guide: The company's.
        language: In which it is to be written.
        channel: By which it would go; that decides how long it may be.
        is_approved: Whether a sentence is approved wording. How that is put its approver has
            decided; how much and in which order is judged all the same.
    """
    own = "\n\n".join(s.text for s in sentences if not is_approved(s))
    found: list[StyleCode] = [
        *_whole(sentences, guide, channel),
        *_order(sentences, is_approved),
        *_words(own, guide, language),
    ]
    return tuple(dict.fromkeys(found))


def words_in(text: str) -> int:
    """Returns the number of words of a text; a placeholder is one."""
    return len(_WORD.findall(TOKEN.sub("x", text)))


def _whole(
    sentences: Sequence[Sentence], guide: StyleGuide, channel: ChannelName
) -> Iterator[StyleCode]:
    """What approved wording counts towards as well."""
    limits = guide.limits
    text = "\n\n".join(sentence.text for sentence in sentences)
    parts = split_sentences(text)
    if len(_MARK.findall(text)) > limits.questions:
        yield "too_many_questions"
    if words_in(text) > limits.words_on(channel):
        yield "too_long"
    if text.count("!") > limits.exclamation_marks:
        yield "exclamation"
    if len({part.casefold() for part in parts}) < len(parts):
        yield "says_it_twice"


def _order(
    sentences: Sequence[Sentence], is_approved: Callable[[Sentence], bool]
) -> Iterator[StyleCode]:
    """Nothing of its own comes after a question, and no letter opens or closes twice."""
    asked = False
    for sentence in sentences:
        parts = split_sentences(sentence.text)
        marks = [part.rstrip("\"”»')").endswith("?") for part in parts]
        if not is_approved(sentence) and (asked or any(marks[:-1])):
            yield "question_not_last"
            break
        asked = asked or "?" in sentence.text
    parts = split_sentences("\n\n".join(sentence.text for sentence in sentences))
    if parts and (_frame("greetings").match(parts[0]) or _frame("closings").match(parts[-1])):
        yield "greets_or_signs"


def _words(own: str, guide: StyleGuide, language: str) -> Iterator[StyleCode]:
    if not own:
        return
    parts = split_sentences(own)
    if max(map(words_in, parts), default=0) > guide.limits.words_per_sentence:
        yield "sentence_too_long"
    if any(part[:1].islower() for part in parts):
        yield "fragment"
    for slip in slips_in(own, language):
        if slip.group in _GROUPS:
            yield cast(StyleCode, slip.group)
        elif slip.group == "form_of_address":
            if guide.addressed.get(cast(Locale, language)) == "formal":
                yield "wrong_formality"
        elif "capitals" in slip.detail:
            yield "shouting"
        elif "emoji" in slip.detail:
            yield "emoji"
    banned = guide.banned_phrases.get(language)
    if banned is not None and banned.search(own):
        yield "banned_phrase"
    if words_in(own) >= _TELLING_WORDS and detect_language(own, fallback=language) != language:
        yield "wrong_language"


@cache
def _frame(place: Literal["greetings", "closings"]) -> re.Pattern[str]:
    """Greetings open a draft with a name or a comma; a closing formula is its last sentence."""
    phrases = "|".join(read_words("style_guide")["frame"][place].values())
    ends = (
        r"(?:\s+[^\s,.!?]+){0,3}\s*(?:[,!]|$)" if place == "greetings" else r"(?:[\s,][^?]{0,40})?$"
    )
    return re.compile(rf"(?:{phrases}){ends}", re.IGNORECASE)
