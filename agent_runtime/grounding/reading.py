"""One sentence read once: its words, names, amounts, moments and marks, each with its place."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

from agent_runtime.grounding.amount import Amount
from agent_runtime.grounding.amounts import amounts_in
from agent_runtime.grounding.lemmas import forms, is_known
from agent_runtime.grounding.lexicon import NEGATORS, Lexicon, lexicon_of
from agent_runtime.grounding.moments import Moment, moments_in
from agent_runtime.grounding.phrases import word_set
from agent_runtime.grounding.tokens import Token, tokenize

FREE = frozenset(
    (
        *("function", "light", "vendor", "negation", "no_negation", "may", "can", "should", "must"),
        *("will", "certain", "hedge", "all", "most", "some", "only", "if", "except", "cause"),
        *("approx", "at_most", "less_than", "at_least", "more_than", "exactly", "per", "before"),
        *("after", "already", "not_a_number", "plan", "past", "compare"),
    )
)
"""Marks that are no words to be covered: a check of its own reads each that says something."""

_CAPITALISES_NOUNS = frozenset(("de",))
_PLAN_NOUN = frozenset(("plan", "plans"))


@dataclass(frozen=True, slots=True)
class Mark:
    """A word or phrase that a check listens for."""

    name: str
    start: int
    end: int
    words: str


@dataclass(frozen=True, slots=True)
class Word:
    """A word that says something of its own, and so must be covered."""

    low: str
    place: int
    is_name: bool
    text: str
    is_firm: bool = False
    """Whether it begins the sentence and is on no list: a name, or a word of the trade."""


@dataclass(frozen=True)
class Reading:
    """A sentence as the checks see it."""

    text: str
    language: str
    tokens: tuple[Token, ...]
    marks: tuple[Mark, ...]
    amounts: tuple[Amount, ...]
    moments: tuple[Moment, ...]
    words: tuple[Word, ...]

    @cached_property
    def lows(self) -> tuple[str, ...]:
        """The tokens in lower case without accents."""
        return tuple(t.low for t in self.tokens)

    @cached_property
    def lexicon(self) -> Lexicon:
        """The words of its language."""
        return lexicon_of(self.language)

    @cached_property
    def negations(self) -> frozenset[int]:
        """Places where something is negated."""
        return frozenset(self._negator(m) for m in self.marks if m.name == "negation")

    @cached_property
    def verbs(self) -> tuple[int, ...]:
        """Places of what looks like a finite verb."""
        return tuple(at for at in range(len(self.tokens)) if self._is_verb(at))

    def _negator(self, mark: Mark) -> int:
        """The place of the not itself within a phrase such as `but not`."""
        places = range(mark.start, mark.end)
        return next((at for at in places if self.lows[at] in NEGATORS), mark.start)

    def _is_verb(self, at: int) -> bool:
        low = self.lows[at]
        if low in _AUXILIARIES:
            return True
        is_word = self.language == "en" and self.tokens[at].kind == "word"
        if not is_word or self.lexicon.verbs.isdisjoint(forms(low, "en")):
            return False
        return not (self._follows_noun_words(at) or self._leads_a_verb(at))

    def _follows_noun_words(self, at: int) -> bool:
        """What stands before makes a noun or name of it: the, 600, critical, drop (test)."""
        before = self.lows[at - 1] if at else ""
        is_name = at > 0 and self.tokens[at].is_capital and not self.tokens[at].is_first
        is_deed = self.lows[at].endswith("ed")
        is_counted = (
            at > 0 and not is_deed and any(a.end == at and not a.units for a in self.amounts)
        )
        is_narrowed = any(m.name == "narrow" and m.end == at for m in self.marks)
        is_base = self.lows[at] in self.lexicon.verbs and "-" not in self.lows[at]
        is_compound = (
            is_base
            and at > 0
            and before not in _BEFORE_BASE
            and not before.endswith(("s", "ly"))
            and self.tokens[at - 1].kind == "word"
        )
        return before in _NO_VERB_AFTER or is_name or is_counted or is_narrowed or is_compound

    def _leads_a_verb(self, at: int) -> bool:
        """What stands behind is the verb: (support) is, (plan) covers."""
        after = self.lows[at + 1] if at + 1 < len(self.lows) else ""
        is_verb = after.endswith(("s", "ed")) and not self.lexicon.verbs.isdisjoint(
            forms(after, "en")
        )
        return (
            after in {"per", "of"}
            or after in _AUXILIARIES
            or (is_verb and not self.lows[at].endswith("s"))
        )

    def marked(self, names: Iterable[str], start: int, end: int) -> tuple[Mark, ...]:
        """Returns the marks of some classes within a stretch of tokens."""
        wanted = frozenset(names)
        return tuple(m for m in self.marks if m.name in wanted and start <= m.start < end)


_AUXILIARIES = word_set(
    "is are was were am has have had do does did can could will would must may might should shall"
)
_BEFORE_BASE = word_set(
    "i you we they to not and or but who that which people never always also can could will "
    "would must may might should do does did please staff team children women men then just "
    "still even often now both shall customers"
)
"""After a noun in the singular a verb has an ending: `the drop test` is no verb."""

_NO_VERB_AFTER = word_set(
    "a an the our your their its his her my of in on for with per from each all any by at "
    "about no this these those every some most within under over into second first new "
    "approved and-"
)


@lru_cache(maxsize=4096)
def read(text: str, language: str, names: frozenset[str] = frozenset()) -> Reading:
    """Returns a sentence as read; `names` are known from the facts, however they are spelt."""
    lexicon = lexicon_of(language)
    tokens = _joined(tokenize(text, lexicon), names)
    amounts = amounts_in(tokens, lexicon)
    taken = frozenset(at for a in amounts for at in range(a.start, a.end))
    moments = moments_in(tokens, taken, lexicon)
    dated = frozenset(at for m in moments for at in range(m.start, m.end))
    marks = tuple(_marks(tokens, lexicon, taken | dated))
    return Reading(
        text=text,
        language=language,
        tokens=tokens,
        marks=marks,
        amounts=amounts,
        moments=moments,
        words=tuple(_words(tokens, marks, taken | dated, names, language)),
    )


def _joined(tokens: tuple[Token, ...], names: frozenset[str]) -> tuple[Token, ...]:
    """Joins `m three` where the facts know an M3, and `aes 256` is left as it is."""
    if not names:
        return tokens
    lexicon = lexicon_of("en")
    from agent_runtime.grounding.numbers import number_at

    found: list[Token] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        number = number_at(tokens, at + 1, lexicon) if at + 1 < len(tokens) else None
        if token.kind == "word" and len(token.low) <= 4 and number:
            name = f"{token.low}{number.value}"
            if name in names:
                found.append(Token(name, name, "word", True, token.is_first))
                at = number.end
                continue
        found.append(token)
        at += 1
    return tuple(found)


def _marks(tokens: tuple[Token, ...], lexicon: Lexicon, taken: frozenset[int]) -> Iterable[Mark]:
    lows = [t.low for t in tokens]
    at = 0
    while at < len(tokens):
        length, names = lexicon.marks.at(lows, at)
        if not length:
            at += 1
            continue
        words = " ".join(lows[at : at + length])
        if words == "till" and lows[at - 1 : at] in (["a"], ["the"], ["your"], ["each"]):
            at += 1
            continue
        if words == "should" and at == 0 and "?" not in lows:
            names = ("if", "function")
        for name in names:
            if words == "used to" and {"is", "are", "be", "been", "not"} & set(
                lows[max(0, at - 2) : at]
            ):
                continue
            is_noun = name == "plan" and words in _PLAN_NOUN and not _is_planning(lows, at)
            if not is_noun and not (at in taken and name in {"all", "compare", "must", "only"}):
                yield Mark(name, at, at + length, words)
        at += length


def _is_planning(lows: list[str], at: int) -> bool:
    before = lows[at - 1] if at else ""
    return before in {"we", "they", "i", "it"} or lows[at + 1 : at + 2] == ["to"]


def _words(
    tokens: tuple[Token, ...],
    marks: tuple[Mark, ...],
    taken: frozenset[int],
    names: frozenset[str],
    language: str,
) -> Iterable[Word]:
    labels: dict[int, set[str]] = {}
    for mark in marks:
        for at in range(mark.start, mark.end):
            labels.setdefault(at, set()).add(mark.name)
    for at, token in enumerate(tokens):
        if token.kind not in {"word", "slot"} or at in taken:
            continue
        own = labels.get(at, set())
        is_word = bool(own & {"function", "light"}) or ("vendor" in own and token.low not in names)
        is_name = _is_name(token, names, language) and (token.is_capital or "vendor" not in own)
        is_name = is_name and not (
            is_word and not (token.is_capital and not token.is_first and "vendor" in own)
        )
        if ((own & FREE and "promise" not in own) or len(token.low) < 2) and not is_name:
            continue
        is_firm = (
            token.is_first and token.is_capital and language == "en" and not is_known(token.low)
        )
        yield Word(token.low, at, is_name, token.text, is_firm)


def _is_name(token: Token, names: frozenset[str], language: str) -> bool:
    if token.low in names:
        is_common = language == "en" and bool(lexicon_of("en").marks.labels((token.low,)))
        return token.is_capital or not is_common
    inner = token.text[1:]
    if " " in token.text and token.text[:1].islower():
        return False
    if any(c.isupper() or c.isdigit() for c in inner) and token.text[:1].isalpha():
        return True
    if language in _CAPITALISES_NOUNS:
        return False
    return token.is_capital and not token.is_first
