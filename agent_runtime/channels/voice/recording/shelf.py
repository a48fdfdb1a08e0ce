"""Recordings as files, a folder each call.

`call.json` says whose it is, since when and by which leave; `them.flac` and `us.flac` are the two
sides, mono, 16 bits, from the same instant on.
"""

import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

from agent_runtime.errors import ParleyError

if TYPE_CHECKING:
    from agent_runtime.speech.sound import Samples

RATE = 16_000
"""Samples a second of each track."""
Side = Literal["them", "us"]
Leave = Literal["given in the call", "not needed by law"]
_LABEL = "call.json"


@dataclass(frozen=True, slots=True)
class Label:
    """Whose recording it is, and why there may be one."""

    call_id: str
    tenant_id: str
    person_id: str
    thread_id: str
    began_at: datetime
    leave: Leave


@dataclass(frozen=True, slots=True)
class Recording:
    """The sound of one call."""

    label: Label
    folder: Path

    def track(self, side: Side) -> "Samples":
        """Returns one side at `RATE`; empty where nothing of it was written.

        Raises:
            ParleyError: the file is there and is no sound.
        """
        import numpy as np
        import soundfile

        path = self.folder / f"{side}.flac"
        if not path.is_file() or not path.stat().st_size:
            return np.zeros(0, np.float32)
        try:
            return np.asarray(soundfile.read(path, dtype="float32")[0], np.float32)
        except soundfile.LibsndfileError as error:
            raise ParleyError(f"{path}: the sound cannot be read: {error}.") from None


class Shelf:
    """All recordings of a workspace.

    Args:
        root: `Workspace.recordings`.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def folder(self, call_id: str) -> Path:
        """Where the recording of a call is, or would be."""
        return self._root / quote(call_id, safe="")

    def begin(self, label: Label) -> Path:
        """Returns the folder of a new recording, with its label; only the company's own may read.

        The label is on the disk before any sound, so that whatever lies there can be erased.
        """
        folder = self.folder(label.call_id)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        said = {**asdict(label), "began_at": label.began_at.isoformat()}
        (folder / _LABEL).write_text(json.dumps(said, indent=2), encoding="utf-8")
        return folder

    def of_call(self, call_id: str) -> Recording | None:
        """Returns the recording of a call; None where there is none."""
        return _read(self.folder(call_id))

    def all(self) -> Iterator[Recording]:
        """Yields every recording; a folder without a label is none."""
        folders = sorted(self._root.iterdir()) if self._root.is_dir() else ()
        yield from filter(None, map(_read, folders))

    def forget(self, call_id: str) -> None:
        """Removes the recording of a call for good."""
        shutil.rmtree(self.folder(call_id), ignore_errors=True)

    def erase(self, tenant_id: str, persons: Iterable[str], *, dry_run: bool = False) -> int:
        """Removes all recordings of these persons, and returns how many there were."""
        wanted = {(tenant_id, person) for person in persons}
        return self._remove(
            lambda label: (label.tenant_id, label.person_id) in wanted, dry_run=dry_run
        )

    def prune(self, *, days: int, now: datetime, dry_run: bool = False) -> int:
        """Removes all that are older than so many days, and returns how many there were."""
        before = now - timedelta(days=days)
        return self._remove(lambda label: label.began_at < before, dry_run=dry_run)

    def _remove(self, is_due: Callable[[Label], bool], *, dry_run: bool) -> int:
        due = [one for one in self.all() if is_due(one.label)]
        for one in () if dry_run else due:
            shutil.rmtree(one.folder)
        return len(due)


def _read(folder: Path) -> Recording | None:
    try:
        said = json.loads((folder / _LABEL).read_text("utf-8"))
        said["began_at"] = datetime.fromisoformat(said["began_at"])
        return Recording(Label(**said), folder)
    except OSError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise ParleyError(f"{folder / _LABEL}: it is no label of a recording: {error}.") from None
