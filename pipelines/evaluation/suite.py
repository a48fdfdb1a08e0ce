"""The cases of an evaluation: what is put before every version, in a fixed order."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent_runtime.settings import Settings

if TYPE_CHECKING:
    from agent_runtime.grounding.labelled import Labelled
    from agent_runtime.library.scenario import Scenario
    from agent_runtime.models.training import Example

TEXTS = Path("tests/agent_runtime/models/intents")
DRAFTS = Path("tests/agent_runtime/grounding/labelled")
START = datetime(2026, 1, 12, 9, tzinfo=UTC)
"""When every scenario begins, so that a text which expires later changes no old evaluation."""


@dataclass(frozen=True, slots=True)
class Unit:
    """What is played as one: a dialogue, a text, a draft or an old turn."""

    id: str
    of: "Scenario | Example | Labelled | dict[str, Any]"
    wanted: str = ""
    """A hash of what people expect of it."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where cases come from; a folder that is None is left out."""

    texts: Path | None = TEXTS
    drafts: Path | None = DRAFTS
    replays: int = 0
    """Old turns of the workspace, the latest."""
    sample: int = 0
    """At most so many dialogues, texts, drafts and old turns each; 0: all."""


def units_of(sources: Sources, settings: Settings) -> tuple[Unit, ...]:
    """Returns all units: dialogues, then texts, drafts and old turns.

    Raises:
        ParleyError: a folder is not there, or a file in it cannot be read.
    """
    found = (
        _dialogues(settings),
        _texts(sources.texts) if sources.texts else (),
        _drafts(sources.drafts) if sources.drafts else (),
        _replays(settings, sources.replays) if sources.replays else (),
    )
    return tuple(unit for units in found for unit in _sampled(units, sources.sample))


def _dialogues(settings: Settings) -> Sequence[Unit]:
    """The scenarios that are installed, also where a proposed playbook brings its own."""
    from agent_runtime.library.catalog import company_library

    scenarios = company_library(settings.paths.library).scenarios
    return [Unit(f"scenario:{s.id}", s, digest(s.model_dump_json())) for s in scenarios]


def _texts(folder: Path) -> Sequence[Unit]:
    from agent_runtime.models.training import read_training

    return [
        Unit(f"text:{digest(one.language, one.text)}", one, digest(one.intent, *one.also))
        for one in read_training(folder)
    ]


def _drafts(folder: Path) -> Sequence[Unit]:
    from agent_runtime.grounding.labelled import drafts_in, sets_in

    every = [one for name in sets_in(folder) for one in drafts_in(folder / name)]
    named = {f"draft:{digest(one.text, *(f.text for f in one.facts))}": one for one in every}
    return [Unit(name, one, digest(one.lie)) for name, one in named.items()]


def _replays(settings: Settings, limit: int) -> Sequence[Unit]:
    from agent_runtime.status import open_store
    from agent_runtime.store.reading import turns_of

    store = open_store(settings)
    events = turns_of(store.engine, store.tenant_id, thread="", limit=limit)
    return [
        Unit(f"replay:{event.event_id}", {"thread": event.thread_id, **event.payload})
        for event in events
    ]


def _sampled(units: Sequence[Unit], most: int) -> Sequence[Unit]:
    """Every so many of them, so that a sample is spread over files and languages."""
    if not most or len(units) <= most:
        return units
    return [units[n * len(units) // most] for n in range(most)]


def units_hash(units: Sequence[Unit]) -> str:
    """Returns a hash of the units and of what is expected of them."""
    return digest(*(part for unit in units for part in (unit.id, unit.wanted)))


def digest(*parts: str) -> str:
    """Returns a short hash of texts."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]
