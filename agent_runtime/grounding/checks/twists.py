"""A claim that is nearly word for word the fact: each small word that differs must be harmless."""

from collections.abc import Callable, Iterator
from difflib import SequenceMatcher

from agent_runtime.grounding.claims import Match
from agent_runtime.grounding.lexicon import NEGATORS, Lexicon
from agent_runtime.grounding.phrases import word_set
from agent_runtime.grounding.reading import Reading

_NEAR = 0.7
_LEAST = 4
_SIDES = (
    word_set(
        "we us our ours i me my wir uns unser unsere ich nosotros nuestro nuestra nous notre noi "
        "nostro nostra nos nosso nossa"
    ),
    word_set(
        "you your yours sie ihr ihre du usted su sus tu vous votre vos voi lei vostro vostra voce "
        "seu sua"
    ),
)
_MODALS = (
    word_set(
        "can could cannot kann konnen konnte puede pueden podemos peut peuvent pouvons puo "
        "possono possiamo pode podem may darf durfen"
    ),
    word_set("might"),
    word_set("must muss mussen debe deben doit doivent faut deve devono devem"),
    word_set("should soll sollen sollte"),
    word_set("will would shall wird werden wollen"),
)
_TURNS = tuple(
    (frozenset((one,)), frozenset((other,)))
    for one, other in (
        *(
            ("and", "or"),
            ("with", "without"),
            ("before", "after"),
            ("from", "to"),
            ("in", "outside"),
        ),
        *(("beside", "place"), ("und", "oder"), ("mit", "ohne"), ("vor", "nach"), ("con", "sin")),
        *(("con", "senza"), ("com", "sem"), ("avec", "sans"), ("avant", "apres"), ("y", "o")),
        *(("prima", "dopo"), ("antes", "despues"), ("antes", "depois"), ("et", "ou"), ("e", "o")),
    )
)
_DUE = word_set("have has tem tiene tienen hat ha avoir")
_DUTY = word_set("de que to zu da")


def twists(match: Match) -> str:
    """Names the first small difference that turns a claim which is nearly the fact itself."""
    mine = _lows(match.claim.reading, match.claim.start, match.claim.end)
    theirs = _lows(match.clause.reading, match.clause.start, match.clause.end)
    if len(mine) < _LEAST or len(theirs) < _LEAST or mine == theirs:
        return ""
    matcher = SequenceMatcher(None, theirs, mine, autojunk=False)
    if matcher.real_quick_ratio() < _NEAR or matcher.ratio() < _NEAR:
        return ""
    found = (
        turn_of(gone, come, theirs, mine, match.claim.reading.lexicon)
        for gone, come in differences(matcher, theirs, mine)
    )
    return next(filter(None, found), "")


def turn_of(
    gone: list[str], come: list[str], theirs: list[str], mine: list[str], lexicon: Lexicon
) -> str:
    """Names a difference between a near copy and its fact that turns the sense, or nothing."""
    is_denied = not (gone and come) and bool(NEGATORS & {*gone, *come})
    is_other = (
        (is_denied and _denials(mine) != _denials(theirs))
        or _is_turned(gone, come)
        or _is_other_unit(lexicon.units.labels, gone, come)
    )
    return f"it says {' '.join(come)!r}, the fact says {' '.join(gone)!r}" if is_other else ""


def _denials(lows: list[str]) -> int:
    return sum(low in NEGATORS for low in lows)


def _lows(reading: Reading, start: int, end: int) -> list[str]:
    return [t.low for t in reading.tokens[start:end] if t.kind != "mark"]


def differences(
    matcher: SequenceMatcher[str], theirs: list[str], mine: list[str]
) -> Iterator[tuple[list[str], list[str]]]:
    """What is gone of the fact, and what has come instead, place by place."""
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag != "equal":
            yield theirs[a:b], mine[c:d]


def _is_turned(gone: list[str], come: list[str]) -> bool:
    lost, new = set(gone), set(come)
    if any((lost & one and new & other) or (lost & other and new & one) for one, other in _TURNS):
        return True
    if (lost & _SIDES[0] and new & _SIDES[1]) or (lost & _SIDES[1] and new & _SIDES[0]):
        return len(gone) <= 2 and len(come) <= 2
    kinds_lost = {n for n, line in enumerate(_MODALS) if lost & line}
    kinds_new = {n for n, line in enumerate(_MODALS) if new & line}
    if kinds_lost and (new & _DUE and new & _DUTY):
        return True
    return bool(kinds_lost and kinds_new) and kinds_lost.isdisjoint(kinds_new)


def _is_other_unit(
    labels: Callable[[tuple[str, ...]], tuple[str, ...]], gone: list[str], come: list[str]
) -> bool:
    """`minutos` for `segundos`: one unit stands where another one stood."""
    lost = {unit for low in gone for unit in labels((low,))}
    new = {unit for low in come for unit in labels((low,))}
    return bool(lost and new) and lost.isdisjoint(new) and len(gone) == len(come) == 1
