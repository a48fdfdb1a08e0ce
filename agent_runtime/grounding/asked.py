"""What a question states, offers or takes for granted must be in a fact."""

from collections.abc import Sequence

from agent_runtime.grounding.clauses import Clause
from agent_runtime.grounding.courtesy import is_free_time
from agent_runtime.grounding.entailment import Entailment
from agent_runtime.grounding.findings import Finding, Ground
from agent_runtime.grounding.lemmas import is_same
from agent_runtime.grounding.phrases import word_set
from agent_runtime.grounding.pieces import pieces_of
from agent_runtime.grounding.questions import offered, preamble_end
from agent_runtime.grounding.reading import Reading
from agent_runtime.grounding.stretches import solved


def stated_first(reading: Reading, base: Ground, entails: Entailment | None) -> str:
    """Why what a question states before it asks is not grounded; empty where it is."""
    end = preamble_end(reading)
    if end is None or reading.lows[0] in _SUPPOSING:
        return ""
    first = 1 if reading.lows[0] in {"since", "as", "because"} else 0
    pieces = pieces_of(reading, first, end)
    if not pieces or _is_of_buyer(reading, end, base):
        return ""
    found = solved("", reading, pieces, base, entails)
    return found.reason if found.verdict == "blocked" else ""


_SUPPOSING = word_set("if when once before after should")


def _is_of_buyer(reading: Reading, end: int, base: Ground) -> bool:
    """`As you are in Bonn, …`: of the buyer, in words of which the facts have none."""
    lows = reading.lows[:end]
    if not {"you", "your"} & set(lows) or any(a.start < end for a in reading.amounts):
        return False
    words = [w for w in reading.words if w.place < end]
    return not any(
        w.low in base.words or any(is_same(w.low, low, reading.language) for low in base.words)
        for w in words
    ) and not {"we", "our", "us"} & set(lows)


def judged_question(text: str, reading: Reading, base: Ground) -> Finding:
    """What a question offers to show must be something that a fact speaks of."""
    if strange := _presumed(reading, base):
        return Finding(text, "blocked", reason=f"no fact speaks of {strange!r}")
    words = offered(reading)
    if not words:
        return Finding(text, "question")
    for given, clauses in base.facts:
        for clause in clauses:
            if not _has_amounts(reading, clause):
                continue
            if not _is_denied(words, clause, reading.language) and all(
                _is_spoken_of(word, clause, reading.language) for word in words
            ):
                return Finding(text, "question", given.id)
    return Finding(text, "blocked", reason=f"no fact speaks of what it offers: {' '.join(words)!r}")


def _presumed(reading: Reading, base: Ground) -> str:
    """Returns what a question takes for granted without a fact: `her book`, `the free month`."""
    return _owned(reading, base) or _definite(reading, base)


def _definite(reading: Reading, base: Ground) -> str:
    """`the new engine`, `a refund`: there is one, says whoever asks so."""
    table = reading.lexicon.question
    if "ordinary" not in table:
        return ""
    plain = table["ordinary"] | table["generic"] | reading.lexicon.courtesy["words"]
    lows = reading.lows
    if lows[:1] == ("how",) and lows[1:2] in (("many",), ("much",), ("often",)):
        return ""
    for word in reading.words:
        near = lows[max(0, word.place - 3) : word.place]
        is_told = word.low in table["claimed"] and not is_free_time(lows, word.place)
        if not is_told and ("the" not in near or word.place in reading.verbs):
            continue
        if not is_told and (word.low in plain or word.low.endswith("ing")):
            continue
        is_known = word.low in base.words or any(
            is_same(word.low, one, reading.language) for one in base.words
        )
        if not is_known:
            return word.text
    return ""


def _owned(reading: Reading, base: Ground) -> str:
    for at, low in enumerate(reading.lows):
        if low not in {"her", "his", "their", "its"}:
            continue
        owned = [w for w in reading.words if at < w.place <= at + 3]
        known = any(w.place < at and not w.is_name for w in reading.words) and low in {
            "their",
            "its",
        }
        for word in owned:
            is_known = any(is_same(word.low, one, reading.language) for one in base.words)
            if not known and word.low not in base.words and not is_known:
                return word.text
    return ""


def _has_amounts(reading: Reading, clause: Clause) -> bool:
    """Whether a clause has the figures of an offer, the length of a call aside."""
    known = {a.key for a in clause.reading.amounts}
    return all(a.key in known or a.is_time for a in reading.amounts)


def _is_denied(words: Sequence[str], clause: Clause, language: str) -> bool:
    lows = clause.reading.lows
    return clause.has("plan") or any(
        p.is_negated
        and any(is_same(word, low, language) for word in words for low in lows[p.start : p.end])
        for p in clause.pieces
    )


def _is_spoken_of(word: str, clause: Clause, language: str) -> bool:
    return any(is_same(word, low, language) for low in clause.lows)
