"""Short talks with a playbook, in which the meaning of each mail is given by its first word."""

from dataclasses import replace

from mind_dialogue import play

from agent_runtime.library.catalog import load_library
from agent_runtime.library.playbook import INTENTS
from agent_runtime.library.scenario import Expected, Scenario, Turn
from agent_runtime.models.language import ScriptedModel
from agent_runtime.placeholders import fill

LIBRARY = load_library()
MODEL = ScriptedModel({f"{intent}:": intent for intent in sorted(INTENTS, key=len, reverse=True)})
OBJECTIONS = (
    "objection_price",
    "objection_timing",
    "objection_trust",
    "objection_need",
    "uses_competitor",
)


def talk(contact, playbook, *turns, facts=None, title="Head of Revenue Operations", language="en"):
    """Returns what the agent does turn by turn.

    Args:
        contact: Whom it talks to.
        playbook: Id of the playbook.
        turns: A number is a touch that falls due; a text is a mail, `intent: words`.
        facts: What the CRM knows.
        title: The reader's.
        language: The reader's.
    """
    scenario = Scenario(
        id=f"{playbook}.talk",
        about="a talk",
        playbook=playbook,
        language=language,
        opened_by="agent" if isinstance(turns[0], int) else "buyer",
        title=title,
        facts=facts or {},
        turns=tuple(
            Turn(due=one, expect=Expected())
            if isinstance(one, int)
            else Turn(buyer=one, expect=Expected())
            for one in turns
        ),
    )
    return list(play(scenario, LIBRARY, MODEL, contact))


def read(played, contact, facts=None):
    """A draft as its reader gets it, with what the placeholders stand for."""
    return fill(played.draft, replace(contact, facts=tuple((facts or {}).items())), {})


def said(played):
    """Ids of the texts of a draft, without the frame."""
    return played.best.proposal.content_ids if played.best.proposal else ()


def done(played):
    """What is done, why, by whom, and who is told."""
    best = played.best
    return best.action, best.reason, best.route_to, best.inform
