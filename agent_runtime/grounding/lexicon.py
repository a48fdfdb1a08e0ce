"""The words that the checks listen for, by language; data in `words/grounding`."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

from agent_runtime.grounding.phrases import PhraseTable, word_set
from agent_runtime.hearing.sentences import fold
from agent_runtime.words import read_words

LANGUAGES = ("en", "de", "es", "fr", "it", "pt")

_CLASSES = (
    *("function", "light", "vendor", "negation", "no_negation", "may", "can", "should", "must"),
    *("will", "certain", "promise", "plan", "beta", "past", "already", "hedge", "all", "most"),
    *("some", "only", "ending", "compare", "if", "except", "extra", "narrow", "tier", "cause"),
    *("claims_of_self", "assistant", "benefit", "approx", "at_most", "less_than", "at_least"),
    *("more_than", "exactly", "per", "before", "after", "not_a_number", "seasons", "day_words"),
)
NEGATORS = word_set(
    "not non no never without nobody nothing none cannot kein keine keinen keiner keinem keines "
    "nicht nie niemals ohne nunca jamais sans sin sem senza non nao pas ne"
)
_BOUND_OR_COURTESY = word_set("no_negation at_most at_least not_a_number certain")


@dataclass(frozen=True)
class Lexicon:
    """All that one language says; phrases are folded: lower case, no accents."""

    language: str
    stance: PhraseTable[str]
    """Asides of the speaker, such as unfortunately: they part nothing."""
    marks: PhraseTable[str]
    """Phrases by the class that they belong to."""
    phrases: PhraseTable[str]
    """Fixed phrases, by the word as which they are read."""
    units: PhraseTable[str]
    moments: PhraseTable[str]
    """Months, weekdays and ordinals: `month:3`, `weekday:1`, `ordinal:2`."""
    rates: Mapping[str, str]
    counts: Mapping[str, int]
    fractions: Mapping[str, Fraction]
    irregular: Mapping[str, str]
    verbs: frozenset[str]
    neutral_verbs: frozenset[str]
    """Verbs that may stand in for the verb of a fact, the weighty ones aside."""
    opposites: Mapping[str, str]
    """Words that say the left one of a line with a not."""
    same_hedges: tuple[frozenset[str], ...]
    same_compares: tuple[frozenset[str], ...]
    weighty: frozenset[str]
    """Verbs that make another claim when they stand for another verb."""
    soft: frozenset[str]
    """Words that add nothing to what else a claim says."""
    loose: frozenset[str]
    """Adjectives that narrow nothing: the free trial is the trial."""
    measures: Mapping[str, frozenset[str]]
    """Words that an amount implies: cost by money, height by metres."""
    courtesy: Mapping[str, Any]
    question: Mapping[str, Any]


@cache
def lexicon_of(language: str) -> Lexicon:
    """Returns the words of one of the six languages."""
    raw = read_words(f"grounding/{language}")
    return Lexicon(
        language=language,
        stance=PhraseTable((way, "stance") for way in ways(str(raw.get("stance", "")))),
        marks=PhraseTable(_marks(raw)),
        phrases=PhraseTable(
            (w, name) for name, words in raw.get("phrases", {}).items() for w in ways(words)
        ),
        units=PhraseTable(
            (w, unit) for unit, words in raw["units"].items() for w in _either(words)
        ),
        moments=PhraseTable(_moments(raw)),
        rates={fold(str(word)): unit for word, unit in raw.get("rates", {}).items()},
        counts={fold(str(word)): int(n) for word, n in raw.get("counts", {}).items()},
        fractions={fold(w): Fraction(str(v)) for w, v in raw.get("fractions", {}).items()},
        irregular=dict(pair.split() for pair in ways(raw.get("irregular", ""))),
        verbs=frozenset(f"{raw.get('verbs', '')} {raw.get('more_verbs', '')}".split()),
        neutral_verbs=frozenset(raw.get("verbs", "").split()),
        opposites={
            fold(word): left
            for left, words in raw.get("opposites", {}).items()
            for word in words.split()
        },
        same_hedges=tuple(frozenset(ways(line)) for line in raw.get("hedge_ways", ())),
        same_compares=tuple(frozenset(ways(line)) for line in raw.get("compare_ways", ())),
        weighty=frozenset(raw.get("weighty", "").split()),
        soft=frozenset(raw.get("soft", "").split()),
        loose=frozenset(raw.get("loose", "").split()),
        measures={name: frozenset(line.split()) for name, line in raw.get("measures", {}).items()},
        courtesy=_sets(raw.get("courtesy", {})),
        question=_sets(raw.get("question", {})),
    )


def ways(words: str) -> tuple[str, ...]:
    """Returns the ways of a list with commas, folded, with hyphens as spaces."""
    folded = (fold(way).replace("-", " ").strip() for way in words.split(","))
    return tuple(" ".join(way.split()) for way in folded if way)


def _either(words: str) -> tuple[str, ...]:
    return ways(words) if "," in words else tuple(fold(w) for w in words.split())


def _marks(raw: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    named: dict[str, set[str]] = {}
    for name in _CLASSES:
        for way in ways(str(raw.get(name, ""))):
            named.setdefault(way, set()).add(name)
    for way in ways(str(raw.get("stance", ""))):
        named.setdefault(way, set()).add("function")
    for way, names in named.items():
        if NEGATORS.intersection(way.split()) and names.isdisjoint(_BOUND_OR_COURTESY):
            names.add("negation")
        yield from ((way, name) for name in sorted(names))


def _moments(raw: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for kind in ("months", "weekdays", "ordinals", "seasons"):
        for number, words in enumerate(ways(raw.get(kind, "")), start=1):
            yield from ((word, f"{kind[:-1]}:{number}") for word in words.split())


def _sets(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Phrases as tables, and plain word lists as sets."""
    return {
        name: frozenset(fold(text).split())
        if name in {"words", "generic", "claimed", "ordinary"}
        else PhraseTable((way, name) for way in ways(text))
        for name, text in raw.items()
    }


def words_of(lines: Iterable[str]) -> frozenset[str]:
    """Returns all words of some lines."""
    return frozenset(word for line in lines for word in line.split())
