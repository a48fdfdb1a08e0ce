"""Questions ask and claim nothing, unless a claim hides in them: did you know that we …."""

from agent_runtime.grounding.phrases import word_set
from agent_runtime.grounding.reading import Reading
from agent_runtime.grounding.units import TIME

_CLAIMING = ("certain", "promise", "benefit", "claims_of_self", "cause")
_MEETING = word_set("call chat talk meeting demo meet speak conversation minutes minute time week")
_NEGATIVE = word_set("is are was were do does did would could should can will have has who why")
_US = word_set(
    "we us our ours wir unser unsere unserer unserem unseren nosotros nuestro nuestra nuestros "
    "nuestras nous notre nos noi nostro nostra nostri nostre nosso nossa nossos nossas"
)
_YOU = word_set(
    "you your sie ihnen ihr ihre ihrem ihren ihrer usted ustedes le su sus vous votre vos lei suo "
    "sua suoi voi vostro vostra voce voces lhe seu seus suas"
)


def is_question(reading: Reading, *, spoken: bool = False) -> bool:
    """Says whether a sentence asks, by its mark or, spoken, by how it begins."""
    if reading.text.rstrip("\"'”’) ").endswith("?"):
        return True
    openers = reading.lexicon.question.get("openers")
    return (
        spoken
        and openers is not None
        and bool(openers.at(reading.lows, 0)[0])
        and "you" in reading.lows[:3]
    )


def claim_start(reading: Reading) -> int | None:
    """Returns where a claim begins that hides in a question; None where nothing is claimed.

    The frame around the claim, such as `did you know that`, stands before that place.
    """
    table = reading.lexicon.question
    lows = reading.lows
    first = next((at for at, t in enumerate(reading.tokens) if t.kind != "mark"), 0)
    if "frames" not in table:
        return None if not _is_suspicious(reading, first) else first
    for at in range(first, len(lows)):
        length, _ = table["frames"].at(lows, at)
        if length and at <= first + 4:
            return at + length
    if _has_tag(reading):
        return first
    if _is_offer(reading, first):
        return None
    return first if _is_suspicious(reading, first) else None


def preamble_end(reading: Reading) -> int | None:
    """Returns where the asking begins behind what a question states first; None without such.

    `Since a copy is included anyway, would you prefer …` states that a copy is included.
    """
    openers = reading.lexicon.question.get("asking")
    if openers is None:
        return None
    commas = [at for at, low in enumerate(reading.lows) if low in {",", ":", ";", "-", "–"}]
    for at in commas:
        after = (
            at + 1 if reading.lows[at + 1 : at + 2] not in (("so",), ("and",), ("or",)) else at + 2
        )
        if after < len(reading.lows) and openers.at(reading.lows, after)[0]:
            has_verb = any(v < at for v in reading.verbs)
            return at if has_verb and not openers.at(reading.lows, 0)[0] else None
    return None


def offered(reading: Reading) -> tuple[str, ...] | None:
    """Returns the words of what a question offers to send or show; None where it offers nothing."""
    first = next((at for at, t in enumerate(reading.tokens) if t.kind != "mark"), 0)
    if not _is_offer(reading, first):
        return None
    generic = reading.lexicon.question["generic"]
    return tuple(w.low for w in reading.words if w.low not in generic)


def _is_offer(reading: Reading, first: int) -> bool:
    table = reading.lexicon.question
    if "offers" not in table:
        return False
    starts = (first, first + 1, *(at + 1 for at, low in enumerate(reading.lows) if low == ","))
    is_offer = any(
        at < len(reading.lows) and table["offers"].at(reading.lows, at)[0] for at in starts
    )
    return is_offer and not _is_suspicious(reading, first, is_offer=True)


def _is_suspicious(reading: Reading, first: int, *, is_offer: bool = False) -> bool:
    """Whether a question says more than it asks."""
    lows = reading.lows
    claims = reading.marked(_CLAIMING, 0, len(lows)) and not _is_of_them(reading)
    counts = not is_offer and any(
        not _is_for_meeting(reading, at) for at in range(len(reading.amounts))
    )
    leads = lows[first] in _NEGATIVE and lows[first + 1 : first + 2] == ("not",)
    wonders = lows[first] == "why" and "you" not in lows[first : first + 4]
    if claims or counts or leads or wonders or _compares(reading) or _asks_secrets(reading):
        return True
    if _states(reading, first, is_offer=is_offer):
        return True
    if is_offer:
        return False
    is_to_you = not _YOU.isdisjoint(lows)
    is_open = lows[first] in _OPEN and not any(w.is_name for w in reading.words)
    return (_us(lows) or not (is_to_you or is_open)) and not _is_plain(reading)


