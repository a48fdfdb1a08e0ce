"""What the buyers of sample threads write: authored dialogues, then labelled messages."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle

from agent_runtime.library.catalog import Library
from agent_runtime.library.playbook import Intent, Playbook
from agent_runtime.library.scenario import Scenario
from agent_runtime.models.training import read_training
from agent_runtime.samples.icp import Icp

ASKED: tuple[Intent, ...] = (
    "interested",
    "pricing_question",
    "integration_question",
    "security_question",
    "uses_competitor",
    "objection_timing",
    "objection_price",
    "product_question",
    "wrong_person",
    "are_you_a_bot",
    "not_now",
    "objection_need",
    "send_info",
    "unsubscribe",
)
"""What buyers of an ICP say, the commonest first; each is a thread of its own."""

_SHORT = 90
"""Characters of a labelled message that is read at a glance; longer ones tell of other trades."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happens: a touch falls due, or the buyer writes."""

    due: int | None = None
    text: str = ""
    is_auto_reply: bool = False


@dataclass(frozen=True, slots=True)
class Dialogue:
    """One sample to be played."""

    about: str
    language: str
    title: str
    company: str
    facts: tuple[tuple[str, str], ...]
    opened_by: str
    steps: tuple[Step, ...]


def dialogues_for(icp: Icp, playbook: Playbook, library: Library) -> Iterator[Dialogue]:
    """Yields dialogues that differ, every title and language of the ICP in turn.

    Args:
        icp: Who the readers are.
        playbook: Which playbook speaks.
        library: Whose scenarios are played first.
    """
    sources = {language: iter(_told(language, playbook, library)) for language in icp.languages}
    readers = zip(
        cycle(icp.languages), cycle(_spread(icp.titles, len(icp.languages))), cycle(icp.companies)
    )
    for language, title, company in readers:
        told = next(sources[language], None) if language in sources else None
        if told is None:
            sources.pop(language, None)
            if not sources:
                return
            continue
        about, opened_by, facts, steps = told
        known = tuple((dict(facts) | icp.facts).items())
        yield Dialogue(about, language, title, company, known, opened_by, steps)


_Told = tuple[str, str, tuple[tuple[str, str], ...], tuple[Step, ...]]


def _told(language: str, playbook: Playbook, library: Library) -> list[_Told]:
    """The playbook's own scenarios, then one labelled message for each thing that buyers say.

    Meetings come first. The labelled messages answer a first touch to a reader of whom the CRM
    knows what it knows of the first scenario's.
    """
    written = [
        scenario
        for scenario in library.scenarios
        if scenario.playbook == playbook.id and scenario.has_owner and not scenario.signals
    ]
    own = [
        (
            scenario.about,
            scenario.opened_by,
            tuple(scenario.facts.items()),
            tuple(Step(turn.due, turn.buyer, turn.is_auto_reply) for turn in scenario.turns),
        )
        for scenario in sorted(written, key=_is_without_meeting)
        if scenario.language == language
    ]
    facts = next((tuple(s.facts.items()) for s in written if s.facts), ())
    return [*own, *_asked(language, playbook, facts)]


def _is_without_meeting(scenario: Scenario) -> bool:
    return not any(turn.expect.books for turn in scenario.turns)


def _asked(
    language: str, playbook: Playbook, facts: tuple[tuple[str, str], ...]
) -> Iterator[_Told]:
    opened_by = "agent" if playbook.touches else "buyer"
    first = (Step(due=1),) if playbook.touches else ()
    said = {}
    for example in read_training():
        is_short = len(example.text) <= _SHORT
        if example.language == language and not example.also and is_short:
            said.setdefault(example.intent, example.text)
    for intent in ASKED:
        if intent in said:
            about = f"The buyer's answer: {intent.replace('_', ' ')}."
            yield about, opened_by, facts, (*first, Step(text=said[intent]))


def _spread(titles: tuple[str, ...], languages: int) -> list[str]:
    """Titles in an order in which each meets each language: the next begins a round later."""
    return [
        titles[(place + place // languages) % len(titles)]
        for place in range(len(titles) * languages)
    ]
