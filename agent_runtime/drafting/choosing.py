"""Which drafts become examples of the house voice: those that reviewers found good (R76, R239).

Nothing in an example is about anybody: no placeholder but names that every reader has, nothing
that looks like personal data, no fact about a reader, and never what a buyer wrote.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from agent_runtime import pii
from agent_runtime.contracts import TraceEvent
from agent_runtime.domain import SPEAKS, Sentence
from agent_runtime.drafting.style import style_slips
from agent_runtime.library.catalog import Library
from agent_runtime.library.content import LOCALES, Kind, Locale
from agent_runtime.library.playbook import Playbook
from agent_runtime.library.voice_examples import AT_LEAST, MOST, Example, Spoken
from agent_runtime.placeholders import TOKEN
from agent_runtime.prompting.catalogue import KINDS, catalogue
from agent_runtime.prompting.touch_prompt import KINDS as TOUCH_KINDS
from agent_runtime.store.rows import Message

GOOD = 4
"""Of the five marks of a rubric: from here on a message sounds as it should."""

ANYBODY = frozenset({"[[FIRST_NAME]]", "[[COMPANY]]", "[[OWNER_NAME]]"})
"""Placeholders that an example may hold."""


@dataclass(frozen=True, slots=True)
class Said:
    """A message of the agent that people have judged."""

    message: Message
    heard: str
    """The intent that it answered."""
    let_go: int
    """How often it was approved as it was."""
    praised: int
    """How many good scores it has."""
    faults: int
    """Tags, edits, rejections, rollbacks and poor scores."""


def said_of(
    reviews: Iterable[TraceEvent], messages: Mapping[str, Message], heard: Mapping[str, str]
) -> tuple[Said, ...]:
    """Returns each message that reviews speak of, with what they came to.

    Args:
        reviews: Traces of the kind `review`.
        messages: By id; a message that is not among them is left out.
        heard: The intent that each of them answered, by its id.
    """
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for event in reviews:
        message_id = event.payload.get("message_id") or ""
        if message_id in messages:
            for place, count in enumerate(_counted(event.payload)):
                counts[message_id][place] += count
    return tuple(
        Said(messages[name], heard.get(name, ""), *counts[name]) for name in sorted(counts)
    )


def chosen(
    said: Iterable[Said], library: Library, playbook: Playbook, language: Locale, *, now: datetime
) -> tuple[Example, ...]:
    """Returns the examples of a playbook in one language: the same for the same reviews.

    Of every intent the best liked comes first, then the second best of each; approved texts fill
    what is left. A wording that anybody has found fault with is none.
    """
    kinds: tuple[Kind, ...] = (*KINDS, *TOUCH_KINDS)
    facts = catalogue(library, playbook, language=language, now=now, kinds=kinds).facts
    known = frozenset(facts)
    judged = [
        one
        for one in said
        if (one.message.playbook, one.message.language) == (playbook.id, language)
    ]
    faulty = {_wording(own) for one in judged if one.faults for own in [_own(one, library)]}
    liked: dict[str, Example] = {}
    for one in sorted(judged, key=lambda one: (-one.let_go - one.praised, one.message.message_id)):
        example = _example(one, library, playbook.id, language)
        wording = _wording([(s.text, s.fact) for s in example.sentences]) if example else ""
        is_new = wording not in faulty and wording not in liked
        if example and is_new and _fits(example, library, known, now):
            liked[wording] = example
    approved = (e for e in _approved(library, playbook, language) if _fits(e, library, known, now))
    taken = _by_turns(liked.values())[:MOST]
    answered = {example.heard for example in taken}
    fillers = [example for example in approved if example.heard not in answered]
    return (*taken, *fillers[: max(0, AT_LEAST - len(taken))])


def all_chosen(said: Iterable[Said], library: Library, *, now: datetime) -> tuple[Example, ...]:
    """Returns the examples of every playbook in every language."""
    judged = tuple(said)
    return tuple(
        example
        for name in sorted(library.playbooks)
        for language in LOCALES
        for example in chosen(judged, library, library.playbooks[name], language, now=now)
    )


def _counted(payload: Mapping[str, object]) -> tuple[int, int, int]:
    """One review as approvals without an edit, good scores, and faults."""
    what = payload.get("what")
    if what == "score":
        marks = [payload.get(name) for name in ("accuracy", "tone", "adherence")]
        given = [mark for mark in marks if isinstance(mark, int)]
        is_good = bool(given) and min(given) >= GOOD and payload.get("objection") != "missed"
        return 0, int(is_good), int(not is_good)
    if what is not None:
        return 0, 0, 1
    is_clean = payload["decision"] == "approved" and not (payload["is_edited"] or payload["tags"])
    return int(is_clean), 0, int(not is_clean)


def _own(one: Said, library: Library) -> list[tuple[str, str]]:
    """What a message says between greeting and signature, each sentence with its first fact."""
    return [
        (sentence.text, next(iter(sentence.facts), ""))
        for sentence in one.message.sentences
        if not any(_is_frame(fact, library) for fact in sentence.facts)
    ]


def _is_frame(fact: str, library: Library) -> bool:
    found = library.contents.get((fact.partition("@")[0], "en"))
    return found is not None and found.kind == "signature"


def _example(one: Said, library: Library, playbook: str, language: Locale) -> Example | None:
    message = one.message
    is_own = message.actor == "agent" and not message.removed
    speaks = is_own and message.action in (*SPEAKS, "send_touch")
    own = _own(one, library)
    if not speaks or not one.heard or one.faults or not (one.let_go or one.praised):
        return None
    if not own or len(own) > 6 or any(len(text) > 400 for text, _ in own):
        return None
    return Example(
        playbook=playbook,
        language=language,
        heard=one.heard,
        sentences=tuple(Spoken(text=text, fact=fact) for text, fact in own),
        why="sent_unedited" if one.let_go else "scored_well",
        reviews=one.let_go + one.praised,
    )


def _fits(example: Example, library: Library, known: frozenset[str], now: datetime) -> bool:
    """It stands on facts that are live and everybody's, holds nobody's data, and is in style."""
    text = "\n\n".join(spoken.text for spoken in example.sentences)
    if not {"", *known}.issuperset(spoken.fact for spoken in example.sentences):
        return False
    if not ANYBODY.issuperset(TOKEN.findall(text)):
        return False
    if pii.find(text) or next(iter(pii.find_people(text)), None):
        return False
    return not style_slips(
        [Sentence(spoken.text, (spoken.fact,) * bool(spoken.fact)) for spoken in example.sentences],
        library.style,
        language=example.language,
        channel="email",
        is_approved=lambda sentence: any(
            library.is_approved(fact, text=sentence.text, language=example.language, now=now)
            for fact in sentence.facts
        ),
    )


def _approved(library: Library, playbook: Playbook, language: Locale) -> Iterator[Example]:
    """Yields what the playbook's own rows say, one example an intent."""
    told: set[str] = set()
    for group, move in library.moves(playbook):
        if group != "reply" or move.do not in SPEAKS or not move.intents or not move.say:
            continue
        content = library.contents.get((move.say[0], language))
        if content is None or move.intents[0] in told:
            continue
        told.add(move.intents[0])
        yield Example(
            playbook=playbook.id,
            language=language,
            heard=move.intents[0],
            sentences=tuple(Spoken(text=t, fact=content.fact) for t in content.claims[:6]),
            why="approved_text",
        )


def _by_turns(examples: Iterable[Example]) -> list[Example]:
    """The best of every intent, then the second best of each, in the order in which they come."""
    by_intent: dict[str, list[Example]] = defaultdict(list)
    for example in examples:
        by_intent[example.heard].append(example)
    rounds = max(map(len, by_intent.values()), default=0)
    return [found[n] for n in range(rounds) for found in by_intent.values() if len(found) > n]


def _wording(own: Iterable[tuple[str, str]]) -> str:
    return "\n".join(text for text, _ in own)
