"""One question to a language model: the prefix of its playbook, and the turn, which comes last.

vLLM keeps what it has read of a prompt by its beginning, so the beginning must be the same bytes
for every turn of a playbook.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from agent_runtime.domain import (
    SPEAKS,
    ActionKind,
    Contact,
    Evidence,
    Observation,
    Perception,
    Session,
)
from agent_runtime.drafting.reader_facts import reader_facts
from agent_runtime.library.catalog import Library
from agent_runtime.library.content import FACT_SLOTS, LOCALES
from agent_runtime.library.knowledge import QUOTE
from agent_runtime.library.playbook import Playbook
from agent_runtime.placeholders import TOKEN
from agent_runtime.planning.moves import state_of
from agent_runtime.planning.redlines import is_off_limits
from agent_runtime.planning.speech_acts import language_for
from agent_runtime.prompting.catalogue import ACCOUNT, Catalogue, account_tokens, catalogue
from agent_runtime.prompting.template import Template, read_template

MAX_CHARACTERS = 4_000
"""Of a message that are put before the model; what comes later seldom says why it was written."""

MAX_DRAFTS = 3
"""Drafts of one answer, at most."""

OFFERED: tuple[ActionKind, ...] = (
    *SPEAKS,
    "propose_times",
    "hand_off",
    "pause",
    "close",
    "none",
)

_FIELDS = ("first_name", "company", "owner_name", *FACT_SLOTS)


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is asked, and what an answer to it may name."""

    version: str
    prefix: str
    """The same bytes for every turn of a playbook in one language."""
    turn: str
    language: str
    message: str
    """What the buyer wrote, in placeholder text; entities are spans of it."""
    facts: tuple[str, ...]
    """`id@version` of every fact that a sentence may stand on."""
    placeholders: frozenset[str]
    """Tokens that a sentence may use."""
    borne: tuple[tuple[str, frozenset[str]], ...] = ()
    """Tokens of the reader's account that each fact holds, for facts that hold any. A sentence may
    use such a token only where it stands on a fact that does."""
    actions: tuple[ActionKind, ...] = OFFERED
    speaks: frozenset[ActionKind] = frozenset(SPEAKS)
    """Of these, those to which a draft belongs."""
    most_drafts: int = MAX_DRAFTS
    """How many drafts are asked for."""
    is_live: bool = False
    """Whether somebody waits before a chat window or on the line: a shorter limit, one draft."""

    def bears_out(self, fact: str, tokens: Iterable[str]) -> bool:
        """Says whether a fact holds each token that speaks of the reader's account."""
        known = next((held for name, held in self.borne if name == fact), frozenset[str]())
        return known.issuperset(token for token in tokens if token in ACCOUNT)

    def key(self, model: str) -> str:
        """Returns the hash by which an answer is kept: of model, prompt version and prompt."""
        parts = (model, self.version, self.prefix, self.turn)
        return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()

    @property
    def beginning(self) -> str:
        """A short hash of what this prompt has in common with others, for a router to go by."""
        return hashlib.sha256(self.prefix.encode()).hexdigest()[:16]


def prompt_of(
    session: Session,
    observation: Observation,
    seen: Perception,
    evidence: Sequence[Evidence],
    *,
    contact: Contact,
    playbook: Playbook,
    library: Library,
    now: datetime,
    template: Template | None = None,
) -> Prompt:
    """Returns the question of one turn; the same arguments always ask the same.

    Args:
        session: The thread so far.
        observation: The message, in placeholder text.
        seen: What the rules and the model that ships read in it.
        evidence: What `retrieve` found; passages of documents are added to the facts.
        contact: The reader; only which of their fields are known goes in, and their job title.
        playbook: Whose facts may be said.
        library: Where they lie.
        now: Decides which have expired; it is no part of the prompt.
        template: The prompt; the product's by default.
    """
    asked = template or read_template()
    language = seen.language if seen.language in LOCALES else language_for(session, contact)
    known = catalogue(library, playbook, language=language, now=now)
    passages = [e for e in evidence if e.fact_id.startswith(QUOTE)]
    about = reader_facts(contact, session, playbook, language=language)
    tokens = sorted({*known_names(contact, playbook), *TOKEN.findall(observation.text)})
    turn = {
        "language": language,
        "channel": observation.channel,
        "state": state_of(playbook, session),
        "known": dict(session.facts_known),
        "objections": list(session.objections),
        "said_before": list(session.contents_used),
        "rules_heard": list(seen.rules),
        "reader": contact.title,
        "about_reader": [{"fact": fact_of(e), "text": e.text} for e in about],
        "placeholders": tokens,
        "passages": [{"fact": fact_of(e), "text": e.text} for e in passages],
        "subject": observation.subject[:200],
        "message": observation.text[:MAX_CHARACTERS],
    }
    is_live = observation.channel in ("chat", "voice")
    return Prompt(
        version=prompt_version(asked, library),
        prefix=prefix_of(asked, playbook, known, library, language),
        turn=f"The turn to answer:\n{fenced(turn)}",
        language=language,
        message=observation.text[:MAX_CHARACTERS],
        facts=(*known.facts, *(fact_of(e) for e in (*passages, *about))),
        placeholders=frozenset(tokens),
        borne=(*known.borne, *borne_by(about)),
        most_drafts=1 if is_live else MAX_DRAFTS,
        is_live=is_live,
    )


def fenced(value: object) -> str:
    """Returns a value as JSON between two marks that nothing in it can write."""
    said = json.dumps(value, ensure_ascii=False)
    said = said.replace("<", "\\u003c").replace(">", "\\u003e")
    return f"<<<DATA\n{said}\nDATA>>>"


def prompt_version(template: Template, library: Library) -> str:
    """Returns what traces call a prompt: its own version and those of all that fills it."""
    return "+".join((template.label, library.style.label, library.examples.label))


def prefix_of(
    template: Template,
    playbook: Playbook,
    known: Catalogue,
    library: Library,
    language: str,
    *,
    is_touch: bool = False,
) -> str:
    """Returns the part of a prompt that is the same for all turns, or touches, of a playbook."""
    states = "\n".join(f"- state {name}: {s.about}" for name, s in playbook.states.items())
    steps = "\n".join(f"- {step}" for step in playbook.agent_actions)
    about = f"{playbook.name}. {playbook.goal}\n{steps}\n- {playbook.handoff_rule}\n{states}"
    return template.filled(
        playbook=about,
        facts=known.text,
        style=library.style.text,
        examples=library.examples.text(playbook.id, language, known.facts, is_touch=is_touch),
    )


def known_names(contact: Contact, playbook: Playbook) -> list[str]:
    """Returns the placeholders of what is known of a reader and not off limits, sorted."""
    return sorted(
        f"[[{name.upper()}]]"
        for name in _FIELDS
        if _is_known(contact, name) and not is_off_limits(name, contact, playbook.redlines)
    )


def borne_by(evidence: Iterable[Evidence]) -> Iterator[tuple[str, frozenset[str]]]:
    """Yields what facts about a reader hold, as `Prompt.borne` has it."""
    return ((fact_of(e), account_tokens(e.text)) for e in evidence)


def _is_known(contact: Contact, name: str) -> bool:
    own = {
        "first_name": contact.first_name,
        "company": contact.company,
        "owner_name": contact.owner_name,
    }
    return bool(own.get(name) or contact.fact(name))


def fact_of(evidence: Evidence) -> str:
    """Returns the id by which a sentence names evidence."""
    return f"{evidence.fact_id}@{evidence.version}"
