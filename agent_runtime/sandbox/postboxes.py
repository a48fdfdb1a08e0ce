"""Maildirs of the sandbox, one per address; a mail that was accepted gets there exactly once."""

import os
from collections.abc import Iterable
from mailbox import Maildir
from pathlib import Path

_SPOOL = ".spool"
_LATE = ".late"
_SENT = "Sent"


class Postboxes:
    """The mail folder of a run: Maildirs, the spool, and bounces that are still to come."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._spool = root / _SPOOL
        self._late = root / _LATE
        self._opened: set[Path] = set()
        for folder in (self._spool, self._late):
            folder.mkdir(parents=True, exist_ok=True)

    def spool(self, name: str, raw: bytes) -> None:
        """Keeps a mail until it is in all its Maildirs."""
        (self._spool / name).write_bytes(raw)

    def spooled(self) -> list[str]:
        """Returns the names of mails that a kill left in the spool, oldest first."""
        return sorted(path.name for path in self._spool.iterdir())

    def read(self, name: str) -> bytes:
        """Returns a spooled mail."""
        return (self._spool / name).read_bytes()

    def drop(self, name: str) -> None:
        """Forgets a spooled mail: it is in all its Maildirs, or was never accepted."""
        (self._spool / name).unlink()

    def deliver(self, name: str, recipients: Iterable[str], *, sender: str) -> None:
        """Puts a spooled mail into the recipients' Maildirs and the sender's `.Sent`."""
        folders = [self._maildir(recipient) for recipient in recipients]
        if sender:
            folders.append(self._sent(sender))
        for folder in folders:
            os.link(self._spool / name, folder / "new" / name)

    def deliver_again(self, name: str, recipients: Iterable[str], *, sender: str) -> None:
        """Delivers what a kill interrupted, where the mail is not in the Maildir yet."""
        missing = [address for address in recipients if not self._has(self._maildir(address), name)]
        unsent = "" if not sender or self._has(self._sent(sender), name) else sender
        self.deliver(name, missing, sender=unsent)

    def keep_bounce(self, name: str, report: bytes) -> None:
        """Keeps a delivery report until its time comes."""
        unfinished = self._late / f".{name}"
        unfinished.write_bytes(report)
        unfinished.replace(self._late / name)

    def bounces(self) -> list[Path]:
        """Returns the delivery reports that wait, oldest first."""
        return sorted(path for path in self._late.iterdir() if not path.name.startswith("."))

    def _maildir(self, address: str) -> Path:
        path = self._root / address
        if path not in self._opened:
            Maildir(path, create=True)
            self._opened.add(path)
        return path

    def _sent(self, address: str) -> Path:
        path = self._maildir(address) / f".{_SENT}"
        if path not in self._opened:
            Maildir(path.parent).add_folder(_SENT)
            self._opened.add(path)
        return path

    @staticmethod
    def _has(folder: Path, name: str) -> bool:
        return (folder / "new" / name).exists() or any((folder / "cur").glob(f"{name}*"))
