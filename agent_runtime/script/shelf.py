"""Where imported scripts lie: as proposals until a person approves them, then as a library."""

import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from agent_runtime.library.catalog import own_libraries
from agent_runtime.script.parts import ScriptError

PENDING = "To be checked"
"""How the claim of a text begins while nobody has said that it is true."""

PAGE = "README.md"
_PARTS = ("playbooks", "content", "scenarios")


@dataclass(frozen=True, slots=True)
class Approval:
    """A person's word that the texts may be said, and until when."""

    approver: str
    approved_at: date
    expires_at: date


@dataclass(frozen=True, slots=True)
class Shelf:
    """Two folders: nothing below `proposals` is ever loaded, all below `library` is live."""

    proposals: Path
    library: Path

    def names(self) -> tuple[str, ...]:
        """Returns the names of the proposals that wait."""
        found = (path for path in self.proposals.glob("*") if (path / PAGE).is_file())
        return tuple(sorted(path.name for path in found))

    def live_names(self) -> tuple[str, ...]:
        """Returns the names of the scripts that are live."""
        return tuple(path.name for path in own_libraries(self.library))

    def proposal(self, name: str) -> Path:
        """Returns the folder of a proposal, or says which ones there are."""
        if name not in self.names():
            waiting = ", ".join(self.names()) or "none; `parley script import` makes one"
            raise ScriptError(f"no proposal is called {name!r}; waiting: {waiting}.")
        return self.proposals / name

    def check_is_new(self, name: str) -> None:
        """Refuses a name that a proposal or an approved script has already."""
        if (self.proposals / name).exists():
            raise ScriptError(
                f"{self.proposals / name}: a proposal of this name waits already; give another "
                f"--name, or `parley script discard {name}`."
            )
        self._check_is_not_live(name)

    def put(self, name: str, files: dict[str, str]) -> Path:
        """Writes a proposal, all of it or nothing."""
        self.check_is_new(name)
        return write_whole(self.proposals / name, files)

    def discard(self, name: str) -> None:
        """Removes a proposal for good."""
        shutil.rmtree(self.proposal(name))

    def make_live(self, name: str, files: dict[str, str]) -> Path:
        """Writes an approved script into the library, all of it or nothing."""
        self._check_is_not_live(name)
        live = write_whole(self.library / name, files)
        shutil.rmtree(self.proposal(name))
        return live

    def _check_is_not_live(self, name: str) -> None:
        if (self.library / name).exists():
            raise ScriptError(
                f"{self.library / name}: a script of this name is live already; give another "
                "--name, or remove that folder first."
            )


def approved_files(proposal: Path, approval: Approval) -> dict[str, str]:
    """Returns the files of a proposal as they are once approved, by their relative path."""
    files: dict[str, str] = {}
    for part in _PARTS:
        for path in sorted((proposal / part).rglob("*")):
            if path.is_file():
                text = _read(path)
                where = path.relative_to(proposal).as_posix()
                files[where] = _signed(path, text, approval) if path.suffix == ".md" else text
    return files


def text_file(matter: dict[str, Any], body: str) -> str:
    """Returns a text with its front matter as it is written to a file."""
    return f"---\n{yaml_text(matter)}---\n\n{body.strip()}\n"


def yaml_text(value: Any) -> str:
    """Returns a value as YAML that people edit."""
    return yaml.safe_dump(value, allow_unicode=True, sort_keys=False, width=100)


def _signed(path: Path, text: str, approval: Approval) -> str:
    _, fence, rest = text.partition("---\n")
    matter, closing, body = rest.partition("\n---\n")
    try:
        fields = yaml.safe_load(matter) if fence and closing else None
    except yaml.YAMLError:
        fields = None
    if not isinstance(fields, dict):
        raise ScriptError(f"{path}: front matter between two lines of --- is missing or no YAML.")
    signed = {
        "approver": approval.approver,
        "approved_at": approval.approved_at,
        "expires_at": approval.expires_at,
    }
    return text_file({**fields, **signed}, body)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ScriptError(f"{path}: the file is not UTF-8; save it as UTF-8.") from None


def write_whole(folder: Path, files: dict[str, str]) -> Path:
    """A folder appears under its name only when all of it is written."""
    unfinished = folder.with_name(f".{folder.name}")
    shutil.rmtree(unfinished, ignore_errors=True)
    for where, text in files.items():
        path = unfinished / where
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    unfinished.rename(folder)
    return folder
