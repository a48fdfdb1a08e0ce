"""The library: every playbook, text and scenario, loaded, checked against each other, hashed."""

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from agent_runtime.authored import load_yaml
from agent_runtime.library.checks import cross_problems
from agent_runtime.library.content import (
    LOCALES,
    Content,
    LibraryError,
    Locale,
    read_content,
    sentence_of,
)
from agent_runtime.library.playbook import Intent, Move, MoveTable, Playbook
from agent_runtime.library.scenario import Scenario

PACKAGE = Path(__file__).parents[1]
"""Where the library of the product lies; a company may keep its own elsewhere."""

_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True, eq=False)
class Library:
    """All that is approved. It also answers the permit's question whether wording is."""

    playbooks: Mapping[str, Playbook]
    tables: Mapping[str, MoveTable]
    contents: Mapping[tuple[str, str], Content]
    """By id and locale."""
    scenarios: tuple[Scenario, ...] = ()
    _facts: dict[str, list[Content]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Indexes the texts by the fact id that sentences carry."""
        for content in self.contents.values():
            self._facts.setdefault(content.fact, []).append(content)

    def playbook(self, playbook_id: str) -> Playbook:
        """Returns a playbook, or says which ones there are."""
        if playbook_id not in self.playbooks:
            known = ", ".join(sorted(self.playbooks))
            raise LibraryError(f"playbook {playbook_id!r} is unknown; use one of: {known}.")
        return self.playbooks[playbook_id]

    def moves(self, playbook: Playbook) -> tuple[tuple[str, Move], ...]:
        """Returns every row of a playbook in order of precedence, each with its group."""
        table = self.tables[playbook.table]
        shared = _without(table.handoff, playbook.expected)
        return (
            *(("first", move) for move in table.first),
            *(("handoff", move) for move in (*playbook.handoff, *shared)),
            *(("reply", move) for move in playbook.moves),
            *(("reply", move) for move in table.moves),
        )

    def live(self, content_id: str, *, language: str, now: datetime) -> Content | None:
        """Returns the approved text, or nothing when it is missing or has expired."""
        content = self.contents.get((content_id, language))
        return content if content is not None and now < content.expires else None

    def is_approved(self, fact: str, *, text: str, language: str, now: datetime) -> bool:
        """Says whether a fact is live and can read as these very words in this language."""
        return any(
            content.locale == language and now < content.expires and content.can_read_as(text)
            for content in self._facts.get(fact, ())
        )

    def discloses(self, fact: str) -> bool:
        """Says whether a fact tells the reader that an AI writes, in every language."""
        contents = self._facts.get(fact, ())
        return bool(contents) and all(content.discloses_ai for content in contents)

    @property
    def agenda(self) -> str:
        """What the event of a meeting says it is about."""
        return self.contents["meeting.agenda", "en"].body

    @cached_property
    def content_hash(self) -> str:
        """A hash of every text, playbook and table; traces carry it."""
        parts = [*self.contents.values(), *self.playbooks.values(), *self.tables.values()]
        dumped = sorted(part.model_dump_json() for part in parts)
        return hashlib.sha256(json.dumps(dumped).encode()).hexdigest()[:16]


def load_library(root: Path = PACKAGE) -> Library:
    """Returns the library below a folder, or raises a sentence about the first problem."""
    library = read_library(root)
    for problem in cross_problems(library):
        raise LibraryError(problem)
    return library


def read_library(root: Path = PACKAGE) -> Library:
    """Returns the library as it stands in its files, each valid by itself."""
    tables = _by_id(_read_yaml(p, MoveTable) for p in _files(root / "playbooks/tables", "*.yaml"))
    own = _by_id(_read_yaml(p, Playbook) for p in _files(root / "playbooks", "*.yaml"))
    playbooks = {name: _with_states(playbook, tables) for name, playbook in own.items()}
    contents: dict[tuple[str, str], Content] = {}
    for path in _files(root / "content", "*/*.md"):
        content = read_content(path)
        where = f"{content.locale}/{content.id}.md"
        if path.parts[-2:] != (content.locale, f"{content.id}.md"):
            raise LibraryError(f"{path}: id and locale say {where}; move the file or mend them.")
        contents[content.id, content.locale] = content
    scenarios = tuple(_read_yaml(p, Scenario) for p in _files(root / "scenarios", "*/*.yaml"))
    return Library(playbooks=playbooks, tables=tables, contents=contents, scenarios=scenarios)


def missing_locales(library: Library, content_id: str) -> tuple[Locale, ...]:
    """Returns the languages in which a text is not written."""
    return tuple(locale for locale in LOCALES if (content_id, locale) not in library.contents)


def _with_states(playbook: Playbook, tables: Mapping[str, MoveTable]) -> Playbook:
    """Returns a playbook with its table's states, and `*` spelt out as every other state."""
    table = tables.get(playbook.table)
    states = {**(table.states if table else {}), **playbook.states}
    whole = {
        name: state.model_copy(update={"exits": tuple(n for n in states if n != name)})
        if "*" in state.exits
        else state
        for name, state in states.items()
    }
    return playbook.model_copy(update={"states": whole})


def _without(moves: Iterable[Move], intents: Collection[Intent]) -> Iterator[Move]:
    """Yields the rows without these intents; a row that hears nothing else is left out."""
    for move in moves:
        left = tuple(name for name in move.intents if name not in intents)
        if left == move.intents:
            yield move
        elif left or move.signals or move.rules or move.learned or move.slot_chosen or move.unsure:
            yield move.model_copy(update={"intents": left})


def _files(folder: Path, pattern: str) -> list[Path]:
    return sorted(folder.glob(pattern))


def _read_yaml(path: Path, model: type[_Model]) -> _Model:
    try:
        return model.model_validate(load_yaml(path.read_text(encoding="utf-8")))
    except UnicodeDecodeError:
        raise LibraryError(f"{path}: the file is not UTF-8; save it as UTF-8.") from None
    except yaml.YAMLError as error:
        raise LibraryError(f"{path}: not YAML ({' '.join(str(error).split())[:160]}).") from None
    except ValidationError as error:
        raise LibraryError(f"{path}: {sentence_of(error)}") from None


def _by_id(models: Iterable[_Model]) -> dict[str, _Model]:
    found: dict[str, _Model] = {}
    for model in models:
        name = model.id  # type: ignore[attr-defined]
        if name in found:
            raise LibraryError(f"the id {name!r} stands in two files; give each its own.")
        found[name] = model
    return found
