"""A fact as the clauses that it consists of: what is said of one thing is not said of the next."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from agent_runtime.grounding.phrases import word_set
from agent_runtime.grounding.pieces import Piece, has_subject, pieces_of
from agent_runtime.grounding.reading import Reading, Word, read
from agent_runtime.grounding.sentences import split_sentences

_STARTS_CLAUSE = word_set("; : and but while whereas und aber y pero et mais e ma mas")


@dataclass(frozen=True)
class Clause:
    """One clause of a fact: a stretch of a reading, and the words around it."""

    reading: Reading
    start: int
    end: int
    around: frozenset[str] = frozenset()
    """Words of the whole fact, names left out: the second clause may mean the first one's."""
    meant: frozenset[str] = frozenset()
    """Names of the first sentence's subject, of which a later sentence without names goes on."""

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """Words of this clause."""
        return tuple(w for w in self.reading.words if self.start <= w.place < self.end)

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        """The pieces of this clause, for what belongs to what."""
        return pieces_of(self.reading, self.start, self.end)

    @cached_property
    def lows(self) -> frozenset[str]:
        """All tokens of this clause."""
        return frozenset(self.reading.lows[self.start : self.end])

    @cached_property
    def head(self) -> int:
        """Where its subject ends."""
        return next((v for v in self.reading.verbs if self.start <= v < self.end), self.start)

    def has(self, *names: str) -> bool:
        """Says whether a mark of one of these classes stands in it."""
        return bool(self.reading.marked(names, self.start, self.end))


@lru_cache(maxsize=4096)
def clauses_of(text: str, language: str, names: frozenset[str]) -> tuple[Clause, ...]:
    """Returns the clauses of a fact, sentence by sentence."""
    readings = [read(sentence, language, names) for sentence in split_sentences(text)]
    around = frozenset(w.low for r in readings for w in r.words if not w.is_name)
    found = tuple(c for reading in readings for c in _clauses(reading, around))
    if language != "en":
        return found
    lead = frozenset(_lead(found[0])) if found else frozenset()
    return tuple(
        clause if at == 0 or any(w.is_name for w in clause.words) else replace(clause, meant=lead)
        for at, clause in enumerate(found)
    )


def _is_condition(reading: Reading, piece: Piece) -> bool:
    """`and only if the van was locked` belongs to what stands before it."""
    first = range(piece.start, min(piece.start + 2, piece.end))
    return any(m.name == "if" and m.start in first and m.words != "where" for m in reading.marks)


def _lead(clause: Clause) -> Iterable[str]:
    """Names of a subject, without those of a phrase behind it: `trips to Italy`."""
    for word in clause.words:
        if word.place >= clause.head:
            return
        if any(clause.reading.lows[at] in _LEADS_OFF for at in range(clause.start, word.place)):
            return
        if word.is_name or word.is_firm:
            yield word.low


_LEADS_OFF = word_set("to in at for from of with by on under")


def _is_led(reading: Reading, begin: int) -> bool:
    """Whether a sentence begins with what only leads to its clause: if, in, since, after."""
    return reading.lows[begin] in _LEADS


_LEADS = word_set(
    "if when once unless since because as after before in on at for with while during within "
    "under until by wenn falls da weil si se quand lorsque cuando"
)


def _clauses(reading: Reading, around: frozenset[str]) -> Iterable[Clause]:
    pieces = pieces_of(reading)
    if not pieces:
        return
    begin = pieces[0].start
    last = pieces[0]
    for piece in pieces[1:]:
        is_new = piece.joint == ";" or (
            (piece.joint in _STARTS_CLAUSE or (piece.joint == "," and not _is_led(reading, begin)))
            and has_subject(reading, piece.start, piece.end)
            and has_subject(reading, begin, last.end)
            and not _is_condition(reading, piece)
        )
        if is_new:
            yield Clause(reading, begin, piece.start, around)
            begin = piece.start
        last = piece
    yield Clause(reading, begin, len(reading.tokens), around)