_OPEN = word_set("who which when where how")


def _states(reading: Reading, first: int, *, is_offer: bool) -> bool:
    """Whether a question about us or about names has words with which claims are made."""
    table, lows = reading.lexicon.question.get("claims"), reading.lows
    is_about = bool(_US & set(lows)) or is_offer or any(w.is_name for w in reading.words)
    if table is None or not is_about or _is_asked(reading):
        return False
    return any(table.at(lows, at)[0] for at in range(first + 1, len(lows)))


def _asks_secrets(reading: Reading) -> bool:
    """Nobody asks a buyer for what opens an account."""
    return not _SECRETS.isdisjoint(reading.lows) and not _GIVING.isdisjoint(reading.lows)


_SECRETS = word_set(
    "password passwords passcode pin cvv iban card ssn credentials login otp passwort "
    "kennwort contrasena senha clave parola mot code token secret"
)
_GIVING = word_set(
    "give send tell share enter type confirm what provide geben schicken nennen enviar dar "
    "dire donner dare"
)


def _has_tag(reading: Reading) -> bool:
    """Whether it states something and only asks for agreement at its end, as with `right`."""
    tags = reading.lexicon.question.get("tags")
    end = max((at + 1 for at, t in enumerate(reading.tokens) if t.kind != "mark"), default=0)
    if tags is None:
        return False
    ends = ((at, tags.at(reading.lows, at)[0]) for at in range(1, end))
    return any(length and at + length == end for at, length in ends)


def _us(lows: tuple[str, ...]) -> bool:
    """Whether a question speaks of the company; `are we talking about` does not."""
    return any(low in _US and lows[at + 1 : at + 2] != ("talking",) for at, low in enumerate(lows))


def _is_of_them(reading: Reading) -> bool:
    """`Are you looking to cut costs?` speaks of the buyer's wishes, not of ours."""
    return (
        not reading.amounts
        and reading.lows[0] in {"are", "do", "is"}
        and "ready" not in reading.lows
        and not _US & set(reading.lows)
    )


def _is_asked(reading: Reading) -> bool:
    """Open questions about the buyer: which, who, how many, what."""
    lows = reading.lows
    return (
        not _US & set(lows)
        and lows[0]
        in {"what", "which", "who", "how", "when", "where", "do", "are", "is", "would", "could"}
        and ("you" in lows or "your" in lows)
        and not {"that", "because", "since"} & set(lows[1:])
    )


def _is_for_meeting(reading: Reading, number: int) -> bool:
    amount = reading.amounts[number]
    is_short = not TIME.isdisjoint(amount.units) and not _MEETING.isdisjoint(reading.lows)
    before = reading.lows[amount.start - 1] if amount.start else ""
    is_hour = not amount.units and amount.value <= 24 and before in _BEFORE_HOUR
    if is_hour and any(m.name.startswith(("weekday", "day")) for m in reading.moments):
        return True
    return is_short or (not amount.units and amount.value == 1)


_BEFORE_HOUR = word_set("at around from to or and um gegen las a alle verso as vers")


def _compares(reading: Reading) -> bool:
    lows = set(reading.lows)
    is_about_you = bool(lows & {"you", "your"}) and not (lows & _US)
    is_open = reading.lows[0] in {"what", "which", "when", "who", "how", "would", "is"}
    allowed = {"best", "better", "most", "more", "earlier", "later", "sooner", "less"}
    marks = reading.marked(("compare",), 0, len(reading.lows))
    return any(
        not (
            m.words in allowed
            and ((is_about_you and is_open) or m.words in {"more", "later", "earlier", "sooner"})
        )
        for m in marks
    )


def _is_plain(reading: Reading) -> bool:
    """Only words of arranging and asking, and days."""
    generic = reading.lexicon.question.get("generic", frozenset())
    courtesy = reading.lexicon.courtesy.get("words", frozenset())
    return all(w.low in generic or w.low in courtesy for w in reading.words)
