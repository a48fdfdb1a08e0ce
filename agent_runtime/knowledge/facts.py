"""The few facts of a turn: passages that answer what was asked, then the thread and the CRM."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from agent_runtime.domain import Contact, Evidence, Session
from agent_runtime.hearing.new_text import message_of
from agent_runtime.knowledge.found import Found
from agent_runtime.knowledge.passage import Passage
from agent_runtime.knowledge.questions import is_about, questions_of
from agent_runtime.knowledge.retriever import Need, Retriever, woven
from agent_runtime.knowledge.vocabulary import stem, tokens
from agent_runtime.times.local_times import number_times

MAX_FACTS_FOUND = 3
"""With the frame of the mail that makes the four facts that a turn may have (R56)."""

MAX_GAP = 3.0
"""A passage whose score is further below the best one is not needed beside it."""

OWN_LANGUAGE_GAP = 1.5
"""A passage in the reader's own language may be so much worse than the best and still go first."""

MIN_SCORE = 5.5
MIN_COVERAGE = 0.12
"""Below these the best passage does not answer: saying nothing is better."""

_MIN_TELLING_WORD = 4

_CRM_TEXTS = {
    "first_name": "[[FIRST_NAME]]",
    "last_name": "[[LAST_NAME]]",
    "company": "[[COMPANY]]",
    "owner_name": "[[OWNER_NAME]]",
}
"""Personal data stays a placeholder until the mail is on the wire."""

_CRM_FIELDS = (
    "first_name",
    "last_name",
    "title",
    "company",
    "country",
    "language",
    "time_zone",
    "owner_name",
)


def find_facts(
    question: str,
    *,
    retriever: Retriever,
    contact: Contact,
    session: Session,
    scopes: tuple[str, ...],
    locale: str,
    now: datetime,
    limit: int = MAX_FACTS_FOUND,
    redlined: frozenset[str] = frozenset(),
    fallback: str = "en",
    is_question: bool = False,
) -> tuple[Evidence, ...]:
    """Returns the fewest facts that answer what a message asks; nothing where nothing is asked.

    Args:
        question: What the buyer newly wrote, in placeholder text.
        retriever: Where passages are found.
        contact: The CRM's mirror of the buyer.
        session: The thread so far.
        scopes: What the playbook may look up; empty means nothing.
        locale: The language of the answer.
        now: Decides what has expired.
        limit: How many facts there is room for.
        redlined: Fields of the CRM that must never be served.
        fallback: The language of passages that will do where there is none in `locale`; the
            caller translates or hands over. Empty: none will do.
        is_question: Whether perception heard a question: then the whole message is one, even
            where none of its sentences asks by itself.
    """
    asked = questions_of(question) or ((message_of(question),) if is_question else ())
    if not scopes or not asked:
        return ()
    locales = tuple(dict.fromkeys(filter(None, (locale, fallback))))
    passages: dict[str, Passage] = {}
    lists: list[list[str]] = []
    for one in asked:
        need = Need(one, now, locales=locales, scopes=scopes)
        found = needed(retriever.search(need, limit=MAX_FACTS_FOUND), locale)
        passages |= {f.passage.id: f.passage for f in found}
        lists.append([f.passage.id for f in found])
    facts = [evidence_of(passages[name]) for name in woven(lists)]
    facts += _asked_for(asked, session, contact, redlined, locale)
    return tuple(facts[:limit])


def needed(found: Sequence[Found], locale: str) -> tuple[Found, ...]:
    """Returns the passages of a search that the answer needs: the best, and those close to it.

    None when even the best does not answer, and never two languages together.
    """
    if not found or not _answers(found[0]):
        return ()
    close = [one for one in found if not one.twin_of and found[0].score - one.score <= MAX_GAP]
    own = [one for one in close if one.passage.locale == locale]
    is_own_close = bool(own) and found[0].score - own[0].score <= OWN_LANGUAGE_GAP
    language = locale if is_own_close else found[0].passage.locale
    return tuple(one for one in close if one.passage.locale == language)


def crm_facts(contact: Contact, redlined: frozenset[str] = frozenset()) -> tuple[Evidence, ...]:
    """Returns what the CRM knows of a contact, one fact a field, without the redlined fields."""
    return tuple(
        Evidence(f"crm.{field}", 1, "crm", f"{field}: {_CRM_TEXTS.get(field, value)}")
        for field in _CRM_FIELDS
        if field not in redlined and (value := str(getattr(contact, field)))
    )


def thread_facts(session: Session, contact: Contact, locale: str) -> tuple[Evidence, ...]:
    """Returns what was said in a thread: what the buyer told, what was offered and answered.

    The version counts the turns, so that a trace tells what was known when.
    """
    version = 1 + session.buyer_turns + session.agent_turns
    facts = [(f"thread.{name}", f"{name}: {span}") for name, span in session.facts_known]
    if session.offered:
        times = number_times(session.offered, zone=contact.time_zone, language=locale)
        facts.append(("thread.offered", times))
    if answered := [name for name in session.contents_used if name.startswith("answer.")]:
        facts.append(("thread.answered", f"answered before: {', '.join(answered)}"))
    return tuple(Evidence(name, version, "thread", text) for name, text in facts)


def evidence_of(passage: Passage) -> Evidence:
    """Returns a passage as a fact that a draft may stand on."""
    return Evidence(passage.id, passage.version, "content", passage.text, passage.expires)


def _answers(best: Found) -> bool:
    is_enough = best.score >= MIN_SCORE and best.signs.coverage >= MIN_COVERAGE
    return is_enough and not best.is_about_another


def _asked_for(
    asked: Sequence[str],
    session: Session,
    contact: Contact,
    redlined: frozenset[str],
    locale: str,
) -> Iterator[Evidence]:
    """Facts of thread and CRM that a question speaks of; most questions speak of none."""
    text = " ".join(asked)
    words = {stem(word) for word in tokens(text) if len(word) >= _MIN_TELLING_WORD}
    for fact in thread_facts(session, contact, locale):
        told = {stem(word) for word in tokens(fact.text) if len(word) >= _MIN_TELLING_WORD}
        is_offer = fact.fact_id == "thread.offered"
        if is_about(fact.fact_id, text) if is_offer else not told.isdisjoint(words):
            yield fact
    for fact in crm_facts(contact, redlined):
        if fact.fact_id == "crm.owner_name" and is_about("crm.owner_name", text):
            yield fact
