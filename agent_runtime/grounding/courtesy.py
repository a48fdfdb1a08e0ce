"""Greetings, thanks and sign-offs: words that claim nothing, if nothing hides among them."""

from agent_runtime.grounding.lemmas import is_same
from agent_runtime.grounding.phrases import word_set
from agent_runtime.grounding.reading import Reading, Word

_CLAIMING = (
    "compare",
    "only",
    "certain",
    "promise",
    "benefit",
    "cause",
    "all",
    "most",
    "claims_of_self",
)
_NAMED_AFTER = word_set(
    "hi hello hey dear morning afternoon evening thanks thank regards wishes best cheers "
    "sincerely welcome you from well mr mrs ms miss dr prof professor herr frau senor senora "
    "madame monsieur signora signor gentile"
)
_PARTICLES = word_set("de van von der den la di da del el ter zu")


def is_courtesy(reading: Reading, start: int, end: int, *, known: frozenset[str]) -> bool:
    """Says whether a stretch of a sentence is courtesy and nothing else.

    Args:
        reading: The sentence.
        start: Its first token.
        end: The token after its last one.
        known: Words of the facts: a topic may be named in them, and nothing is claimed by it.
    """
    table, words = reading.lexicon.courtesy.get("triggers"), reading.lexicon.courtesy.get("words")
    if table is None or words is None:
        return False
    end = _without_name(reading, start, end)
    marks = reading.marked(_CLAIMING, start, end)
    if any(m.words not in _POLITE for m in marks) or _has_figures(reading, start, end):
        return False
    if _boasts(reading, start, end, known):
        return False
    lows = reading.lows
    has_trigger = any(_ends_within(table.at(lows, at), at, end) for at in range(start, end))
    if not has_trigger:
        return _is_signature(reading, start, end)
    topic = _topic_start(reading, start, end)
    strangers = [
        w
        for w in reading.words
        if start <= w.place < topic
        and (w.low not in words or (w.low in _PARTICLES and w.low in known))
        and not _is_our_name(reading, w, known)
        and not _is_thanked_for(reading, w)
    ]
    if any(not _is_addressed(reading, w.place) for w in strangers):
        return _is_signature(reading, start, end)
    return _is_topic(reading, topic, end, known=known)


def _boasts(reading: Reading, start: int, end: int, known: frozenset[str]) -> bool:
    """`your free hardware`, `our best offer`: a claim in the words of a courtesy."""
    lows = reading.lows
    claimed = reading.lexicon.question.get("claimed", frozenset())
    for at in range(start, end):
        if lows[at] in claimed and lows[at] not in known and not is_free_time(lows, at):
            return True
        if lows[at] == "best" and lows[at - 1 : at] in (("our",), ("the",)) and at > start:
            if lows[at - 2 : at - 1] == ("all",):
                continue
            return lows[at + 1 : at + 2] not in (
                ("way",),
                ("time",),
                ("person",),
                ("day",),
                ("for",),
            )
    return False


def is_free_time(lows: tuple[str, ...], at: int) -> bool:
    """`feel free`, `are you free on Friday`."""
    near = {*lows[max(0, at - 2) : at], *lows[at + 1 : at + 2]}
    return lows[at] == "free" and not near.isdisjoint(_FREE_TIME)


_FREE_TIME = word_set("feel you i we on at for this next tomorrow today to around any")


_ASKING = word_set("which how what whether when where if who")
_NAMING = frozenset(["mentioned", "raised", "asked", "wanted"])
_POLITE = word_set(
    "best all any anything anyone everyone everybody everything more less later earlier "
    "sooner better absolutely certainly promised most whenever immediately every than soonest "
    "anytime top for sure"
)


def _without_name(reading: Reading, start: int, end: int) -> int:
    """Where a courtesy ends before whom it addresses: `thanks for asking, Marco`."""
    last = end - 1
    while last > start and reading.tokens[last].kind == "mark":
        last -= 1
    token = reading.tokens[last]
    is_name = token.is_capital and token.text[1:].islower() and token.kind == "word"
    return last - 1 if last - 1 > start and is_name and reading.lows[last - 1] == "," else end


def _ends_within(found: tuple[int, tuple[str, ...]], at: int, end: int) -> bool:
    return bool(found[0]) and at + found[0] <= end


