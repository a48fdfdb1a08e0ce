"""Everything that people write and that decides what the agent says, as it lies there now."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from agent_runtime.library.catalog import Library, company_library
from agent_runtime.settings import Settings
from pipelines.changes.change import Kind


@dataclass(frozen=True, slots=True)
class Artefact:
    """One versioned thing; the same words and fields have the same digest."""

    kind: Kind
    id: str
    version: str
    content: dict[str, Any]
    """Its fields, by which two versions are compared."""
    by: str = ""
    """Who approved it, where it says so itself."""
    approved_at: date | None = None

    @property
    def key(self) -> str:
        """Kind and id."""
        return f"{self.kind}:{self.id}"

    @property
    def digest(self) -> str:
        """A hash of the content."""
        return hashlib.sha256(json.dumps(self.content, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Authored:
    """Everything that is there at one look."""

    artefacts: dict[str, Artefact]
    """By key."""
    library: Library

    @property
    def content(self) -> str:
        """The hash of playbooks and texts, as traces and evaluated versions carry it."""
        return self.library.content_hash


def authored(settings: Settings) -> Authored:
    """Returns all artefacts of the product and of a workspace."""
    library = company_library(settings.paths.library)
    found = (*_library(library), *_prompts(), *_rules(), *_documents(settings), *_flags(settings))
    return Authored({one.key: one for one in found}, library)


def _library(library: Library) -> Iterator[Artefact]:
    for playbook in library.playbooks.values():
        fields = playbook.model_dump(mode="json")
        yield Artefact("playbook", playbook.id, str(playbook.version), fields)
    for table in library.tables.values():
        yield Artefact("playbook", f"table {table.id}", "", table.model_dump(mode="json"))
    for text in library.contents.values():
        fields = text.model_dump(mode="json")
        name = f"{text.id} ({text.locale})"
        yield Artefact("text", name, str(text.version), fields, text.approver, text.approved_at)


def _prompts() -> Iterator[Artefact]:
    from agent_runtime.authored import load_yaml
    from agent_runtime.prompting.template import FOLDER

    for path in sorted(FOLDER.glob("*.md")):
        whole = path.read_text("utf-8")
        matter = load_yaml(whole.partition("---\n")[2].partition("\n---\n")[0])
        yield Artefact(
            "prompt",
            str(matter["id"]),
            str(matter["version"]),
            {"text": whole},
            str(matter.get("approver", "")),
            matter.get("approved_at"),
        )


def _rules() -> Iterator[Artefact]:
    from agent_runtime.authored import load_yaml
    from agent_runtime.policies.ruleset import FILE

    written: dict[str, Any] = json.loads(
        json.dumps(load_yaml(FILE.read_text("utf-8")), default=str)
    )
    head = {"version": written["version"], "offers": written["offers"]}
    owner = str(written.get("owner", ""))
    yield Artefact("policy", "the policy set", str(written["version"]), head, owner)
    for row in written["rules"]:
        yield Artefact("policy", f"rule {row['id']}", str(row["version"]), row, row["owner"])
    for name, profile in written["profiles"].items():
        yield Artefact("policy", f"profile {name}", str(written["version"]), profile, owner)


def _documents(settings: Settings) -> Iterator[Artefact]:
    """Which documents may be quoted, and in which scopes."""
    from agent_runtime.knowledge.shelf import Shelf

    if not settings.paths.knowledge.is_dir():
        return
    for one in Shelf(settings.paths.knowledge).documents():
        fields = one.model_dump(mode="json", exclude={"passages"})
        words = "\n".join(passage.text for passage in one.passages)
        fields["words"] = hashlib.sha256(words.encode()).hexdigest()[:16]
        yield Artefact(
            "retrieval scope",
            one.document,
            str(one.version),
            fields,
            one.approver,
            one.approved_at,
        )


def _flags(settings: Settings) -> Iterator[Artefact]:
    """Levels of autonomy, profiles and numbers of rules that people have set while it runs."""
    from agent_runtime.policies.dials import PREFIX
    from agent_runtime.store.engine import open_engine
    from agent_runtime.store.sql import SqlStore

    if not (settings.store_url or settings.paths.store.exists()):
        return
    engine = open_engine(settings.store_url or f"sqlite:///{settings.paths.store}")
    try:
        with SqlStore(engine, settings.tenant_id).begin() as tx:
            flags = tx.flags()
    finally:
        engine.dispose()
    for name, value in sorted(flags.items()):
        if name.startswith("autonomy:"):
            playbook = name.partition(":")[2]
            yield Artefact("autonomy", playbook, value, {"level": value})
        if name.startswith(PREFIX):
            which = name.removeprefix(PREFIX)
            yield Artefact("policy", f"what is set of {which}", value, {"value": value})
        if name.partition(":")[0] == "profile":
            which = name.partition(":")[2] or "all playbooks"
            yield Artefact("policy", f"profile for {which}", value, {"profile": value})
