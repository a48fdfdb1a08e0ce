"""The facts that a playbook may say, in an order that never changes between two turns."""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from agent_runtime.library.catalog import Library
from agent_runtime.library.content import FACT_SLOTS, SLOT_VALUES, Content, Kind
from agent_runtime.library.playbook import Playbook
from agent_runtime.placeholders import TOKEN

KINDS: tuple[Kind, ...] = ("answer", "question", "courtesy", "asset")
"""Texts that answer a buyer; greeting, times, stops and hand-offs are never a model's."""

ACCOUNT = frozenset(SLOT_VALUES[name] for name in FACT_SLOTS)
"""Placeholders for what the CRM knows of a reader's account or doings."""

_FILLED = {name: SLOT_VALUES[name] for name in ("first_name", "company", "owner_name")} | {
    name: SLOT_VALUES[name] for name in FACT_SLOTS
}


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Facts of a playbook in one language."""

    facts: tuple[str, ...]
    """`content_id@version`, sorted."""
    text: str
    """One JSON object a line, in that order."""
    borne: tuple[tuple[str, frozenset[str]], ...] = ()
    """Placeholders of a reader's account in each fact that holds any."""


def catalogue(
    library: Library,
    playbook: Playbook,
    *,
    language: str,
    now: datetime,
    kinds: Collection[Kind] = KINDS,
) -> Catalogue:
    """Returns what may be said in a playbook's answers, live at an instant.

    It depends on library, playbook, language and what has expired, never on a turn or a reader.
    """
    found = _texts(library, playbook, language, now)
    texts = sorted((c for c in found if c.kind in kinds), key=lambda content: content.fact)
    held = ((content.fact, account_tokens(_said(content))) for content in texts)
    return Catalogue(
        tuple(content.fact for content in texts),
        "\n".join(_line(content) for content in texts),
        tuple((fact, tokens) for fact, tokens in held if tokens),
    )


def account_tokens(text: str) -> frozenset[str]:
    """Returns the placeholders of a text that speak of a reader's account."""
    return ACCOUNT.intersection(TOKEN.findall(text))


def _texts(library: Library, playbook: Playbook, language: str, now: datetime) -> Iterator[Content]:
    named = dict.fromkeys((*playbook.content_ids, *_shared(library, playbook)))
    for content_id in named:
        content = library.live(content_id, language=language, now=now)
        if content is not None and content.slots <= _FILLED.keys():
            yield content


def _shared(library: Library, playbook: Playbook) -> Iterator[str]:
    for _, move in library.moves(playbook):
        yield from (*move.say, *move.one_of)


def _line(content: Content) -> str:
    fact = {"fact": content.fact, "claim": content.claim, "text": _said(content)}
    return json.dumps(fact, ensure_ascii=False)


def _said(content: Content) -> str:
    values = {name: _FILLED[name] for name in content.slots}
    return "\n\n".join(part.format_map(values) for part in content.paragraphs)
