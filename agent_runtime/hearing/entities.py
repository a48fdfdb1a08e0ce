"""Verbatim spans that later turns and the CRM need, by the words of `conventions.md`."""

from functools import lru_cache

from agent_runtime.hearing.mentions.companies import find_companies
from agent_runtime.hearing.mentions.mention import Mention, Written
from agent_runtime.hearing.mentions.moments import find_moments
from agent_runtime.hearing.mentions.money import find_budgets
from agent_runtime.hearing.mentions.people import find_people
from agent_runtime.hearing.mentions.products import find_products
from agent_runtime.hearing.mentions.roles import find_roles


@lru_cache(maxsize=8192)
def find_entities(text: str, language: str, *, signature: str = "") -> tuple[tuple[str, str], ...]:
    """Returns name and span of each entity in the order of the text; a name may come again.

    Args:
        text: What the buyer newly wrote, raw or with placeholders.
        language: Its code; it decides how moments are read.
        signature: What stands below it; it tells who writes, and for whom.
    """
    written, below = Written(text), Written(signature)
    said = _apart(
        find_products(written, language),
        find_budgets(written),
        find_moments(written, language),
        find_companies(written),
        find_people(written),
        find_roles(written),
    )
    signed = _apart(find_companies(below), find_people(below), find_roles(below))
    spans = [(m.name, text[m.start : m.end]) for m in said]
    spans += [(m.name, signature[m.start : m.end]) for m in signed]
    return tuple(dict.fromkeys(spans))


def _apart(*found: list[Mention]) -> list[Mention]:
    """Where two mentions share letters, the kind that comes first here is right."""
    kept: list[Mention] = []
    for mentions in found:
        kept += [m for m in mentions if not any(m.overlaps(other) for other in kept)]
    return sorted(kept, key=lambda mention: mention.start)
