"""Looks for proof that a mail left: the copy that the mail provider files under Sent."""

from datetime import datetime
from email import message_from_binary_file
from email.policy import default
from pathlib import Path

from agent_runtime.channels.email.deliver import Outbox
from agent_runtime.store.rows import Message


def resolve_unknown(outbox: Outbox, mail_folder: Path, *, now: datetime) -> int:
    """Settles UNKNOWN messages whose copy lies in the sender's Sent folder; returns how many.

    Absence proves nothing, since the copy may still be on its way: such a message stays UNKNOWN
    until an answer, a report or a person settles it.
    """
    with outbox.store.begin() as tx:
        waiting = [message for message in tx.unknown() if message.channel == "email"]
    found = [message for message in waiting if _is_filed(mail_folder, message)]
    for message in found:
        with outbox.store.begin() as tx:
            current = tx.message(message.message_id)
            if current is not None and current.state == "UNKNOWN":
                outbox.resolve(tx, current, left=True, source="sent_folder", now=now)
    return len(found)


def _is_filed(mail_folder: Path, message: Message) -> bool:
    """Newest first: what is looked for left moments ago."""
    sent = mail_folder / message.mailbox / ".Sent"
    files = (path for name in ("new", "cur") for path in (sent / name).glob("*"))
    for path in sorted(files, key=lambda p: p.stat().st_mtime, reverse=True):
        with path.open("rb") as file:
            if (
                message_from_binary_file(file, policy=default)["Message-ID"]
                == message.rfc_message_id
            ):
                return True
    return False
