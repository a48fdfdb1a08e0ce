"""Which of the offered times a buyer accepts; nothing when it is not plain."""

import re
from collections.abc import Sequence
from datetime import datetime

from agent_runtime.calendar_words import ORDINALS
from agent_runtime.domain import Slot
from agent_runtime.local_times import zone_of
from agent_runtime.spoken_times import hear_time


def choose_slot(
    text: str, offered: Sequence[Slot], *, zone: str, language: str, now: datetime
) -> int | None:
    """Returns the index of the one offered slot that the text accepts, else None.

    Every clause is read by itself, so that "Tuesday is bad but the second one works" is a
    choice. Clauses that refuse, or that only ask, choose nothing; two different choices are none.
    """
    if not offered or len(text) > 600:
        return None
    chosen = set()
    for clause in _CLAUSE.split(text.lower()):
        if clause.strip() and not _REFUSES.search(clause) and not _ASKS.search(clause):
            chosen |= _in_clause(clause.strip(), offered, zone, language, now)
    if len(chosen) == 1:
        return chosen.pop()
    if not chosen and not _REFUSES.search(text.lower()):
        return _all_the_same(text.lower(), offered)
    return None


_CLAUSE = re.compile(
    r"(?:[;\n!]|,(?! ?\d)|(?<!\d)\.(?=\s|$)|\b(?:but|however|aber|sondern|pero|sino|mais|mas|ma|però)\b)"
)
_REFUSES = re.compile(
    r"\b(?:not|n't|cannot|can ?t|won ?t|don ?t|doesn ?t|isn ?t|none|neither|unfortunately|afraid|busy"
    r"|booked up|instead of|nicht|kein\w*|leider|weder|verhindert|no (?:puedo|me|nos|podemos|estoy)"
    r"|ningun\w*|tampoco|imposible|ne |n['’]|pas\b|aucun\w*|malheureusement|impossible|não|nenhum\w*"
    r"|infelizmente|non\b|nessun\w*|purtroppo|impossibile)|['’]t\b"
)
_ASKS = re.compile(
    r"^\s*(?:how|what|why|who|is|are|does|do|will|was|wie|warum|wer|ist|sind|comment|pourquoi"
    r"|qui|est-ce|cómo|qué|por qué|quién|como|o que|quem|come|cosa|perché|chi)\b"
    r"(?!.*\b(?:still|noch|encore|toujours|todavía|aún|sigue|ainda|ancora)\b).*\?"
)
_NOUN = (
    r"(?:one|option|slot|time|date|suggestion|proposal|opción|opcion|fecha|hora|propuesta|horario"
    r"|termin|vorschlag|uhrzeit|variante|créneau|creneau|proposition|horaire|choix"
    r"|opção|opcao|data|horário|sugestão|proposta|opzione|orario)"
)
_SENTENCE_GOES_ON = (
    r"(?=\s*(?:$|[.,!?)]|works|would|is\b|is$|suits|sounds|looks|please|for me|for us|fits|then|if"
    r"|me (?:viene|va|vale|sirve)|nos|está|esta|por favor|parece|passt|geht|wäre|waere|klingt|bitte"
    r"|ist|für|me convient|nous|convient|serait|est|s['’]il|fonctionne|va |pode|serve|fica|é\b|va\b"
    r"|andrebbe|sarebbe|per me|per favore))"
)
_NUMBER = re.compile(
    r"(?:^|\b(?:option|opción|opcion|opção|opcao|opzione|slot|number|no\.?|nr\.?|nummer|numéro"
    r"|numero|número|termin|créneau|vorschlag|#)\s*|#)([1-9])(?:\)|\.)?"
    r"(?=\s*(?:$|[.,!?]|works|is |please|would|suits|passt|geht|bitte|me |est|convient|va |por|per))"
)
_YES = re.compile(
    r"\b(?:works|yes|perfect|great|sounds good|confirmed|see you then|ok|okay|sí|perfecto|vale"
    r"|de acuerdo|passt|ja|gerne|perfekt|einverstanden|oui|parfait|d['’]accord|ça marche"
    r"|me convient|sim|perfeito|combinado|fechado|va bene|sì|perfetto|confermo)\b"
)
_ANY = re.compile(
    r"\b(?:any|either|all) (?:one )?(?:of (?:them|these|those)|time|slot|works|is fine|are fine)\b"
    r"|\bwhichever\b|cualquiera|egal welcher|alle (?:termine )?passen|n['’]importe lequel"
    r"|qualquer um|qualsiasi"
)


def _in_clause(
    clause: str, offered: Sequence[Slot], zone: str, language: str, now: datetime
) -> set[int]:
    by_number = {int(m[1]) - 1 for m in _NUMBER.finditer(clause)}
    by_ordinal = _ordinals(clause, language, len(offered))
    by_time = _by_time(clause, offered, zone, language, now)
    for picked in (by_number, by_ordinal, by_time):
        if picked and by_time and picked & by_time:
            return picked & by_time
    picked = by_number or by_ordinal or by_time
    return {n for n in picked if 0 <= n < len(offered)}


def _ordinals(clause: str, language: str, count: int) -> set[int]:
    words = ORDINALS.get(language, ORDINALS["en"])
    either = "|".join(sorted(map(re.escape, words), key=len, reverse=True))
    found = set()
    for m in re.finditer(rf"(?<!\w)({either})(?: (?P<noun>{_NOUN})\b)?(?P<on>.*)", clause):
        if m["noun"] or re.match(_SENTENCE_GOES_ON, m["on"]):
            number = words[m[1]]
            found.add(count - 1 if number < 0 else number)
    return found


def _by_time(
    clause: str, offered: Sequence[Slot], zone: str, language: str, now: datetime
) -> set[int]:
    heard = hear_time(clause, language)
    if heard.is_empty:
        return set()
    today = now.astimezone(zone_of(zone)).date()
    locals_ = [slot.start.astimezone(zone_of(zone)) for slot in offered]
    fits = {n for n, t in enumerate(locals_) if heard.on_day(t, today=today) and heard.at_hour(t)}
    return fits if len(fits) == 1 else set()


def _all_the_same(text: str, offered: Sequence[Slot]) -> int | None:
    if _ANY.search(text):
        return 0
    is_short_yes = len(text) < 120 and "?" not in text and _YES.search(text)
    return 0 if len(offered) == 1 and is_short_yes else None
