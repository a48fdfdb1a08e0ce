"""The question for a touch of a campaign: what to write first to somebody who has not written."""

from collections.abc import Sequence
from datetime import datetime

from agent_runtime.domain import Contact, Observation, Session
from agent_runtime.drafting.reader_facts import reader_facts
from agent_runtime.library.catalog import Library
from agent_runtime.library.content import Content, Kind
from agent_runtime.library.playbook import Playbook
from agent_runtime.planning.moves import state_of
from agent_runtime.planning.speech_acts import can_say
from agent_runtime.prompting.catalogue import catalogue
from agent_runtime.prompting.prompt import (
    Prompt,
    borne_by,
    fact_of,
    fenced,
    known_names,
    prefix_of,
    prompt_version,
)
from agent_runtime.prompting.template import FOLDER, Template, read_template

KINDS: tuple[Kind, ...] = ("opener", "follow_up", "answer", "question", "asset")
"""Texts that a touch may stand on."""


def touch_prompt(
    session: Session,
    observation: Observation,
    texts: Sequence[Content],
    *,
    contact: Contact,
    playbook: Playbook,
    library: Library,
    now: datetime,
    template: Template | None = None,
) -> Prompt:
    """Returns the question of one touch; the same arguments always ask the same.

    Args:
        session: The thread so far.
        observation: The touch that is due.
        texts: The approved texts that it can be, the first of which goes out without a draft.
        contact: The reader; only which of their fields are known goes in, and their job title.
        playbook: Whose touch it is.
        library: Where approved texts lie.
        now: Decides which have expired; it is no part of the prompt.
        template: The prompt; the product's by default.
    """
    asked = template or read_template(FOLDER / "touch.md")
    language = texts[0].locale
    known = catalogue(library, playbook, language=language, now=now, kinds=KINDS)
    sayable = [fact for fact in known.facts if _may_say(fact, library, contact, playbook, language)]
    about = reader_facts(contact, session, playbook, language=language)
    tokens = known_names(contact, playbook)
    touch = playbook.touches[(observation.touch or 1) - 1]
    turn = {
        "language": language,
        "channel": touch.channel,
        "touch": observation.touch,
        "of": len(playbook.touches),
        "state": state_of(playbook, session),
        "said_before": list(session.contents_used),
        "reader": contact.title,
        "about_reader": [{"fact": fact_of(e), "text": e.text} for e in about],
        "goes_out_otherwise": texts[0].fact,
        "may_say": sayable,
        "placeholders": tokens,
    }
    return Prompt(
        version=prompt_version(asked, library),
        prefix=prefix_of(asked, playbook, known, library, language, is_touch=True),
        turn=f"The touch to write:\n{fenced(turn)}",
        language=language,
        message="",
        facts=(*sayable, *(fact_of(e) for e in about)),
        placeholders=frozenset(tokens),
        borne=(*known.borne, *borne_by(about)),
        actions=("send_touch", "none"),
        speaks=frozenset({"send_touch"}),
    )


def _may_say(
    fact: str, library: Library, contact: Contact, playbook: Playbook, language: str
) -> bool:
    content = library.contents[fact.partition("@")[0], language]
    return can_say(content, contact, redlines=playbook.redlines)
