"""Phrases that people edit in YAML: how they are written, and how a text is held against them.

A phrase is a regular expression over whole words of one sentence, in lower case without accents,
with some shorthands: `{name}` is any word or words of a class, ` ~ ` up to three words more,
` ~~ ` up to eight, `^^` the beginning of a sentence or of a part after a comma. A space stands for
a comma and a space as well, unless a group of phrases is said to stay `within_clause`. A group may
say what unmakes it: words right before it, right after it, anywhere in its clause (between commas),
in its sentence, or in the text.

A class is a list with `|` between its entries. Entries of one word are looked up word by word, and
the text then carries the letters of their classes (`stop/b emailing/d`), so that a phrase need not
spell them out. The parts of a class whose name ends in `_stem` are spelt out; an ending may follow.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from string import ascii_lowercase, ascii_uppercase
from typing import Any

from agent_runtime.hearing.sentences import without_accents
from agent_runtime.words.kept import compiled

_LETTERS = r"(?:/\w+)?"
_SPACE = rf"{_LETTERS},? "
_SPACE_WITHOUT_COMMA = rf"{_LETTERS} "


@dataclass(frozen=True, slots=True)
class Phrases:
    """One group of phrases of one language, and what unmakes them."""

    said: re.Pattern[str]
    unless_before: re.Pattern[str] | None = None
    unless_after: re.Pattern[str] | None = None
    unless_in_clause: re.Pattern[str] | None = None
    unless_in_sentence: re.Pattern[str] | None = None
    unless_in_text: re.Pattern[str] | None = None

    def are_in(self, tagged: str) -> bool:
        """Says whether a text, as `Vocabulary.tagged` returns it, holds a phrase that stands."""
        found = any(self._stands(match, tagged) for match in self.said.finditer(tagged))
        return found and not (self.unless_in_text and self.unless_in_text.search(tagged))

    def cut_from(self, sentences: str) -> str:
        """Returns sentences with a word that says nothing for each phrase that they hold."""
        return self.said.sub(_SAYS_NOTHING, sentences)

    def _stands(self, match: re.Match[str], tagged: str) -> bool:
        start = tagged.rfind("\n", 0, match.start() + 1) + 1
        end = tagged.find("\n", match.end())
        end = len(tagged) if end < 0 else end
        goes_on = tagged[match.end() - 1] != ","
        return not (
            (self.unless_before and self.unless_before.search(tagged, start, match.start()))
            or (goes_on and self.unless_after and self.unless_after.match(tagged, match.end(), end))
            or (self.unless_in_clause and self._in_clause(match, tagged, start, end))
            or (self.unless_in_sentence and self.unless_in_sentence.search(tagged, start, end))
        )

    def _in_clause(self, match: re.Match[str], tagged: str, start: int, end: int) -> bool:
        comma = tagged.find(",", match.end() - 1, end)
        begin = max(start, tagged.rfind(",", start, match.start()))
        clause = self.unless_in_clause
        return bool(clause and clause.search(tagged, begin, comma if comma >= 0 else end))


class Vocabulary:
    """The word classes of one file, and the phrases that are written with them.

    Args:
        classes: The entries of each class by its name.
        name: Of the word file, under which its expressions are kept compiled, if it has one.
    """

    def __init__(self, classes: Mapping[str, str], name: str = "") -> None:
        self._name = name
        self._classes = {name: _entries(listed) for name, listed in classes.items()}
        looked_up = [name for name in classes if not name.endswith("_stem")]
        self._letters = dict(zip(looked_up, ascii_lowercase + ascii_uppercase, strict=False))
        self._seen = _Seen(self._with_letters)

    def tagged(self, sentences: str) -> str:
        """Returns sentences with the letters of its classes behind each word that has any."""
        seen = self._seen
        lines = (line.split(" ") for line in sentences.split("\n"))
        return "\n".join(" ".join([seen[word] for word in line]) for line in lines)

    def phrases(
        self, groups: Iterable[Mapping[str, Any]], part: str = "groups"
    ) -> tuple[Phrases, ...]:
        """Returns the groups of a part of a word file; see the docstring of this module."""
        written = list(map(self._group, groups))
        sources = [source for group in written for source in group.values()]
        patterns = iter(self._compiled(part, sources, re.MULTILINE))
        return tuple(Phrases(**dict(zip(group, patterns, strict=False))) for group in written)

    def whole(self, lines: str) -> re.Pattern[str]:
        """Returns a pattern that fits where one of the phrases is all that is said."""
        return re.compile(rf"(?:{self._either(lines)}){_LETTERS}\??")

    def _with_letters(self, written: str) -> str:
        word = written.rstrip(",?")
        letters = "".join(letter for letter, words in self._lookups if words.fullmatch(word))
        return f"{word}/{letters}{written[len(word) :]}" if letters else written

    @cached_property
    def _lookups(self) -> list[tuple[str, re.Pattern[str]]]:
        sources = []
        for name in self._letters:
            single = [_plain(entry) for entry in self._classes[name] if _is_single(entry)]
            sources.append("|".join(f"(?:{entry})" for entry in single) or "$")
        return list(zip(self._letters.values(), self._compiled("classes", sources), strict=True))

    def _compiled(self, part: str, sources: Sequence[str], flags: int = 0) -> list[re.Pattern[str]]:
        if self._name:
            return compiled(f"{self._name}.{part}", sources, flags)
        return [re.compile(source, flags) for source in sources]

    def _group(self, group: Mapping[str, Any]) -> dict[str, str]:
        """Returns the expressions of a group by what `Phrases` calls them."""
        unless = group.get("unless", {})
        space = _SPACE_WITHOUT_COMMA if group.get("within_clause") else _SPACE
        unmade = {
            field: form % self._either(unless[name])
            for name, (field, form) in _UNLESS.items()
            if unless.get(name)
        }
        return {"said": _PHRASE % self._either(group["phrases"], space), **unmade}

    def _either(self, lines: str, space: str = _SPACE) -> str:
        phrases = (self._expanded(line.strip()) for line in lines.splitlines() if line)
        return "|".join(_spaced(phrase, space) for phrase in phrases)

    def _expanded(self, line: str) -> str:
        return _CLASS.sub(lambda m: self._class(m[1]), _plain(line))

    def _class(self, name: str) -> str:
        letter = self._letters.get(name)
        entries = self._classes[name]
        spelt = [self._expanded(e) for e in entries if letter is None or not _is_single(e)]
        found = [rf"[^\s/,]+/\w*{letter}\w*"] if letter else []
        return f"(?:{'|'.join((*found, *spelt))})"


class _Seen(dict[str, str]):
    """What words look like with their letters; a great many words begin afresh."""

    def __init__(self, look_up: Callable[[str], str]) -> None:
        super().__init__()
        self._look_up = look_up

    def __missing__(self, word: str) -> str:
        if len(self) > _MOST_SEEN:
            self.clear()
        self[word] = tagged = self._look_up(word)
        return tagged


_MOST_SEEN = 50_000
_SAYS_NOTHING = "…"
_PHRASE = r"(?<![\w/])(?:%s)(?!\w)"
_UNLESS = {
    "before": ("unless_before", rf"(?<![\w/])(?:%s){_LETTERS} ?\Z"),
    "after": ("unless_after", rf"{_LETTERS} ?(?:%s)(?!\w)"),
    "clause": ("unless_in_clause", _PHRASE),
    "sentence": ("unless_in_sentence", _PHRASE),
    "text": ("unless_in_text", _PHRASE),
}
"""What a word file calls what unmakes a phrase: its field, and the expression it stands in."""
_NOT = re.compile(r"(?<![a-z])(no|nao|non|ne|nicht|nie|not|never|nunca|jamais|jamas|mai) ")
"""A comma after one of these ends what it denies: `no, call me`."""
_LITERAL = "\0"
_SHORTHANDS = {
    "^^": r"(?:^|(?<=,\x20))",
    " ~~ ": r" (?:[^\s,]+ ){0,8}?",
    " ~ ": r" (?:[^\s,]+ ){0,3}?",
    ")*": "){0,8}",
}
"""Nothing is repeated without end, so that the work for a long text is bounded."""
_CLASS = re.compile(r"\{([a-z_]+)\}")
_COMMA = re.compile(r"(?<=[(|:]),(?=[|)])")


def _entries(listed: str) -> list[str]:
    """Splits a class at the bars that stand between its entries, not within one."""
    entries, depth, entry = [], 0, ""
    for character in " ".join(listed.split()):
        depth += (character == "(") - (character == ")")
        if character == "|" and not depth:
            entries.append(entry.strip())
            entry = ""
        else:
            entry += character
    return [*entries, entry.strip()]


def _is_single(entry: str) -> bool:
    return " " not in entry and "{" not in entry


def _spaced(pattern: str, space: str) -> str:
    spaced = pattern
    for shorthand, meaning in _SHORTHANDS.items():
        spaced = spaced.replace(shorthand, meaning)
    spaced = _COMMA.sub(lambda _: f"{_LETTERS},", spaced.replace(r"\??$", rf"{_LETTERS}\??$"))
    spaced = _NOT.sub(lambda m: m[1] + _SPACE_WITHOUT_COMMA.replace(" ", _LITERAL), spaced)
    return spaced.replace(" ", space).replace(_LITERAL, " ")


def _plain(pattern: str) -> str:
    """Umlauts are also written with an e; every other accent falls away as in the text."""
    spelt = re.sub("[äöü]", lambda m: f"{without_accents(m[0])}e?", pattern)
    return without_accents(spelt.replace("ß", "ss"))
