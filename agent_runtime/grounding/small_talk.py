"""Sympathy, thanks and wishes in open words: harmless where nothing is said of what is sold."""

from agent_runtime.grounding.lemmas import forms
from agent_runtime.grounding.phrases import word_set
from agent_runtime.grounding.reading import Reading

_CLAIMING = (
    *("compare", "only", "certain", "promise", "benefit", "cause", "all", "most"),
    *("claims_of_self", "beta", "extra"),
)
_POLITE = word_set("being better best all anything anyone everyone everything more later sooner")
_FIRM = ("month", "clock", "quarter", "half", "rate")
_OURS = word_set("we us our ours ourselves")
_OUR_TALK = word_set(
    "visit call conversation chat talk meeting exchange discussion last next previous first demo"
)
_WE_SPOKE = word_set("spoke talked met discussed chatted looked covered said mentioned touched")
_TO_US = word_set(
    "tell telling ask asking contact contacting write writing let letting give giving"
)
_OF_PEOPLE = word_set("i you it that this there who they he she")
_YOUR_PEOPLE = word_set(
    "company team firm charity business organisation organization school practice colleagues "
    "colleague staff people department group boss manager family clients customers"
)
_NEVER = word_set("never nothing none nobody without longer")
_MAX_WORDS = 22
_WATCHED = word_set(
    "file files record records contract contracts account accounts data log logs logged history "
    "profile page pages link links opened clicked visited viewed browsed tracked watched seen saw "
    "noticed heard told learnt learned knows budget salary renewal supplier vendor competitor"
)
"""What somebody knows of a reader who has not told it; nobody is told that they are watched."""
_SKIPPED = word_set("and but so well oh ah yes , also first really")


def is_small_talk(reading: Reading, start: int, end: int, *, known: frozenset[str]) -> bool:
    """Says whether a stretch only wishes, thanks, apologises or feels with the buyer.

    Its words are free, unlike those of `is_courtesy`: what makes it harmless is that it speaks of
    nobody but the buyer and the talk, with no name, figure, promise or word of commerce.

    Args:
        reading: The sentence.
        start: Its first token.
        end: The token after its last one.
        known: Words of the facts: nothing may be said of them but that they matter.
    """
    if "openers" not in reading.lexicon.courtesy:
        return False
    if end - start > _MAX_WORDS or _says_more(reading, start, end):
        return False
    while start < end and reading.lows[start] in _SKIPPED:
        start += 1
    length = _opener(reading, start, end)
    feels = _feels(reading, start, end)
    if not length and not feels:
        return False
    if not (_NEVER | _WATCHED).isdisjoint(reading.lows[start:end]):
        return False
    return feels or not _tells_of(reading, start + length, end, known)


def _opener(reading: Reading, start: int, end: int) -> int:
    """The length of a frame such as `I can well understand`, adverbs in it aside."""
    openers = reading.lexicon.courtesy["openers"]
    places = [at for at in range(start, min(end, start + 8)) if reading.lows[at] not in _ADVERBS]
    if not places:
        return 0
    length = openers.at([reading.lows[at] for at in places], 0)[0]
    return places[length - 1] + 1 - start if length else 0


_ADVERBS = word_set(
    "really well completely fully totally quite very certainly absolutely so all too do"
)


def _says_more(reading: Reading, start: int, end: int) -> bool:
    """Figures, names, the vendor, or words with which claims are made."""
    if _has_figures(reading, start, end):
        return True
    if any(m.words not in _POLITE for m in reading.marked(_CLAIMING, start, end)):
        return True
    stretch = [w for w in reading.words if start <= w.place < end]
    names = [w.place for w in stretch if w.is_name or w.low in _TITLES]
    if any(not _is_topic(reading, at, start) and not _is_called(reading, at) for at in names):
        return True
    commercial = reading.lexicon.courtesy["commercial"]
    said = (low for low in reading.lows[start:end])
    is_plain = not _feels(reading, start, end)
    if is_plain and any((form,) in commercial for low in said for form in forms(low, "en")):
        return True
    return any(_is_of_us(reading, at, start) for at in range(start, end))


def _has_figures(reading: Reading, start: int, end: int) -> bool:
    return (
        any(start <= a.start < end for a in reading.amounts)
        or any(start <= m.start < end and m.name.startswith(_FIRM) for m in reading.moments)
        or any(t.kind in {"address", "slot"} for t in reading.tokens[start:end])
    )


def _is_called(reading: Reading, place: int) -> bool:
    """Whom a sentence addresses: behind a greeting, a title, or the last comma."""
    before = reading.lows[place - 1] if place else ""
    rest = [t for t in reading.tokens[place + 1 :] if t.kind != "mark"]
    is_last = before == "," and len(rest) <= 1
    return before in _GREETINGS or before in _TITLES or is_last


