"""What marks a workspace as a story's, and whether it still holds nothing but the story."""

import json
from pathlib import Path
from typing import Any

from sqlalchemy import select, union

from agent_runtime.settings import Settings
from agent_runtime.store import tables as t
from agent_runtime.store.engine import open_engine

PLAN, STORY = "plan.json", "story.json"
"""By which `parley demo` and `parley memory demo` mark a workspace as theirs."""
_INGESTED = ("raw", "landing", "canonical")
"""Folders of the lake that hold what came from an export or another system."""


def is_story(settings: Settings) -> bool:
    """Says whether a workspace is a story's, and no other run, source or person is in it."""
    told, paths = read_mark(settings.workspace / STORY), settings.paths
    if told.get("data") != "" or (settings.workspace / PLAN).exists():
        return False
    is_fed = any((paths.lake / name).exists() for name in _INGESTED)
    return not is_fed and _people_in(paths.store) <= {person_id(str(told.get("story", "")))}


def person_id(story_id: str) -> str:
    """Returns by which id the person of a story is known."""
    return f"p-{story_id.replace('_', '-')}"


def read_mark(mark: Path) -> dict[str, Any]:
    """Returns what a mark says; nothing where it is not there or cannot be read."""
    try:
        told = json.loads(mark.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def _people_in(store: Path) -> set[str]:
    """Whoever has a contact or a stop, of all tenants: a stop outlives who was erased."""
    if not store.exists():
        return set()
    engine = open_engine(f"sqlite:///{store}")
    query = union(select(t.contacts.c.person_id), select(t.suppressions.c.person_id))
    with engine.connect() as connection:
        people = set(connection.execute(query).scalars())
    engine.dispose()
    return people
