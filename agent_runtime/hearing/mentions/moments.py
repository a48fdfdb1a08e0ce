"""Times to meet at, and dates that bear on the deal or on when to write again."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from agent_runtime.hearing.mentions.mention import Mention, Written, listed
from agent_runtime.library.content import LOCALES
from agent_runtime.words import read_words


def find_moments(written: Written, language: str) -> list[Mention]:
    """Returns `requested_time` and `timeline` mentions, by the words of one language."""
    words = _patterns(language if language in LOCALES else "en")
    found = []
    for chain in _chains(written, words):
        if not _is_past(written, chain, words):
            kind = _kind(written, chain, words)
            start = _introduced(written, chain, words) if kind == "timeline" else chain.start
            found.append(Mention(kind, start, chain.end))
    return found


@dataclass(frozen=True, slots=True)
class _Chain:
    """Neighbouring pieces of one expression, as in `Tuesday | at 10 | or Thursday`."""

    kinds: frozenset[str]
    start: int
    end: int
    lead: str


_FINE = frozenset({"clock", "part", "weekday", "near", "date"})


def _chains(written: Written, words: "_Patterns") -> Iterator[_Chain]:
    kinds: set[str] = set()
    start = end = 0
    for match in words.atom.finditer(written.flat):
        kind = _name_of(match)
        at, to = match.span(match.lastgroup or 0)
        if kinds and words.glue.fullmatch(written.flat, end, at) and not _parts(kinds, kind):
            kinds.add(kind)
            end = to
            continue
        if kinds:
            yield _led(written, words, kinds, start, end)
        kinds, start, end = {kind}, at, to
    if kinds:
        yield _led(written, words, kinds, start, end)


def _parts(kinds: set[str], kind: str) -> bool:
    """A meeting time and a far date are two expressions, whatever stands between."""
    far = {"quarter", "year", "season", "span", "event"}
    return bool((kinds & _FINE and kind in far) or (kinds & far and kind in ("clock", "part")))


def _name_of(match: re.Match[str]) -> str:
    return (match.lastgroup or "").rstrip("_0123456789")


def _led(written: Written, words: "_Patterns", kinds: set[str], start: int, end: int) -> _Chain:
    lead = words.lead.search(written.flat, max(0, start - 30), start)
    deadline = words.deadline.search(written.flat, max(0, start - 30), start)
    if lead and kinds & {"clock", "part", "weekday"}:
        start = lead.start(1)
    while written.flat[end - 1] in ".,":
        end -= 1
    return _Chain(frozenset(kinds), start, end, deadline[1] if deadline else "")


def _introduced(written: Written, chain: _Chain, words: "_Patterns") -> int:
    """Where a date begins together with its preposition, as in `by the end of March`."""
    if chain.kinds & {"span", "event", "clock", "part"}:
        return chain.start
    before = words.introduced.search(written.flat, max(0, chain.start - 20), chain.start)
    return before.start(1) if before else chain.start


def _is_past(written: Written, chain: _Chain, words: "_Patterns") -> bool:
    if chain.kinds == {"part"} or (chain.kinds == {"clock"} and chain.end - chain.start < 2):
        return True
    if _is_told(written, chain, words):
        return True
    near = written.flat[max(0, chain.start - 14) : chain.start]
    said = written.flat[chain.start : chain.end + 9]
    return bool(words.past_before.search(near) or words.past_within.search(said))


def _is_told(written: Written, chain: _Chain, words: "_Patterns") -> bool:
    """A far date in a sentence about the past bears on nothing to come."""
    if words.since.match(chain.lead):
        return True
    if chain.lead or chain.kinds & {"clock", "part", "weekday", "near", "span", "event"}:
        return False
    start, end = written.sentence(chain.start)
    return bool(words.told.search(written.flat, start, chain.start)) and not words.deal.search(
        written.flat, start, end
    )


def _kind(written: Written, chain: _Chain, words: "_Patterns") -> str:
    start, end = written.sentence(chain.start)
    around = written.flat[start : chain.start] + " # " + written.flat[chain.end : end]
    meets = bool(words.meeting.search(around))
    deals = bool(words.deal.search(around)) or bool(chain.lead)
    if chain.kinds & {"clock", "part"}:
        return "requested_time"
    if chain.kinds & _FINE:
        return "timeline" if deals and not (meets and not chain.lead) else "requested_time"
    if "week" in chain.kinds:
        return "requested_time" if meets and not deals else "timeline"
    return "timeline"


class _Patterns:
    def __init__(self, language: str) -> None:
        everything = read_words("entities/moments")
        w = everything[language]
        self.atom = re.compile("|".join(_atoms(w)))
        self.glue = re.compile(rf"\s*(?:(?:{w['glue']})\s*)*")
        self.lead = re.compile(rf"(?<![a-z])((?:{w['lead']})\s+(?:(?:{w['the']})\s+)?)$")
        self.deadline = re.compile(
            rf"(?<![a-z])((?:{w['deadline']})\s+(?:(?:{w['the']})\s*)?(?:(?:{w['edge']})\s+)?)$"
        )
        self.introduced = re.compile(
            rf"(?<![a-z])((?:(?:{w['deadline']})|in|im|en|em|a|ad|au|nel|nella|no|na|nell')\s+(?:(?:{w['the']})\s?)?)$"
        )
        self.since = re.compile(r"(?:since|seit|desde|depuis|da|dal)\s(?!(?:the|next))")
        self.past_before = re.compile(rf"(?<![a-z])(?:{w['past']})\s+$")
        self.past_within = re.compile(rf"(?<![a-z])(?:{w['past']})(?![a-z])(?! w| s)")
        self.meeting = re.compile(rf"(?<![a-z]){listed(everything['meeting'])}(?![a-z])")
        self.told = re.compile(rf"(?<![a-z]){listed(everything['told'])}(?![a-z])")
        self.deal = re.compile(rf"(?<![a-z]){listed(everything['deal'])}(?![a-z])")


def _atoms(w: dict[str, str]) -> Iterator[str]:
    """Pieces of an expression, each as a named group; the longer ones come first."""
    begin, end = r"(?<![\w.,/-])", r"(?![\w])"
    month, of, the = rf"(?:{w['month']})\.?", rf"(?:{w['of']})", rf"(?:{w['the']})"
    year = r"(?:20\d\d)"
    a_next = rf"(?:{w['next']})"
    unit = rf"(?:{w['unit']})"
    day = r"(?:[0-3]?\d)(?:st|nd|rd|th|er|º|\.)?"
    date = (
        rf"(?:{the}\s)?{day}(?:\s(?:{of}|the))?\s{month}(?:,?\s(?:{of}\s)?{year})?"
        rf"|{month}\s{day}(?:,?\s{year})?(?![\d:h])"
        rf"|{year}-\d\d-\d\d|\d{{1,2}}[./]\d{{1,2}}(?:[./](?:20)?\d\d|\.)(?!\d)|(?!24/7)[0-3]?\d/[01]?\d"
        rf"|the\s[0-3]?\d(?:st|nd|rd|th)|[0-3]?\d(?:st|nd|rd|th)|(?:el|le|il|no|am|den)\s(?:dia\s|giorno\s)?[0-3]?\d\.?"
        rf"(?!\s?(?:[h:%€]|uhr|{month}|de\s{month}))|dia\s[0-3]?\d"
    )
    half_day = r"(?:\s?(?:[ap]\.?m\.?|uhr|h(?:rs?|eures?|oras?)?|o'?clock|ore|horas|heures))"
    clock = (
        rf"\d{{1,2}}[:.h]\d\d{half_day}?|\d{{1,2}}(?:ish|{half_day})|(?:{w['clock_word']})"
        rf"|(?<=@)\d{{1,2}}|(?:(?:{w['clock_at']})\s?)(?P<clock_2>(?:[01]?\d|2[0-4])(?:[:.h]\d\d)?{half_day}?(?!\d|\s\d{{3}})|(?:{w['clock_number']})(?=\s*(?:$|[.,;!?)]|o'?clock|on\s|tomorrow|today|tonight|in the|would|works|is |or\s|sharp|y\s|e\s|und\s|de la|da\s|del?\s|di\s|uhr|{w['weekday']}|{w['near']}|{w['part']}|{w['clock_at']})))"
        rf"(?![\d%€$£k.:,]?\d|\s?(?:[%€$£k]|{unit}|people|users|systems|employees|euros?|of\s|personas|leute|{month}))"
    )
    to = r"\s?(?:-|–|to|and|bis|und|a|y|à|et|às|e|alle|till|until|or)\s?(?:las\s|as\s|le\s)?"
    hours = rf"\d{{1,2}}(?:[:.h]\d\d)?{half_day}?{to}\d{{1,2}}(?:[:.h]\d\d)?{half_day}"
    hours += rf"|(?:between|zwischen|entre|tra|fra|from|von|de|dalle|das|desde)\s(?:las\s|le\s|as\s)?(?P<clock_3>\d{{1,2}}(?:[:.h]\d\d)?{to}\d{{1,2}}(?:[:.h]\d\d)?)(?!\s?[k%€$£\d.]|\s?(?:{unit}|people|users))"
    edge = rf"(?:{w['edge']})"
    calendar = rf"(?:(?:{month}|{a_next}\s{unit}|{unit}(?:\s(?:{w['later']}))?|q[1-4]|{w['season']})(?:\s(?:{of}\s)?{year})?|{year})"
    number = rf"(?:{w['number']})"
    yield rf"{begin}(?P<span>(?:(?:{w['ahead']})\s(?:about\s|around\s|etwa\s|unos?\s|environ\s|cerca de\s|circa\s)?{number}\s{unit}(?:\s(?:{w['later']}))?|{number}\s{unit}\s(?:{w['later']}))){end}"
    yield rf"{begin}(?P<event>(?:{w['before']})(?:\s|(?<=['’]))(?:(?:{w['possessive']})\s?){{0,2}}(?:[a-z-]+\s){{0,2}}?(?:{w['event']})(?:\s(?:in|im|en|em|a|ad|di|de|en el|end)?\s?{month})?){end}"
    yield rf"{begin}(?P<week>(?:{the}\s)?{edge}\s?(?:{of}\s)?(?:{the}\s)?(?:{a_next}\s)(?:weeks?|wochen?|semanas?|semaines?|settiman[ae])(?:\s(?:{w['later']}))?){end}"
    yield rf"{begin}(?P<month_1>(?:{the}\s)?{edge}[\s-]?(?:{of}\s?)?(?:{the}\s?)?{calendar}){end}"
    yield rf"{begin}(?P<clock_1>{hours}){end}"
    yield rf"{begin}(?P<date>{date}){end}"
    yield rf"{begin}(?P<clock>{clock}){end}"
    yield rf"{begin}(?P<week_1>(?:{the}\s)?(?:{a_next}\s(?:weeks?|weekend|wochen?|wochenende|semanas?|fin de semana|fim de semana|semaines?|week-?end|settiman[ae])|(?:weeks?|semana|semaine|settimana|woche)\s(?:{w['later']}|after next|after|of the \d+\w*)|kw\s?\d+)){end}"
    yield rf"{begin}(?P<near_1>(?:{w['near']})\s(?:{w['part']})){end}"
    yield rf"{begin}(?P<part>(?:(?:in the|at|am|im|zur|dans l'|dans la|en|le|di|in|nel|nella|de|early|late|mid|fruh am|spaten?)\s)?(?:{w['part']})){end}"
    yield rf"{begin}(?P<weekday>(?:{the}\s)?(?:{a_next}\s|early\s|late\s)?(?:{w['weekday']})(?:\s(?:{w['later']}|week|fortnight|en huit)(?![a-z])|,?\s(?:the\s|el\s|den\s|le\s|il\s|dia\s)?[0-3]?\d(?:st|nd|rd|th|\.)?(?!\s?(?:[h:\d–-]|uhr|[ap]m|horas|ore|heures|to\s|bis\s)))?){end}"
    yield rf"{begin}(?P<near>(?:{w['near']})){end}"
    yield rf"{begin}(?P<quarter>q[1-4](?:\s?(?:of\s)?(?:20)?\d\d)?|h[12](?:\s20\d\d)?|(?:the\s)?(?:first|second|third|fourth|last|1st|2nd|3rd|4th)\s(?:quarter|half)(?:\sof\s(?:the\s(?:{a_next}\s)?year|{year}|next\syear))?|(?:erste[sn]?|zweite[sn]?|dritte[sn]?|vierte[sn]?)\squartal(?:\s{year})?|(?:primer|segundo|tercer|cuarto|premier|deuxieme|troisieme|quatrieme|primeiro|terceiro|quarto|primo|secondo|terzo)\s(?:trimestre|semestre)){end}"
    yield rf"{begin}(?P<month>(?:{the}\s|l')?(?:{a_next}\s(?:{unit}|{month}|{w['season']})|(?:{unit}|{month})\s(?:{w['later']}))){end}"
    sure = rf"(?:{w['month']})(?<!may)(?<!\bmar)(?<!\bsun)(?<!\bjan)(?<!\bsat)"
    yield rf"{begin}(?P<month_2>{sure}(?:,?\s(?:{of}\s)?{year})?){end}"
    introduced = rf"(?:{w['deadline']}|{w['before']}|in|im|en|em|a|nel|nella|no|na|this|next|for|over|and|or|to|-|around|during|since|ad|cet|cette|l'|quest'|d'|zu|uber|mid|early|late|der|den|zum|this|le|la|el|il|nach|an)"
    yield rf"{begin}{introduced}[\s-]?(?:{the}\s?)?(?P<month_3>may|mar|jan|{year}|(?:{w['season']})(?:\s{year})?|fy\s?(?:20)?\d\d){end}"


@cache
def _patterns(language: str) -> _Patterns:
    return _Patterns(language)
