"""If, only for, on this plan, in these countries, up to: what limits a fact limits the claim."""

from functools import cache

from agent_runtime.grounding.checks.said import is_said
from agent_runtime.grounding.claims import Match
from agent_runtime.grounding.lemmas import is_same
from agent_runtime.grounding.phrases import word_set
from agent_runtime.grounding.pieces import Piece
from agent_runtime.grounding.reading import Mark, Word

_REGIONS = word_set(
    "eu europe africa asia america eea efta nordics scandinavia dach benelux iberia germany "
    "worldwide uk us usa"
)
_SCOPED_BY = word_set("in within on for from with only by of fur para pour per nur")


def conditions(match: Match) -> str:
    """Names the first condition of the fact that the claim leaves out."""
    return (
        _if_left_out(match)
        or _extra_left_out(match)
        or _who_left_out(match)
        or _scope_left_out(match)
        or _cap_left_out(match)
        or _share_left_out(match)
        or _days_left_out(match)
        or _offset_left_out(match)
        or _if_added(match)
    )


def _if_added(match: Match) -> str:
    """`if you ask`: a condition that the fact does not know, and no wish of the buyer's."""
    claim = match.claim
    if match.clause.has("if", "can", "may", "only", "at_least", "extra", "tier"):
        return ""
    for mark in claim.reading.marked(("if",), claim.start, claim.end):
        piece = next((p for p in claim.pieces if p.start <= mark.start < p.end), None)
        stop = piece.end if piece else claim.end
        lows = set(claim.reading.lows[mark.end : stop])
        if mark.words == "once" and {"a", "per", "every"} & set(
            claim.reading.lows[mark.end : mark.end + 1]
        ):
            continue
        is_wish = not lows.isdisjoint(_WISHES)
        if not is_wish and not any(mark.end <= at < stop for at in match.places):
            return f"the fact knows no condition {mark.words!r}"
    return ""


_WISHES = word_set("want need prefer like wish rather would interested have are is")


def _offset_left_out(match: Match) -> str:
    """`12 months after the end`: what is so then is not so at the end."""
    claim, clause = match.claim, match.clause
    said = {a.key for a in claim.reading.amounts}
    for amount in clause.reading.amounts:
        after = clause.reading.lows[amount.end : amount.end + 1]
        if not amount.is_time or after not in (("after",), ("before",)) or amount.key in said:
            continue
        if any(amount.end < place < clause.end for place in match.said):
            return f"the fact says so {amount.words!r} {after[0]} that"
    return ""


def _days_left_out(match: Match) -> str:
    """What is said of Monday to Friday is not said of every day."""
    clause = match.clause
    days = [
        m
        for m in clause.reading.moments
        if m.name[:7] == "weekday" and clause.start <= m.start < clause.end
    ]
    if days and not match.claim.reading.moments:
        return f"the fact says so for {days[0].words!r} only"
    return ""


def _share_left_out(match: Match) -> str:
    """`98% of deliveries`, `38 of 210 vans`: said of a part, not of all."""
    claim, clause = match.claim, match.clause
    if any(claim.start <= a.start < claim.end for a in claim.reading.amounts):
        return ""
    for amount in clause.reading.amounts:
        is_first = clause.start <= amount.start < clause.head
        is_part = (
            "percent" in amount.units or "of" in clause.reading.lows[amount.end : amount.end + 1]
        )
        if is_first and is_part:
            return f"the fact says so of {amount.words!r} only"
    return ""


def _if_left_out(match: Match) -> str:
    clause = match.clause
    for mark in clause.reading.marked(("if",), clause.start, clause.end):
        number = match.piece_of(mark.start)
        piece = clause.pieces[number]
        if mark.words.startswith("but not") and number not in match.used:
            continue
        words = [w for w in clause.words if mark.start <= w.place < piece.end]
        figures = [
            a
            for a in (*clause.reading.amounts, *clause.reading.moments)
            if mark.start <= a.start < piece.end
        ]
        if not words and not figures:
            continue
        kept = sum(is_said(w, match) for w in words)
        has_figure = any(_has_figure(f.words, match) for f in figures)
        if (kept * 2 < len(words) and not has_figure) or (not kept and not has_figure):
            return f"the condition {mark.words!r} of the fact is left out"
        if "except" in {m.name for m in clause.reading.marks if m.start == mark.start} and not (
            match.claim.has("except") or match.claim.has("negation")
        ):
            return f"the exception {mark.words!r} of the fact is left out"
    return ""


def _who_left_out(match: Match) -> str:
    """`learners who finish`: said of those only."""
    clause = match.clause
    for piece in clause.pieces:
        if clause.reading.lows[piece.start] not in {"who", "whose"}:
            continue
        words = [w for w in clause.words if piece.start <= w.place < _end_of_who(piece, match)]
        if words and not any(is_said(w, match) for w in words[:2]):
            return f"the fact says so of those {clause.reading.lows[piece.start]!r} only"
    return ""


def _end_of_who(piece: Piece, match: Match) -> int:
    """Before the second verb of the piece, which is the main clause's again."""
    verbs = [v for v in match.clause.reading.verbs if piece.start < v < piece.end]
    return verbs[1] if len(verbs) > 1 else piece.end


