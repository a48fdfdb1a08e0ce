"""Telephone menus as they are spoken: "for sales, press one", "press 2 for support"."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise

from agent_runtime.speech.answer_words import authored_answers, plain
from agent_runtime.speech.menu_mending import UNKNOWN, Mender, in_order
from agent_runtime.speech.menu_order import Sentence, read_in_order
from agent_runtime.speech.sound_alike import sameness

_END = " . "
_FEW_WORDS = 6
_SAME = 0.82
"""So alike sound two hearings of one label."""
_THANKS = "calling|holding|llamar|votre appel|ihren anruf|aver"


@dataclass(frozen=True, slots=True)
class Menu:
    """What a menu offers."""

    options: Mapping[str, str]
    """Key to what it is for, in plain words; a key whose purpose was not said has none."""
    spoken: tuple[str, ...] = ()
    """Words that one may say instead."""
    takes_extension: bool = False
    text: str = ""
    """All that was said, in plain words."""
    is_repeated: bool = False
    """Whether it began anew: an option was offered twice."""
    is_guessed: bool = False
    """Whether keys were told by their places, since they were misheard."""

    @property
    def is_whole(self) -> bool:
        """Says whether each option that was counted up to was understood."""
        counted = sorted(int(key) for key in self.options if key.isdigit() and key != "0")
        return counted == list(range(1, len(counted) + 1)) and all(self.options.values())


@dataclass(frozen=True, slots=True)
class _Grammar:
    key: re.Pattern[str]
    purpose: re.Pattern[str]
    say: re.Pattern[str]
    between: re.Pattern[str]
    extension: re.Pattern[str]
    digits: Mapping[str, str]
    named: re.Pattern[str]
    """A key with the word that names it."""
    mender: Mender | None
    """Where the language has words that sound like its keys."""

    def begins(self, sentence: str) -> bool:
        """Says whether a sentence begins as options do."""
        return self.purpose.match(sentence) is not None


@dataclass(frozen=True, slots=True)
class _Part:
    """A key, and the words before and after it up to its neighbours."""

    digit: str
    before: str
    after: str


def menu_in(
    text: str, language: str = "en", *, is_over: bool = False, is_exact: bool = False
) -> Menu:
    """Returns what a spoken menu offers; no options where it is none.

    Args:
        text: What was heard of it.
        language: In which it speaks.
        is_over: Whether that is all of it; then what was misheard is told by its place in it.
        is_exact: Whether only keys count that were understood as such.

    Raises:
        ValueError: there are no phrases for the language.
    """
    grammar = _grammar(language)
    sentences = _with_keys_last(list(_split(text, grammar)), grammar)
    mended = sentences if is_exact else [_mended(one, grammar) for one in sentences]
    menu = _as_said(text, mended, grammar)
    if not is_over or grammar.mender is None:
        return menu
    options = _by_place(sentences, grammar.mender, grammar)
    understood = [key for one in sentences for key in grammar.key.finditer(one)]
    is_understood = menu.is_whole and len(understood) == len(menu.options)
    is_more = len(options) >= len(menu.options) + is_understood
    return replace(menu, options=options, is_guessed=True) if options and is_more else menu


def menu_of(
    hearings: Iterable[str], language: str = "en", *, is_over: bool = False, is_exact: bool = False
) -> Menu:
    """Returns what a menu offers by the first of some hearings of it that offers anything.

    Args:
        hearings: What each ear has understood, the best one first.
        language: As for `menu_in`, like the rest.
        is_over: Likewise.
        is_exact: Likewise.
    """
    menu = Menu({})
    for text in filter(None, hearings):
        menu = menu_in(text, language, is_over=is_over, is_exact=is_exact)
        if menu.options or menu.spoken or menu.takes_extension:
            return menu
    return menu


def _split(text: str, grammar: _Grammar) -> Iterator[str]:
    """Yields plain sentences; a comma before "for" or "if you" parts options, as a stop does."""
    for sentence in re.split(r"(?<!\d)[.;!?]+|[.;!?]+(?!\d)", text):
        so_far = ""
        for clause in map(plain, sentence.split(",")):
            if grammar.begins(clause) and grammar.begins(so_far):
                yield so_far
                so_far = ""
            so_far = f"{so_far} {clause}".strip()
        if so_far:
            yield so_far


def _with_keys_last(sentences: list[str], grammar: _Grammar) -> list[str]:
    """Returns the sentences, parted behind each key where the stops stand behind the labels.

    That is so where the last key has no label beside it, and the first one has its own before it:
    "For sales. Press one for support. Press two."
    """
    keys = [
        (number, key) for number, one in enumerate(sentences) for key in grammar.key.finditer(one)
    ]
    if len(keys) < 2 or keys[-1][0] != len(sentences) - 1:
        return sentences
    (at, first), last = keys[0], keys[-1][1]
    is_bare = not sentences[-1].replace(last.group(), "", 1).strip()
    is_before = bool(sentences[at][: first.start()].strip()) or (
        at > 0 and grammar.purpose.search(sentences[at - 1]) is not None
    )
    are_shifted = any(sentences[number][key.end() :].strip() for number, key in keys[:-1])
    if not (is_bare and is_before and are_shifted):
        return sentences
    begun = at if sentences[at][: first.start()].strip() else at - 1
    words = " ".join(sentences[begun:])
    edges = [0, *(key.end() for key in grammar.key.finditer(words))]
    return [*sentences[:begun], *(words[start:end].strip() for start, end in pairwise(edges))]


def _by_place(sentences: Sequence[str], mender: Mender, grammar: _Grammar) -> Mapping[str, str]:
    said = [part for one in sentences for part in _sentences(one, grammar)]
    found = read_in_order(said, mender.verbs, grammar.digits, grammar.begins)
    return {option.key: _tidy(option.words, grammar) for option in found}


def _sentences(words: str, grammar: _Grammar) -> Iterator[Sentence]:
    """Yields what was said, with one key in each where several were said without a pause."""
    keys = list(grammar.key.finditer(words))
    is_first = bool(keys) and not words[: keys[0].start()].strip()
    edges = [key.start() if is_first else key.end() for key in keys]
    starts = edges if is_first else [0, *edges[:-1]]
    ends = [*(edges[1:] if is_first else edges[:-1]), len(words)]
    for key, start, end in zip(keys, starts, ends, strict=False):
        digit = next(filter(None, key.groups()))
        before, after = words[start : key.start()].strip(), words[key.end() : end].strip()
        name = "" if digit == UNKNOWN else grammar.digits.get(digit, digit)
        yield Sentence(words[start:end].strip(), name, before, after)
    if not keys:
        yield Sentence(words)


def _as_said(text: str, sentences: Sequence[str], grammar: _Grammar) -> Menu:
    words = _END.join(sentences) + _END
    parts = list(_in_order(_parts(words, grammar)))
    purpose_first = bool(parts) and grammar.purpose.search(_last_sentence(parts[0].before))
    options: dict[str, str] = {}
    is_repeated = False
    for part in parts:
        label = _label(part, grammar, is_before=bool(purpose_first))
        known = options.get(part.digit, "")
        is_repeated |= bool(known and label) and sameness(known, label) >= _SAME
        options[part.digit] = known or label
    spoken = [match.group(1) for match in grammar.say.finditer(words)]
    takes_extension = grammar.extension.search(words) is not None
    return Menu(options, tuple(spoken), takes_extension, plain(text), is_repeated)


def _parts(words: str, grammar: _Grammar) -> Iterator[_Part]:
    keys = list(grammar.key.finditer(words))
    edges = [0, *[key.end() for key in keys]]
    starts = [*[key.start() for key in keys], len(words)]
    for number, key in enumerate(keys):
        digit = next(filter(None, key.groups()))
        before = words[edges[number] : starts[number]]
        after = words[edges[number + 1] : starts[number + 1]]
        yield _Part(grammar.digits.get(digit, digit), before, after)


def _mended(sentence: str, grammar: _Grammar) -> str:
    """Returns the sentence with a key that was misheard, without a number that stands for none."""
    key = grammar.key.search(sentence)
    if key is None:
        is_option = grammar.purpose.search(sentence) is not None
        return grammar.mender.mended(sentence) if grammar.mender and is_option else sentence
    is_stray = key.group(2) and grammar.named.search(sentence, key.end()) is not None
    return sentence[key.end() :] if is_stray and not sentence[: key.start()].strip() else sentence


def _in_order(parts: Iterable[_Part]) -> Iterator[_Part]:
    listed = list(parts)
    for part, key in zip(listed, in_order(part.digit for part in listed), strict=True):
        if key != UNKNOWN:
            yield replace(part, digit=key)


def _label(part: _Part, grammar: _Grammar, *, is_before: bool) -> str:
    """Returns what a key is for: as in the first option, behind it or before it."""
    if is_before:
        beside = _last_sentence(part.before).strip()
        is_cut = bool(beside) and len(beside.split()) <= _FEW_WORDS
        misheard = _tidy(beside, grammar) if is_cut else ""
        return _before(part, grammar) or misheard or _after(part, grammar) or _loose(part, grammar)
    return _after(part, grammar) or _before(part, grammar) or _loose(part, grammar)


def _before(part: _Part, grammar: _Grammar) -> str:
    purposes = list(grammar.purpose.finditer(_last_sentence(part.before)))
    return _tidy(purposes[0].group(1), grammar) if purposes else ""


def _after(part: _Part, grammar: _Grammar) -> str:
    purpose = grammar.purpose.match(part.after.split(_END)[0])
    return _tidy(purpose.group(1), grammar) if purpose else ""


def _loose(part: _Part, grammar: _Grammar) -> str:
    """Returns the few words beside a key where the word for "for" was misheard or parted off."""
    beside = part.after.split(_END.strip())[0].strip()
    if not beside:
        before = [one.strip() for one in part.before.split(_END.strip()) if one.strip()]
        said = [one for one in before if len(one.split()) > 1][-1:]
        beside = said[0] if said else ""
    purposes = list(grammar.purpose.finditer(beside))
    label = purposes[0].group(1) if purposes else beside
    return _tidy(label, grammar) if len(label.split()) <= _FEW_WORDS else ""


def _last_sentence(words: str) -> str:
    return [part for part in words.split(_END) if part.strip()][-1] if words.strip(" .") else ""


def _tidy(label: str, grammar: _Grammar) -> str:
    return grammar.between.sub("", label).strip()


@cache
def _grammar(language: str) -> _Grammar:
    menu = authored_answers(language)["menu"]
    digits = {str(word): str(digit) for word, digit in menu["digits"].items()}
    digit = "|".join([*map(re.escape, digits), "[0-9]", r"\*", "#"])
    press, purpose = f"(?:{menu['press']})", f"(?:{menu['for']})"
    keys = f"(?:(?:{menu['key_words']}) )*"
    either = f"(?:{menu['or']})"
    return _Grammar(
        key=re.compile(
            rf"\b{press} {keys}({digit}|\?)(?= |$)|(?:^|(?<= ))({digit})(?= {purpose}\b)"
        ),
        named=re.compile(rf"\b{press} {keys}(?:{digit})(?= |$)"),
        mender=Mender(menu["alike"], digits, purpose) if "alike" in menu else None,
        purpose=re.compile(rf" ?\b{purpose} (?!{_THANKS})(.+)"),
        say=re.compile(rf"\b(?:{menu['say']}) (?!{either} )(\w+)"),
        between=re.compile(rf"^(?:{either} )|(?: (?:{either}|and|y|und|et|e|please|bitte))+ *$"),
        extension=re.compile(rf"\b(?:{menu['extension']})\b"),
        digits=digits,
    )
