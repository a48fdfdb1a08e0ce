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
def find_entities(text: str, language: str) -> tuple[tuple[str, str], ...]:
    """Returns name and span of each entity in the order of the text; a name may come again.

    Args:
        text: What the buyer newly wrote, raw or with placeholders.
        language: Its code; it decides how moments are read.
    """
    written = Written(text)
    kept: list[Mention] = []
    for found in (
        find_products(written),
        find_budgets(written),
        find_moments(written, language),
        find_companies(written),
        find_people(written),
        find_roles(written),
    ):
        kept += [m for m in found if not any(m.overlaps(other) for other in kept)]
    kept.sort(key=lambda mention: mention.start)
    return tuple(dict.fromkeys((m.name, text[m.start : m.end]) for m in kept))