_GREETINGS = word_set("hi hello hey dear morning afternoon evening thanks regards")
_TITLES = word_set("mr mrs ms miss dr prof professor")


def _is_topic(reading: Reading, place: int, start: int) -> bool:
    """`the worry about HMRC`: a name that is only spoken about."""
    before = reading.lows[max(start, place - 3) : place]
    rest = [v for v in reading.verbs if v > place]
    return bool({"about", "regarding", "around"} & set(before)) and not rest


def _is_of_us(reading: Reading, at: int, start: int) -> bool:
    """`our team` speaks of the vendor; `our call`, `as we said` and `telling us` do not."""
    lows = reading.lows
    if lows[at] not in _OURS:
        return False
    before = lows[at - 1] if at > start else ""
    near = lows[at + 1 : at + 3]
    if before == "in" and "interest" in lows[max(start, at - 2) : at]:
        return False
    if lows[at] in {"our", "ours"}:
        return _OUR_TALK.isdisjoint(near)
    if lows[at] == "us":
        return before not in _TO_US
    return _WE_SPOKE.isdisjoint(near) and near[:1] not in (("hope",), ("understand",), ("look",))


def _feels(reading: Reading, start: int, end: int) -> bool:
    """`Moving house can feel daunting`: a state of mind of the buyer, said of anything."""
    busy = reading.lexicon.courtesy["busy_with"]
    places = [
        at for at in range(start + 1, end) if busy.at(reading.lows, at)[0] and _is_said(reading, at)
    ]
    is_denied = any(start <= at < end for at in reading.negations)
    last = end - 1
    while last > start and reading.tokens[last].kind == "mark":
        last -= 1
    is_cut = any(low in {",", ";", ":"} for low in reading.lows[start : max(places, default=start)])
    rest = [v for v in reading.verbs if places and v > places[0]]
    is_clause = any(reading.lows[v - 1 : v] != ("to",) for v in rest if v < end)
    return bool(places) and not (is_denied or is_cut or is_clause) and last - places[0] <= 6


def _is_said(reading: Reading, at: int) -> bool:
    """`is hard`, `feels so hard`, `it matters`; not the `hard disk`."""
    if reading.lows[at - 1] == "no":
        return False
    if reading.lows[at] in {"matter", "matters", "worry", "worries", "concern", "concerns"}:
        return True
    if reading.lows[at - 1] == "how":
        return True
    before = [low for low in reading.lows[max(0, at - 3) : at] if low not in _DEGREES]
    return before[-1:] != [] and before[-1] in _SEEMS


_DEGREES = word_set("so very really quite too rather pretty a bit always more such")
_SEEMS = word_set("is are be been was feel feels felt seem seems sound sounds get gets can")


def _tells_of(reading: Reading, start: int, end: int, known: frozenset[str]) -> bool:
    """Whether a verb is said of something other than the people who talk."""
    first_cut = next((at for at in range(start, end) if reading.lows[at] in {",", ";", ":"}), end)
    for verb in (v for v in reading.verbs if start <= v < end):
        subject = _subject(reading, start, verb)
        is_going_on = reading.lows[verb].endswith("ing") and reading.lows[verb - 1] != "is"
        if subject is None or is_going_on:
            continue
        low = reading.lows[subject]
        is_base = reading.lows[verb] in reading.lexicon.verbs and low not in _OF_PEOPLE
        if is_base and low != "we" and not low.endswith("s"):
            continue
        if low in _OF_PEOPLE:
            is_person = low in {"i", "you"}
            is_plain = is_person or not _PLAIN.isdisjoint(forms(reading.lows[verb], "en"))
            is_relative = (
                low in {"that", "who"} and subject > start and _is_noun(reading, subject - 1)
            )
            if not is_plain or is_relative or (not is_person and subject > first_cut):
                return True
            continue
        if low == "we":
            continue
        possessor = reading.lows[max(start, subject - 3) : subject]
        if "your" not in possessor or (low in known and low not in _YOUR_PEOPLE):
            return True
    return False


_PLAIN = word_set(
    "is are was were be will can would may might must do does did has have had help sound make go "
    "went happen take feel suit fit clear answer give seem look mean be matter reach find work"
)
"""Verbs by which `that` and `it` say nothing of what is sold: I hope that helps."""


def _is_noun(reading: Reading, at: int) -> bool:
    return any(w.place == at for w in reading.words) and at not in reading.verbs


def _subject(reading: Reading, start: int, verb: int) -> int | None:
    """The nearest word before a verb of which it may be said."""
    for at in range(verb - 1, start - 1, -1):
        low = reading.lows[at]
        if low in _OF_PEOPLE or low == "we" or any(w.place == at for w in reading.words):
            return at
        if low in {"to", "for", "of"} and at == verb - 1:
            return None
    return None
