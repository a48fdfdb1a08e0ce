"""The library: every playbook, text and scenario, loaded, checked against each other, hashed."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from agent_runtime.authored import load_yaml
from agent_runtime.library.call_scenario import FOLDER as CALLS
from agent_runtime.library.checks import cross_problems
from agent_runtime.library.content import (
    CHAT_LINK,
    LOCALES,
    PAGES_LINK,
    Content,
    LibraryError,
    Locale,
    read_content,
    sentence_of,
)
from agent_runtime.library.knowledge import NO_KNOWLEDGE, QUOTE, Knowledge
from agent_runtime.library.playbook import Move, MoveTable, Playbook
from agent_runtime.library.scenario import Scenario
from agent_runtime.library.style_guide import SHIPPED, StyleGuide, read_style_guide
from agent_runtime.library.voice_examples import NO_EXAMPLES, Examples, read_examples

PACKAGE = Path(__file__).parents[1]
"""Where the library of the product lies; a company may keep its own elsewhere."""

_TABLES, _PLAYBOOKS, _TEXTS = "playbooks/tables/*.yaml", "playbooks/*.yaml", "content/*/*.md"

_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True, eq=False)
class Library:
    """All that is approved. It also answers the permit's question whether wording is."""

    playbooks: Mapping[str, Playbook]
    tables: Mapping[str, MoveTable]
    contents: Mapping[tuple[str, str], Content]
    """By id and locale."""
    scenarios: tuple[Scenario, ...] = ()
    knowledge: Knowledge = NO_KNOWLEDGE
    """Approved passages of documents; no part of `content_hash`, each has a version of its own."""
    style: StyleGuide = field(default_factory=read_style_guide)
    """How the agent sounds: the company's own guide where it has one."""
    examples: Examples = NO_EXAMPLES
    """What a language model is shown of the voice: the version that was published last."""
    has_chat: bool = False
    """Whether mails link to a page with the chat; else that paragraph of a text is left out."""
    has_pages: bool = False
    """Whether mails link to the pages for their reader; else that paragraph is left out."""

    def playbook(self, playbook_id: str) -> Playbook:
        """Returns a playbook, or says which ones there are."""
        if playbook_id not in self.playbooks:
            known = ", ".join(sorted(self.playbooks))
            raise LibraryError(f"playbook {playbook_id!r} is unknown; use one of: {known}.")
        return self.playbooks[playbook_id]

    def moves(self, playbook: Playbook) -> tuple[tuple[str, Move], ...]:
        """Returns every row of a playbook, each with its group; of one meaning the first counts.

        So what a playbook says of a meaning comes before what the table says of it, be it a
        hand-off or not.
        """
        table = self.tables[playbook.table]
        rows: tuple[tuple[str, Move], ...] = (
            *(("first", move) for move in table.first),
            *(("handoff", move) for move in playbook.handoff),
            *(("reply", move) for move in playbook.moves),
            *(("handoff", _taken_over(move, playbook)) for move in table.handoff),
            *(("reply", _taken_over(move, playbook)) for move in table.moves),
        )
        return tuple((group, _worded(move, playbook)) for group, move in rows)

    def live(self, content_id: str, *, language: str, now: datetime) -> Content | None:
        """Returns the approved text, or nothing when it is missing or has expired."""
        content = self.contents.get((content_id, language))
        if content is None or now >= content.expires:
            return None
        missing = {CHAT_LINK: not self.has_chat, PAGES_LINK: not self.has_pages}
        return content.without(*(link for link, is_missing in missing.items() if is_missing))

    def is_approved(self, fact: str, *, text: str, language: str, now: datetime) -> bool:
        """Says whether a fact is live and can read as these very words in this language."""
        if fact.startswith(QUOTE):
            return self.knowledge.is_approved(fact, text=text, language=language, now=now)
        return any(
            content.locale == language and now < content.expires and content.can_read_as(text)
            for content in self._facts.get(fact, ())
        )

    def texts_of(self, fact: str, *, language: str, now: datetime) -> tuple[str, ...]:
        """Returns what a fact says in a language while it is live, slots as placeholders."""
        if fact.startswith(QUOTE):
            return self.knowledge.texts_of(fact, language=language, now=now)
        return tuple(
            text
            for content in self._facts.get(fact, ())
            if content.locale == language and now < content.expires
            for text in content.claims
        )

    def discloses(self, fact: str) -> bool:
        """Says whether a fact tells the reader that an AI writes, in every language."""
        contents = self._facts.get(fact, ())
        return bool(contents) and all(content.discloses_ai for content in contents)

    def agenda(self, playbook: Playbook) -> str:
        """Returns what the event of a meeting says it is about."""
        return self.contents[playbook.wording("meeting.agenda"), "en"].body

    @cached_property
    def _facts(self) -> dict[str, list[Content]]:
        """The texts by the id that sentences carry, each in all its languages."""
        found: dict[str, list[Content]] = {}
        for content in self.contents.values():
            found.setdefault(content.fact, []).append(content)
        return found

    @cached_property
    def content_hash(self) -> str:
        """A hash of every text, playbook and table; traces carry it."""
        parts = [
            *self.contents.values(),
            *self.playbooks.values(),
            *self.tables.values(),
            self.style,
            *([self.examples] if self.examples.version else []),
        ]
        dumped = sorted(part.model_dump_json() for part in parts)
        return hashlib.sha256(json.dumps(dumped).encode()).hexdigest()[:16]


