"""If, only for, on this plan, in these countries, up to: what limits a fact limits the claim."""

from functools import cache

from agent_runtime.grounding.amounts import Amount
from agent_runtime.grounding.claims import Match
from agent_runtime.grounding.lemmas import forms, is_same
from agent_runtime.grounding.moments import Moment
from agent_runtime.grounding.pieces import Piece
from agent_runtime.grounding.reading import Mark, Word

_REGIONS = frozenset(
    "eu europe africa asia america eea efta nordics scandinavia dach benelux iberia germany worldwide uk us usa".split()
)
_SEEKING = frozenset("scan search look check test watch apply ask wait monitor audit screen".split())
_LIMITING = frozenset("in on for during under at with before after up until within".split())
_SCOPED_BY = frozenset(("in", "within", "on", "for", "from", "with", "only", "by", "of", "fur", "para", "pour", "per", "nur"))


def conditions(match: Match) -> str:
    """Names the first condition of the fact that the claim leaves out."""
    return (
        _if_left_out(match)
        or _extra_left_out(match)
        or _who_left_out(match)
        or _scope_left_out(match)
        or _cap_left_out(match)
        or _share_left_out(match)
        or _place_of_a_no(match)
        or _days_left_out(match)
        or _phrase_left_out(match)
        or _modifier_left_out(match)
    )


def _modifier_left_out(match: Match) -> str:
    """Night slots are not slots: a noun is said with the word that narrows it."""
    clause, reading = match.clause, match.clause.reading
    by_place = {w.place: w for w in clause.words}
    for place in match.said:
        before = by_place.get(place - 1)
        if before is None or place in reading.verbs or place - 1 in reading.verbs:
            continue
        is_used = match.piece_of(place) in match.used or place < clause.head
        named = by_place.get(place - 2)
        is_own = named is not None and (named.is_name or named.is_firm)
        if is_own and named and _is_said(named, match) or by_place[place].is_name:
            continue
        is_plain = not before.is_name and not before.is_firm and before.low not in reading.lexicon.soft
        if is_used and is_plain and place - 1 not in match.said and not _is_said(before, match):
            return f"the fact says so of {before.text} {reading.lows[place]!r} only"
    return ""


def _phrase_left_out(match: Match) -> str:
    """A phrase behind what the claim says (`with approval`, `at full load`) that it leaves out."""
    clause, reading = match.clause, match.clause.reading
    for number in match.used:
        piece = clause.pieces[number]
        for begin, end in _phrases(piece, match):
            words = [w for w in clause.words if begin < w.place < end]
            figures = [f for f in (*reading.amounts, *reading.moments) if begin <= f.start < end]
            if not words and reading.lows[begin] == "for" and _is_span_left_out(figures, match):
                return f"the fact says so {' '.join(reading.lows[begin:end])!r}"
            if not words or any(_is_said(w, match) for w in words):
                continue
            if figures and any(_is_figure_said(f, match) for f in figures):
                continue
            is_named = all(w.is_name for w in words)
            if is_named and reading.lows[begin] in {"in", "at", "by"}:
                continue
            if is_named and begin < clause.head and reading.lows[begin] == "for":
                continue
            return f"the fact says so {' '.join(reading.lows[begin:end])!r}"
    return ""


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
    return reading.lows[at] == "for" and bool(verbs) and not _SEEKING.isdisjoint(forms(verbs[-1], "en"))


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
        if rest and reading.lows[last + 1] in _LIMITING and not any(_is_said(w, match) for w in rest):
            return f"the fact says no only {' '.join(reading.lows[last + 1 : piece.end])!r}"
    return ""


def _days_left_out(match: Match) -> str:
    """What is said of Monday to Friday is not said of every day."""
    clause = match.clause
    days = [
        m for m in clause.reading.moments if m.name[:7] == "weekday" and clause.start <= m.start < clause.end
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
        is_part = "percent" in amount.units or "of" in clause.reading.lows[amount.end : amount.end + 1]
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
            a for a in (*clause.reading.amounts, *clause.reading.moments) if mark.start <= a.start < piece.end
        ]
        if not words and not figures:
            continue
        kept = sum(_is_said(w, match) for w in words)
        has_figure = any(_has_figure(f.words, match) for f in figures)
        if kept * 2 < len(words) and not has_figure or (not kept and not has_figure):
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
        if words and not any(_is_said(w, match) for w in words[:2]):
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
    if scoped and not any(_is_said(w, match) for w in scoped):
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
        if is_tier and not _is_said(word, match) and not _is_other_tier_said(match):
            return f"the fact says so for {word.text!r} only"
    for mark in clause.reading.marked(("only",), clause.start, clause.end):
        after = [w for w in clause.words if mark.end <= w.place < mark.end + 3]
        is_used = match.piece_of(mark.start) in match.used or mark.start < clause.head
        if after and is_used and not any(_is_said(w, match) for w in after):
            return f"the fact says only {after[0].text!r}"
    return ""


def _cap_left_out(match: Match) -> str:
    clause = match.clause
    for amount in clause.reading.amounts:
        if not clause.start <= amount.start < clause.end:
            continue
        is_used = match.piece_of(amount.start) in match.used or amount.start < clause.head
        is_cap = amount.bound in {"at_most", "less_than", "at_least", "more_than"} and not amount.is_time
        has_any = any(match.claim.start <= a.start < match.claim.end for a in match.claim.reading.amounts)
        if is_used and is_cap and not has_any:
            return f"the limit {amount.words!r} of the fact is left out"
    for mark in clause.reading.marked(("at_most",), clause.start, clause.end):
        is_loose = not any(a.start <= mark.start <= a.end for a in clause.reading.amounts)
        is_moment = any(m.start in {mark.end, mark.end + 1} for m in clause.reading.moments)
        if is_loose and not is_moment and mark.words in {"up to", "at most"} and not match.claim.has("at_most"):
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
    return any(_is_said(w, match) for w in names)


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


def _is_said(word: Word, match: Match) -> bool:
    if word.place in match.said:
        return True
    language = match.claim.reading.language
    return any(
        low == word.low or (not word.is_name and is_same(low, word.low, language))
        for low in match.claim.reading.lows
    )


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
