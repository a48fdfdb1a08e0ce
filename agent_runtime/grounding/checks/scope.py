"""What stands beside the words that a claim takes from a fact: with approval, night (slots)."""

from agent_runtime.grounding.amount import Amount
from agent_runtime.grounding.checks.said import is_said
from agent_runtime.grounding.claims import Match
from agent_runtime.grounding.lemmas import forms
from agent_runtime.grounding.moments import Moment
from agent_runtime.grounding.phrases import word_set
from agent_runtime.grounding.pieces import Piece
from agent_runtime.grounding.reading import Word

_SEEKING = word_set("scan search look check test watch apply ask wait monitor audit screen")
_LIMITING = word_set("in on for during under at with before after up until within")


def scope(match: Match) -> str:
    """Names a phrase or a narrowing noun of the fact that the claim leaves out."""
    return _place_of_a_no(match) or _phrase_left_out(match) or _modifier_left_out(match)


def _modifier_left_out(match: Match) -> str:
    """Night slots are not slots: a noun is said with the word that narrows it."""
    clause, reading = match.clause, match.clause.reading
    by_place = {w.place: w for w in clause.words}
    said = {m.name for m in match.claim.reading.moments}
    for moment in reading.moments:
        is_ordinal = moment.name.startswith("ordinal") and moment.end in match.said
        if is_ordinal and moment.name not in said:
            return f"the fact says so of {moment.words} {reading.lows[moment.end]!r} only"
    for place in match.said:
        before = by_place.get(place - 1)
        if before is None or place in reading.verbs or place - 1 in reading.verbs:
            continue
        is_used = match.piece_of(place) in match.used or place < clause.head
        named = by_place.get(place - 2)
        is_own = named is not None and (named.is_name or named.is_firm)
        if (is_own and named and is_said(named, match)) or by_place[place].is_name:
            continue
        is_plain = (
            not before.is_name
            and not before.is_firm
            and before.low not in reading.lexicon.soft | reading.lexicon.loose
            and reading.lows[place] != "free"
            and not _is_priced(before, match)
        )
        if is_used and is_plain and place - 1 not in match.said and not is_said(before, match):
            return f"the fact says so of {before.text} {reading.lows[place]!r} only"
    return ""


def _is_priced(word: Word, match: Match) -> bool:
    """`a paid add-on` where the claim names the price."""
    return word.low in {"paid", "priced"} and any(a.is_money for a in match.claim.reading.amounts)


def _phrase_left_out(match: Match) -> str:
    """A phrase behind what the claim says (`with approval`, `at full load`) that it leaves out."""
    clause, reading = match.clause, match.clause.reading
    for number in match.used:
        piece = clause.pieces[number]
        for begin, end in _phrases(piece, match):
            loose = reading.lexicon.loose
            words = [w for w in clause.words if begin < w.place < end and w.low not in loose]
            figures = [f for f in (*reading.amounts, *reading.moments) if begin <= f.start < end]
            if not words and reading.lows[begin] == "for" and _is_span_left_out(figures, match):
                return f"the fact says so {' '.join(reading.lows[begin:end])!r}"
            if not words or any(is_said(w, match) for w in words):
                continue
            if figures and any(_is_figure_said(f, match) for f in figures):
                continue
            if _has_other(number, match):
                continue
            is_named = all(w.is_name for w in words)
            if is_named and reading.lows[begin] in {"in", "at", "by"}:
                continue
            if is_named and begin < clause.head and reading.lows[begin] == "for":
                continue
            return f"the fact says so {' '.join(reading.lows[begin:end])!r}"
    return ""


def _has_other(number: int, match: Match) -> bool:
    """`at rest with A and in transit with B`: the claim takes the other of two phrases."""
    clause = match.clause
    others = (p for n, p in enumerate(clause.pieces) if n != number and n in match.used)
    return any(
        clause.reading.lows[p.start] in _LIMITING
        and any(p.start <= place < p.end for place in match.said)
        for p in others
    )


def _is_span_left_out(figures: list[Amount | Moment], match: Match) -> bool:
    """`for the first two years`: what is said for a time is not said for good."""
    is_span = any(isinstance(f, Amount) and f.is_time for f in figures)
    return is_span and not any(_is_figure_said(f, match) for f in figures)


def _phrases(piece: Piece, match: Match) -> list[tuple[int, int]]:
    """Stretches of a piece that begin with a limiting preposition, behind its verb."""
    reading = match.clause.reading
    starts = [
        at
        for at in range(max(piece.start, match.clause.start + 1), piece.end)
        if reading.lows[at] in _LIMITING
        and not _is_object(at, match)
        and not any(a.start <= at < a.end for a in reading.amounts)
    ]
    stops = [*starts[1:], piece.end]
    return list(zip(starts, stops, strict=False))


def _is_object(at: int, match: Match) -> bool:
    """`scan for`, `apply for`: what is scanned for limits nothing."""
    reading = match.clause.reading
    verbs = [reading.lows[v] for v in reading.verbs if match.clause.start <= v < at]
    return (
        reading.lows[at] == "for"
        and bool(verbs)
        and not _SEEKING.isdisjoint(forms(verbs[-1], "en"))
    )


def _is_figure_said(figure: Amount | Moment, match: Match) -> bool:
    claim = match.claim.reading
    if isinstance(figure, Amount):
        return any(a.key == figure.key for a in claim.amounts)
    return any(m.name == figure.name for m in claim.moments)


def _place_of_a_no(match: Match) -> str:
    """A no that the fact limits (`not informed in silent factoring`) is not said of everything."""
    clause, reading = match.clause, match.clause.reading
    if not any(p.is_negated for p in match.claim.pieces):
        return ""
    for number in match.used:
        piece = clause.pieces[number]
        last = max((p for p in match.said if piece.start <= p < piece.end), default=piece.end)
        rest = [w for w in clause.words if last < w.place < piece.end]
        if (
            rest
            and reading.lows[last + 1] in _LIMITING
            and not any(is_said(w, match) for w in rest)
        ):
            return f"the fact says no only {' '.join(reading.lows[last + 1 : piece.end])!r}"
    return ""