def load_library(root: Path = PACKAGE, *own: Path, instead: Sequence[Path] = ()) -> Library:
    """Returns the library below some folders, or raises a sentence about the first problem."""
    library = read_library(root, *own, instead=instead)
    for problem in cross_problems(library):
        raise LibraryError(problem)
    return library


def read_library(root: Path = PACKAGE, *own: Path, instead: Sequence[Path] = ()) -> Library:
    """Returns the library as it stands in its files, each valid by itself.

    Args:
        root: Folder with playbooks, tables, texts and scenarios.
        own: Further folders of that kind, on top of it; none may say again what another says.
        instead: Folders of that kind, or single playbooks, whose files take the place of those with
            the same id; of several the last one counts.
    """
    roots = (root, *own)
    tables = _by_id(_read_yaml(p, MoveTable) for p in _files(roots, _TABLES))
    written = _by_id(_read_yaml(p, Playbook) for p in _files(roots, _PLAYBOOKS))
    contents: dict[tuple[str, str], Content] = {}
    for path in _files(roots, _TEXTS):
        content = _read_text(path)
        if (content.id, content.locale) in contents:
            where = f"{content.locale}/{content.id}.md"
            raise LibraryError(f"{path}: {where} stands in two libraries; give one its own id.")
        contents[content.id, content.locale] = content
    for other in instead:
        folder = (other,)
        tables |= _by_id(_read_yaml(p, MoveTable) for p in _files(folder, _TABLES))
        proposed = _files(folder, _PLAYBOOKS) if other.is_dir() else [other]
        written |= _by_id(_read_yaml(p, Playbook) for p in proposed)
        contents |= {(c.id, c.locale): c for c in map(_read_text, _files(folder, _TEXTS))}
    playbooks = {name: _with_states(playbook, tables) for name, playbook in written.items()}
    dialogues = (p for p in _files(roots, "scenarios/*/*.yaml") if p.parent.name != CALLS)
    scenarios = tuple(_read_yaml(p, Scenario) for p in dialogues)
    return Library(
        playbooks=playbooks,
        tables=tables,
        contents=contents,
        scenarios=scenarios,
        style=_style_of(own),
        examples=read_examples(path for r in own for path in r.glob("examples/*.yaml")),
    )


def _style_of(own: Iterable[Path]) -> StyleGuide:
    """The style guide of the company, of which there is one at most, or else the product's."""
    found = [path for root in own if (path := root / "prompts" / SHIPPED.name).exists()]
    if len(found) > 1:
        raise LibraryError(f"{found[1]}: {found[0]} is a style guide as well; keep one of them.")
    return read_style_guide(found[0] if found else SHIPPED)


def read_scenario(path: Path) -> Scenario:
    """Returns the dialogue of a file, or raises a sentence that says what is wrong with it."""
    return _read_yaml(path, Scenario)


def company_library(
    folder: Path, *, knowledge: Knowledge = NO_KNOWLEDGE, instead: Sequence[Path] = ()
) -> Library:
    """Returns the product's library with a company's own, kept in a folder, on top of it."""
    library = load_library(PACKAGE, *own_libraries(folder), instead=instead)
    return replace(library, knowledge=knowledge)


def own_libraries(folder: Path) -> tuple[Path, ...]:
    """Returns the libraries that a company keeps in a folder, one below the other."""
    return tuple(sorted(p for p in folder.glob("*") if p.is_dir() and not p.name.startswith(".")))


def missing_locales(library: Library, content_id: str) -> tuple[Locale, ...]:
    """Returns the languages in which a text is not written."""
    return tuple(locale for locale in LOCALES if (content_id, locale) not in library.contents)


def _taken_over(move: Move, playbook: Playbook) -> Move:
    """Returns a shared row that hands over to whom the playbook says instead of the owner."""
    if move.route_to != "owner" or playbook.takes_over == "owner":
        return move
    told = tuple(dict.fromkeys(("owner", *move.inform)))
    return move.model_copy(update={"route_to": playbook.takes_over, "inform": told})


def _worded(move: Move, playbook: Playbook) -> Move:
    if not playbook.instead.keys() & set(move.say):
        return move
    return move.model_copy(update={"say": tuple(playbook.wording(text) for text in move.say)})


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


def _files(roots: Iterable[Path], pattern: str) -> list[Path]:
    return [path for root in roots for path in sorted(root.glob(pattern))]


def _read_text(path: Path) -> Content:
    content = read_content(path)
    where = f"{content.locale}/{content.id}.md"
    if path.parts[-2:] != (content.locale, f"{content.id}.md"):
        raise LibraryError(f"{path}: id and locale say {where}; move the file or mend them.")
    return content


def _read_yaml(path: Path, model: type[_Model]) -> _Model:
    try:
        return model.model_validate(load_yaml(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise LibraryError(f"{path}: the file does not exist; name one.") from None
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
