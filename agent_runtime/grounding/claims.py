"""A claim of a draft, held against one clause of a fact: which word is said by which."""

from dataclasses import dataclass
from functools import cached_property

from agent_runtime.grounding.clauses import Clause
from agent_runtime.grounding.lemmas import forms, is_same, root
from agent_runtime.grounding.phrases import word_set
from agent_runtime.grounding.pieces import Piece, pieces_of
from agent_runtime.grounding.reading import Reading, Word

_OF_YOU = word_set("customer customers client clients user users your you")


@dataclass(frozen=True)
class Claim:
    """A stretch of a sentence that says something, with the subject that it goes on about."""

    reading: Reading
    start: int
    end: int
    inherited: tuple[Word, ...] = ()
    """Words of the piece before of which this stretch goes on to speak."""
    known: frozenset[str] = frozenset()
    """Words of all facts."""
    self_names: frozenset[str] = frozenset()
    """Names by which the company itself goes: as good as `we`."""

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """Words of this stretch that must be covered."""
        own = tuple(w for w in self.reading.words if self.start <= w.place < self.end)
        return tuple(w for w in (*self.inherited, *own) if w.low not in self.self_names)

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        """The pieces of this stretch."""
        return pieces_of(self.reading, self.start, self.end)

    def has(self, *names: str) -> bool:
        """Says whether a mark of one of these classes stands in it."""
        return bool(self.reading.marked(names, self.start, self.end))


@dataclass(frozen=True)
class Match:
    """What of a claim a clause covers."""

    claim: Claim
    clause: Clause
    places: dict[int, tuple[int, ...]]
    """By place of a word of the claim: the places of the clause that say it."""
    uncovered: tuple[Word, ...]
    turned: frozenset[int] = frozenset()
    """Places of the claim where a word says with a not what the clause says without, or the other
    way round."""

    @cached_property
    def used(self) -> frozenset[int]:
        """Numbers of the pieces of the clause on which the claim stands, its subject aside."""
        found: set[int] = set()
        for places in self.places.values():
            numbers = {self.piece_of(p) for p in places if p >= self.clause.head}
            if len(numbers) == 1:
                found |= numbers
        for amount in self.claim.reading.amounts:
            if self.claim.start <= amount.start < self.claim.end:
                for own in self.clause.reading.amounts:
                    if own.key == amount.key and self.clause.start <= own.start < self.clause.end:
                        found.add(self.piece_of(own.start))
        for moment in self.claim.reading.moments:
            numbers = {
                self.piece_of(own.start)
                for own in self.clause.reading.moments
                if own.name == moment.name and self.clause.start <= own.start < self.clause.end
            }
            if self.claim.start <= moment.start < self.claim.end and len(numbers) == 1:
                found |= numbers
        return frozenset(found or range(len(self.clause.pieces)))

    def piece_of(self, place: int) -> int:
        """Returns the number of the piece of the clause in which a place lies."""
        for number, piece in enumerate(self.clause.pieces):
            if piece.start <= place < piece.end:
                return number
        return 0

    @cached_property
    def said(self) -> frozenset[int]:
        """Places of the clause that the claim says."""
        return frozenset(p for places in self.places.values() for p in places)


def match(claim: Claim, clause: Clause) -> Match:
    """Returns which words of a claim a clause covers."""
    language = claim.reading.language
    places: dict[int, tuple[int, ...]] = {}
    uncovered: list[Word] = []
    turned: set[int] = set()
    around: list[Word] = []
    for word in claim.words:
        found = tuple(
            w.place
            for w in clause.words
            if _says(word, w, language) and not _is_other_kind(word, w, claim, clause)
        )
        if found:
            places[word.place] = found
        elif against := tuple(w.place for w in clause.words if _opposes(word, w, claim.reading)):
            places[word.place] = against
            turned.add(word.place)
        elif spelt := _initials(word, clause):
            places[word.place] = spelt
        elif _is_around(word, claim, clause):
            around.append(word)
        elif not _is_meant(word, claim, clause):
            uncovered.append(word)
    if claim.reading.language != "en" or _is_of_another(clause, places):
        uncovered += _elsewhere(around, clause)
    else:
        uncovered += _elsewhere(_alone(around, claim, places), clause)
    uncovered.sort(key=lambda w: w.place)
    return Match(claim, clause, places, tuple(uncovered), frozenset(turned))


def _is_of_another(clause: Clause, places: dict[int, tuple[int, ...]]) -> bool:
    """Whether a clause has a subject of its own that the claim does not say."""
    lows = clause.reading.lows
    end = next(
        (at for at in range(clause.start + 1, clause.head) if lows[at] in _ENDS_SUBJECT),
        clause.head,
    )
    subject = [w.place for w in clause.words if w.place < end]
    return bool(subject) and subject[-1] not in {p for ps in places.values() for p in ps}