def _extra_left_out(match: Match) -> str:
    clause = match.clause
    for mark in clause.reading.marked(("extra",), clause.start, clause.end):
        is_used = match.piece_of(mark.start) in match.used
        if is_used and not match.claim.has("extra", "if") and mark.words not in _sentence(match):
            return f"the fact says {mark.words!r}"
    return ""


def _scope_left_out(match: Match) -> str:
    """Plans, regions, groups of customers and narrowing adjectives of the pieces that are used."""
    clause, reading = match.clause, match.clause.reading
    regions = [w for w in clause.words if w.low in _REGIONS or w.low in _countries()]
    scoped = [w for w in regions if _is_scope(w, match)]
    if scoped and not any(is_said(w, match) for w in scoped):
        return f"the fact says so for {scoped[0].text!r} only"
    for mark in clause.reading.marked(("narrow",), clause.start, clause.end):
        is_tier = reading.tokens[mark.start].is_capital and mark.start > clause.start
        if not is_tier and _is_of_claim(mark, match) and mark.words not in _sentence(match):
            return f"the fact says so for {mark.words!r} only"
    for word in clause.words:
        is_used = match.piece_of(word.place) in match.used or word.place < clause.head
        is_tier = is_used and word.is_name and _is_before_tier(word, match)
        if is_tier and word.place < clause.head and _is_pronoun(match):
            continue
        if is_tier and not is_said(word, match) and not _is_other_tier_said(match):
            return f"the fact says so for {word.text!r} only"
    for mark in clause.reading.marked(("only",), clause.start, clause.end):
        after = [w for w in clause.words if mark.end <= w.place < mark.end + 3]
        is_used = match.piece_of(mark.start) in match.used or mark.start < clause.head
        after = after or [w for w in clause.words if mark.start - 3 <= w.place < mark.start]
        if after and is_used and not any(is_said(w, match) for w in after):
            return f"the fact says only {after[0].text!r}"
    return ""


def _cap_left_out(match: Match) -> str:
    claim, clause = match.claim, match.clause
    for amount in clause.reading.amounts:
        if not clause.start <= amount.start < clause.end:
            continue
        is_used = match.piece_of(amount.start) in match.used or amount.start < clause.head
        is_cap = (
            amount.bound in {"at_most", "less_than", "at_least", "more_than"} and not amount.is_time
        )
        figures = claim.reading.amounts
        is_kept = any(a.key == amount.key for a in figures if claim.start <= a.start < claim.end)
        if is_used and is_cap and not is_kept:
            return f"the limit {amount.words!r} of the fact is left out"
    for mark in clause.reading.marked(("at_most",), clause.start, clause.end):
        is_loose = not any(a.start <= mark.start <= a.end for a in clause.reading.amounts)
        is_moment = any(m.start in {mark.end, mark.end + 1} for m in clause.reading.moments)
        if (
            is_loose
            and not is_moment
            and mark.words in {"up to", "at most"}
            and not match.claim.has("at_most")
        ):
            return f"the limit {mark.words!r} of the fact is left out"
    return ""


def _is_scope(word: Word, match: Match) -> bool:
    lows = match.clause.reading.lows
    is_used = match.piece_of(word.place) in match.used
    before = lows[max(match.clause.start, word.place - 3) : word.place]
    return is_used and not _SCOPED_BY.isdisjoint(before)


def _is_pronoun(match: Match) -> bool:
    """Whether the claim goes on about what was named before: `It costs …`."""
    return match.claim.reading.lows[match.claim.start] in {"it", "this", "that", "they", "these"}


def _is_other_tier_said(match: Match) -> bool:
    """Of two plans of a fact the claim speaks of one; `bindings` looks at which is which."""
    names = (w for w in match.clause.words if w.is_name and _is_before_tier(w, match))
    return any(is_said(w, match) for w in names)


def _is_before_tier(word: Word, match: Match) -> bool:
    reading = match.clause.reading
    after = reading.lows[word.place + 1] if word.place + 1 < len(reading.lows) else ""
    if word.place + 1 in reading.verbs:
        return False
    return "tier" in reading.lexicon.marks.labels((after,))


def _is_of_claim(mark: Mark, match: Match) -> bool:
    """Whether the claim speaks of what an adjective of the fact narrows: critical *tickets*."""
    reading = match.clause.reading
    at = mark.end
    if at >= match.clause.end or reading.tokens[at].kind != "word" or at in reading.verbs:
        return False
    if at in match.said:
        return True
    language, lows = reading.language, match.claim.reading.lows
    is_vendor = "vendor" in reading.lexicon.marks.labels((reading.lows[at],))
    return is_vendor and any(is_same(reading.lows[at], low, language) for low in lows)


def _has_figure(words: str, match: Match) -> bool:
    return bool(match.claim.reading.amounts or match.claim.reading.moments) and words != ""


def _sentence(match: Match) -> str:
    return " ".join(match.claim.reading.lows)


@cache
def _countries() -> frozenset[str]:
    """Names of countries of one word, in the six languages."""
    from babel import Locale

    from agent_runtime.hearing.sentences import fold

    return frozenset(
        fold(str(name))
        for code in ("en", "de", "es", "fr", "it", "pt")
        for key, name in Locale(code).territories.items()
        if len(key) == 2 and " " not in str(name)
    )
