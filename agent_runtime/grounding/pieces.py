"""Where a sentence may be cut: at commas, and, but, which; and of whom each piece speaks."""

from dataclasses import dataclass, replace

from agent_runtime.grounding.phrases import word_set
from agent_runtime.grounding.reading import Reading

_CUTS = word_set(
    ", ; : ( ) – — - … . ! ? and but or nor while whereas so which that who because since und "
    "oder aber y o pero et ou mais e ma oppure ed mas denn weil without ohne sin sans senza "
    "sem if unless except when once"
)
_JOINS_NEGATION = word_set(", or nor oder ou o")
_FOREIGN = word_set("y o e ed et ou ma mas und oder aber pero mais oppure denn weil")
_KEPT = word_set(
    "without ohne sin sans senza sem if unless except when once because since which who that "
    "whereas so weil denn"
)
"""Words that begin a piece and belong to it."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of tokens between two cuts; `joint` is what stands before it."""

    start: int
    end: int
    joint: str
    is_negated: bool = False
    scope: int = -1
    """Where what is denied begins: at the `no` of `showed no damage`; -1 where all of it is."""


def pieces_of(reading: Reading, start: int = 0, end: int | None = None) -> tuple[Piece, ...]:
    """Returns the pieces of a stretch of a sentence; amounts and fixed phrases stay whole."""
    stop = len(reading.tokens) if end is None else end
    whole = {at for a in reading.amounts for at in range(a.start, a.end)}
    whole |= {
        at
        for m in reading.marks
        if m.end - m.start > 1 and m.name not in {"function"}
        for at in range(m.start + 1, m.end)
    }
    whole |= {at for at, t in enumerate(reading.tokens) if t.kind == "address"}
    spans: list[tuple[int, int, str]] = []
    begin, joint = start, ""
    for at in range(start, stop):
        low = reading.lows[at]
        if low not in _CUTS or at in whole or (reading.language == "en" and low in _FOREIGN):
            continue
        if _is_verb_in_disguise(reading, at) or _is_degree(reading, at):
            continue
        if at > begin:
            spans.append((begin, at, joint))
            joint = low
        elif low != "," or not joint:
            joint = low
        begin = at if low in _KEPT else at + 1
    if stop > begin:
        spans.append((begin, stop, joint))
    return _negated(reading, [one for span in spans for one in _without_verb(reading, *span)])


_WITHOUT = word_set("without ohne sin sans senza sem")


def _without_verb(
    reading: Reading, start: int, end: int, joint: str
) -> tuple[tuple[int, int, str], ...]:
    """`without a machine | can be paused`: a without denies its noun, and no verb behind it."""
    if reading.lows[start] not in _WITHOUT:
        return ((start, end, joint),)
    verb = next((v for v in reading.verbs if start + 1 < v < end), None)
    is_ing = verb is not None and reading.lows[verb].endswith("ing")
    return (
        ((start, end, joint),)
        if verb is None or is_ing
        else ((start, verb, joint), (verb, end, ""))
    )


def _is_degree(reading: Reading, at: int) -> bool:
    """`so openly`, `so much`, `that of others`: no word that joins."""
    after = reading.lows[at + 1] if at + 1 < len(reading.lows) else ""
    if reading.lows[at] == "that" and after == "of":
        return True
    return reading.lows[at] == "so" and (after.endswith("ly") or after in _DEGREES)


_DEGREES = word_set("much many far long well kind good great soon often few little nice patient")


def _is_verb_in_disguise(reading: Reading, at: int) -> bool:
    """Italian and Portuguese `è`, `é` is a verb, and `e` without an accent joins."""
    return reading.lows[at] == "e" and reading.tokens[at].text.lower() != "e"


def _negated(reading: Reading, spans: list[tuple[int, int, str]]) -> tuple[Piece, ...]:
    """A not goes on over `or` and commas, until a piece has a verb of its own after `and`."""
    found: list[Piece] = []
    for start, end, joint in spans:
        count = sum(start <= at < end for at in reading.negations)
        own = count % 2 == 1 if reading.language == "en" else count > 0
        goes_on = bool(
            found
            and found[-1].is_negated
            and not count
            and joint in _JOINS_NEGATION
            and not has_subject(reading, start, end)
        )
        found.append(Piece(start, end, joint, own or goes_on, _scope(reading, start, end)))
    return _with_front(reading, found)


def _scope(reading: Reading, start: int, end: int) -> int:
    """A `no` after the verb denies what follows it; a `not` denies the verb."""
    places = [at for at in reading.negations if start <= at < end]
    verb = next((at for at in reading.verbs if start <= at < end), None)
    is_one = len(places) == 1 and verb is not None and verb < places[0]
    return places[0] if is_one and reading.lows[places[0]] in _DENIES_NOUN else -1


_DENIES_NOUN = word_set(
    "no nothing none kein keine keinen keinem ningun ninguna aucun aucune nessun nessuna nenhum"
)


def _with_front(reading: Reading, pieces: list[Piece]) -> tuple[Piece, ...]:
    """What stands before the first verb is denied or affirmed by it: `In Spain, it does not`."""
    first = next((n for n, p in enumerate(pieces) if has_verb(reading, p.start, p.end)), 0)
    return tuple(
        replace(p, is_negated=pieces[first].is_negated)
        if n < first and reading.lows[p.start] not in _WITHOUT
        else p
        for n, p in enumerate(pieces)
    )


def has_verb(reading: Reading, start: int, end: int) -> bool:
    """Says whether a stretch has a finite verb."""
    return any(start <= at < end for at in reading.verbs)


def has_subject(reading: Reading, start: int, end: int) -> bool:
    """Says whether a stretch has a verb, and words before it of whom it is said."""
    verb = next((at for at in reading.verbs if start <= at < end), None)
    return verb is not None and any(
        reading.tokens[at].kind in {"word", "number", "slot"}
        and reading.lows[at] not in _NO_SUBJECT
        for at in range(start, verb)
    )


def head_end(reading: Reading, start: int, end: int) -> int:
    """Returns where the subject of a stretch ends: before its first verb."""
    return next((at for at in reading.verbs if start <= at < end), start)


_NO_SUBJECT = word_set(
    "also then and but or so not never always just to still even usually typically normally "
    "only often in fact well yes"
)