_ENDS_SUBJECT = word_set("of in from with for by at on to who that which per")


def _alone(around: list[Word], claim: Claim, places: dict[int, tuple[int, ...]]) -> list[Word]:
    """Words of pieces of the claim of which the clause itself says nothing."""
    found: list[Word] = []
    for piece in claim.pieces:
        own = [w for w in around if piece.start <= w.place < piece.end]
        if len(own) > 1 and not any(piece.start <= place < piece.end for place in places):
            found += own
    return found


def _elsewhere(words: list[Word], clause: Clause) -> list[Word]:
    """Those words that only another clause of the fact has."""
    language = clause.reading.language
    own = [w.low for w in clause.words]
    return [
        word
        for word in words
        if word.low not in clause.lows and not any(is_same(word.low, low, language) for low in own)
    ]


def _initials(word: Word, clause: Clause) -> tuple[int, ...]:
    """Places of the words of which a name is the first letters: SLA, service level agreement."""
    size = len(word.text)
    if not (word.text.isupper() and word.text.isalpha() and 2 <= size <= 5):
        return ()
    plain = [at for at in range(clause.start, clause.end) if clause.reading.lows[at] not in _SMALL]
    for first in range(len(plain) - size + 1):
        places = plain[first : first + size]
        initials = "".join(clause.reading.lows[p][:1] for p in places)
        if initials == word.low and places[-1] - places[0] < size + 2:
            return tuple(places)
    return ()


_SMALL = word_set("of and for the in to on")


def _is_meant(word: Word, claim: Claim, clause: Clause) -> bool:
    """The subject of a claim where the fact says `it`, and another fact says what that is."""
    if word.low in clause.meant:
        return True
    begins = clause.reading.lows[clause.start : clause.start + 1]
    if not begins or begins[0] not in _IT or any(c.isdigit() for c in word.low):
        return False
    verb = next((v for v in claim.reading.verbs if claim.start <= v < claim.end), claim.start)
    return word.place < verb and word.low in claim.known


_IT = word_set("it its they their this these")


def _opposes(word: Word, other: Word, reading: Reading) -> bool:
    """`stays` and `does not leave`: one of the two words is the other one with a not."""
    opposites = reading.lexicon.opposites
    one, two = opposites.get(word.low, ""), opposites.get(other.low, "")
    if bool(one) == bool(two):
        return False
    left, right = (one, other.low) if one else (two, word.low)
    return is_same(left, right, reading.language)


def _is_other_kind(word: Word, other: Word, claim: Claim, clause: Clause) -> bool:
    """`replaces` is not said by `changes` that are moved: a weighty verb needs a verb."""
    lexicon = claim.reading.lexicon
    own = forms(word.low, claim.reading.language)
    if word.place not in claim.reading.verbs or lexicon.weighty.isdisjoint(own):
        return False
    if other.place in clause.reading.verbs or root(word.low) == root(other.low):
        return False
    is_form = other.low.endswith(("ed", "ing", "ion", "ment", "al", "able"))
    return own.isdisjoint(forms(other.low, claim.reading.language)) and not is_form


def _says(word: Word, other: Word, language: str) -> bool:
    if word.low == other.low:
        return True
    if word.is_name or other.is_name:
        return _is_same_name(word, other)
    return is_same(word.low, other.low, language)


def _is_same_name(word: Word, other: Word) -> bool:
    """Names have no synonyms: only a genitive or plural ending may differ."""
    short, long = sorted((word.low, other.low), key=len)
    is_of_it = len(short) > 4 and long.startswith(short[:-1]) and long.endswith(("an", "ish"))
    if word.is_name and other.is_name and is_of_it:
        return True
    is_code = len(short) > 1 and any(c.isdigit() for c in short)
    return ((len(short) > 3 or is_code) and long in {f"{short}s", f"{short}n", f"{short}es"}) or (
        word.is_name != other.is_name
        and len(short) > 3
        and is_same(short, long, "en")
        and not any(c.isdigit() for c in long)
        and short[:4] == long[:4]
    )


def _is_around(word: Word, claim: Claim, clause: Clause) -> bool:
    language = claim.reading.language
    if word.low in clause.lows:
        return True
    if not word.is_name and any(is_same(word.low, low, language) for low in clause.lows):
        return True
    if word.is_name or word.is_firm:
        return False
    if word.low in _OF_YOU and not _OF_YOU.isdisjoint(clause.lows):
        return True
    verb = next((v for v in claim.reading.verbs if claim.start <= v < claim.end), claim.start)
    has_subject = any(w.place < clause.head for w in clause.words)
    if word.place < verb and has_subject:
        return False
    return any(is_same(word.low, other, language) for other in clause.around)
