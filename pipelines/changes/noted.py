"""Versions as they were seen: an append-only, hash-chained log, and the words of each.

Files tell what holds now. What held before is only known where somebody looked: each look writes
down what is otherwise than at the last one.
"""

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agent_runtime.settings import Workspace
from experiments.hash_chain import appending, read_chain
from pipelines.changes.authored import Artefact, Authored
from pipelines.changes.change import NOBODY, Change
from pipelines.changes.compared import lines_of
from pipelines.errors import PipelineError


@dataclass(frozen=True, slots=True)
class _Seen:
    version: str
    digest: str


def log_of(workspace: Workspace) -> Path:
    """Returns where looks are kept."""
    return workspace.root / "versions.jsonl"


def note(workspace: Workspace, authored: Authored, *, now: datetime) -> int:
    """Writes down what is otherwise than at the last look, and returns how much; first: nothing.

    Args:
        workspace: Whose log.
        authored: All that is there.
        now: When this look is.
    """
    now_there = authored.artefacts
    seen = _standing(_entries(workspace))
    is_first = seen is None
    before = seen or {}
    digests = {key: one.digest for key, one in now_there.items()}
    changed = [key for key in now_there if before.get(key, _NONE).digest != digests[key]]
    gone = [key for key in before if key not in now_there]
    if not changed and not gone and not is_first:
        return 0
    _keep_words(workspace, now_there)
    with appending(log_of(workspace)) as log:
        log.append(
            {
                "at": now.astimezone(UTC).isoformat(),
                "is_first": is_first,
                "content": authored.content,
                "changed": {
                    key: {
                        "version": now_there[key].version,
                        "digest": digests[key],
                        "was": before[key].digest if key in before else "",
                        "by": now_there[key].by,
                        "approved_at": str(now_there[key].approved_at or ""),
                    }
                    for key in sorted(changed)
                },
                "gone": sorted(gone),
            }
        )
    return 0 if is_first else len(changed) + len(gone)


def noted_changes(workspace: Workspace) -> Iterator[Change]:
    """Yields a change for each artefact that was otherwise at a look than at the one before.

    Raises:
        PipelineError: the log is not what was written.
    """
    standing: dict[str, _Seen] = {}
    words = _words(workspace)
    for entry in _entries(workspace):
        at = datetime.fromisoformat(entry["at"])
        for key, row in entry["changed"].items():
            old = standing.get(key)
            if not entry["is_first"]:
                yield _change(at, key, old, row, words, content=entry["content"])
            standing[key] = _Seen(row["version"], row["digest"])
        for key in entry["gone"]:
            kind, _, name = key.partition(":")
            says = f"{_capital(kind)} {name} is gone."
            yield Change(
                at=at,
                kind=kind,
                name=name,
                version="",
                says=says,
                source=log_of(workspace).name,  # type: ignore[arg-type]
            )
            standing.pop(key, None)


_NONE = _Seen("", "")


def _change(
    at: datetime,
    key: str,
    old: _Seen | None,
    row: dict[str, Any],
    words: Mapping[str, Any],
    *,
    content: str,
) -> Change:
    kind, _, name = key.partition(":")
    version = row["version"]
    if old is None:
        says = f"{_capital(kind)} {name} is new{f', version {version}' if version else ''}."
    elif old.version == version:
        says = f"{_capital(kind)} {name} changed, and kept the version {version or 'it had'}."
    else:
        says = f"{_capital(kind)} {name} went from version {old.version} to {version}."
    if kind == "autonomy":
        before = old.version if old else "the playbook's default"
        says = f"Autonomy of {name} was set from {before} to {version}."
    then, now = words.get(old.digest if old else ""), words.get(row["digest"])
    return Change(
        at=at,
        kind=kind,  # type: ignore[arg-type]
        name=name,
        version=version,
        says=says,
        by=row["by"] or NOBODY,
        details=tuple(lines_of(then, now)) if then and now else (),
        source="versions.jsonl",
        part=_part(kind, name, version, content),
    )


def _part(kind: str, name: str, version: str, content: str) -> str:
    if kind in ("playbook", "text"):
        return f"playbooks={content}"
    if kind == "prompt":
        return f"prompt={name}@{version}-"
    return f"policy={version}-" if kind == "policy" and name == "the policy set" else ""


def _entries(workspace: Workspace) -> tuple[dict[str, Any], ...]:
    chain = read_chain(log_of(workspace))
    if chain.problems:
        raise PipelineError(
            f"{log_of(workspace)}: {chain.problems[0]}; restore it from a backup, "
            "a change log that was changed proves nothing."
        )
    return chain.entries


def _standing(entries: tuple[dict[str, Any], ...]) -> dict[str, _Seen] | None:
    """Returns what was there at the last look; None before the first."""
    if not entries:
        return None
    found: dict[str, _Seen] = {}
    for entry in entries:
        for key, row in entry["changed"].items():
            found[key] = _Seen(row["version"], row["digest"])
        for key in entry["gone"]:
            found.pop(key, None)
    return found


def _keep_words(workspace: Workspace, now_there: Mapping[str, Artefact]) -> None:
    """Keeps the words of every version by their digest, so that two can be laid side by side."""
    kept = _words(workspace)
    kept |= {one.digest: one.content for one in now_there.values()}
    path = _words_file(workspace)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    draft.write_bytes(gzip.compress(json.dumps(kept).encode(), mtime=0))
    draft.replace(path)


def _words(workspace: Workspace) -> dict[str, Any]:
    path = _words_file(workspace)
    return json.loads(gzip.decompress(path.read_bytes())) if path.exists() else {}


def _words_file(workspace: Workspace) -> Path:
    return workspace.root / "versions.json.gz"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