def _has_figures(reading: Reading, start: int, end: int) -> bool:
    """Amounts, dates and addresses are claims; a day of the week in a wish is not."""
    if any(start <= a.start < end for a in reading.amounts):
        return True
    firm = ("month", "clock", "quarter", "half", "rate")
    if any(start <= m.start < end and m.name.startswith(firm) for m in reading.moments):
        return True
    return any(t.kind == "address" for t in reading.tokens[start:end])


def _is_addressed(reading: Reading, place: int) -> bool:
    """A name after a greeting, or beside another such name."""
    token = reading.tokens[place]
    if not token.is_capital or any(c.isupper() or c.isdigit() for c in token.text[1:]):
        return token.kind == "slot"
    before = [t for t in reading.tokens[max(0, place - 4) : place] if t.kind == "word"]
    is_last = place + 1 >= len([t for t in reading.tokens if t.kind != "mark"])
    if not before:
        return (
            len(reading.tokens) > place + 1 and reading.lows[place + 1] in {",", "!"}
        ) or is_last
    before = [t for t in before if t.low not in _PARTICLES] or before
    near = before[-1]
    return near.low in _NAMED_AFTER or near.is_capital or reading.lows[place - 1] == ","


def _is_signature(reading: Reading, start: int, end: int) -> bool:
    """A line of one to three plain names, or a title: Jonas Weber, Account Executive."""
    tokens = [t for t in reading.tokens[start:end] if t.kind != "mark"]
    titles = reading.lexicon.courtesy.get("titles")
    is_whole = all(t.kind == "mark" for t in (*reading.tokens[:start], *reading.tokens[end:]))
    if (
        not is_whole
        or not 1 <= len(tokens) <= 4
        or (reading.verbs and any(start <= v < end for v in reading.verbs))
    ):
        return False
    if titles is not None and tuple(t.low for t in tokens) in titles:
        return True
    free = {w.place for w in reading.words if start <= w.place < end}
    return (
        len(tokens) <= 3
        and len(free) == len(tokens)
        and all(t.is_capital and t.text[1:].islower() for t in tokens)
    )


def _topic_start(reading: Reading, start: int, end: int) -> int:
    """Where `your question about …` begins to say about what."""
    heads, afters = (
        reading.lexicon.courtesy.get("topic_heads"),
        reading.lexicon.courtesy.get("topic_after"),
    )
    if heads is None or afters is None:
        return end
    lows = reading.lows
    for at in range(start, end):
        length, _ = heads.at(lows, at)
        after = at + length
        if length and after < end:
            skip, _ = afters.at(lows, after)
            if skip:
                return after + skip
            if lows[at] in _NAMING:
                return after
    return end


def _is_our_name(reading: Reading, word: Word, known: frozenset[str]) -> bool:
    """`welcome to Relay`, `on behalf of Relay`: a name that the facts know."""
    before = reading.lows[word.place - 1] if word.place else ""
    return (
        word.is_name
        and word.low in known
        and before in {"of", "at", "from", "to", "with", "by", "in"}
    )


def _is_thanked_for(reading: Reading, word: Word) -> bool:
    """`thank you for the drawing`: one plain noun with an article."""
    before = reading.lows[max(0, word.place - 2) : word.place]
    after = reading.lows[word.place + 1 : word.place + 2]
    is_last = not after or after[0] in {",", "!", "and"}
    return not word.is_name and is_last and before in {("for", "the"), ("for", "your")}


def _is_topic(reading: Reading, start: int, end: int, *, known: frozenset[str]) -> bool:
    """A topic is a few plain words; ours and names that no fact knows would claim something."""
    if start >= end:
        return True
    words = reading.lexicon.courtesy.get("words") or frozenset()
    stretch = [w for w in reading.words if start <= w.place < end]
    if any(w.is_name and w.low not in known and w.low not in words for w in stretch):
        return False
    strange = [w for w in stretch if w.low not in words and w.low not in known]
    telling = [w for w in strange if not any(is_same(w.low, k, reading.language) for k in known)]
    ours = any(low in {"our", "ours", "we", "us"} for low in reading.lows[start:end])
    has_negation = any(start <= at < end for at in reading.negations)
    is_open = ours and reading.lows[start - 1] in _ASKING
    return len(telling) <= (3 if is_open else 0 if ours else 4) and not (has_negation and telling)
