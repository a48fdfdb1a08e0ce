"""The parts of a mail of any shape: its text, its reports, the mails inside it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.parser import BytesHeaderParser

from agent_runtime.channels.email.reading.charsets import decoded
from agent_runtime.channels.email.reading.fields import field, fields_of
from agent_runtime.channels.email.reading.html import text_of_html

LONGEST_TEXT = 60_000
"""Characters of text that are read; nobody writes more, and machines put what counts first."""
_LONGEST_MAIL = 32_000_000
_MOST_PARTS = 200
_MOST_BOUNDARIES = 2_000
_SHOWN_IN_BODY = ("text/plain", "text/enriched", "text/richtext", "text/markdown")
_INNER = (
    "message/rfc822",
    "text/rfc822-headers",
    "message/rfc822-headers",
    "message/global",
    "message/global-headers",
    "message/partial",
    "text/rfc822",
)
_STATUS = ("message/delivery-status", "message/global-delivery-status")


@dataclass(frozen=True, slots=True)
class OpenedMail:
    """A mail taken apart; nothing in it is believed yet."""

    message: Message
    content_type: str
    text: str
    """What a reader sees, without attachments and without the mails inside."""
    statuses: tuple[tuple[dict[str, str], ...], ...] = ()
    """The groups of fields of each delivery-status part (RFC 3464)."""
    feedback: tuple[dict[str, str], ...] = ()
    """The fields of each feedback-report part (RFC 5965)."""
    dispositions: tuple[dict[str, str], ...] = ()
    """The fields of each disposition notification (RFC 8098)."""
    returned: tuple[dict[str, str], ...] = ()
    """The header fields of each mail that comes inside this one."""
    returned_texts: tuple[str, ...] = ()
    """The beginning of each mail inside, as it stands."""
    calendars: tuple[str, ...] = ()
    """The text of each calendar part, for who handles invitations."""
    attachments: int = 0
    size: int = 0
    """Bytes of the whole mail."""

    def field(self, name: str) -> str:
        """Returns a header field of the mail itself, decoded."""
        return field(self.message, name)


def open_mail(raw: bytes) -> OpenedMail:
    """Returns a mail taken apart; whatever bytes come, it does not fail."""
    message = _message(raw[:_LONGEST_MAIL])
    found = _Parts()
    try:
        found.read(message)
    except (RecursionError, ValueError, LookupError, TypeError, AttributeError, AssertionError):
        found.texts.append(decoded(raw[-LONGEST_TEXT:], ""))
    texts = (text.replace("\r\n", "\n").replace("\x00", "").strip("\n") for text in found.texts)
    return OpenedMail(
        message=message,
        content_type=_type(message),
        text="\n\n".join(text for text in texts if text.strip())[:LONGEST_TEXT],
        statuses=tuple(found.statuses),
        feedback=tuple(found.feedback),
        dispositions=tuple(found.dispositions),
        returned=tuple(fields_of(_head(text)) for text in found.inner),
        returned_texts=tuple(found.inner),
        calendars=tuple(found.calendars),
        attachments=found.attachments,
        size=len(raw),
    )


def _message(raw: bytes) -> Message:
    """Parses a mail; one that nests deeper than Python can follow is all body."""
    raw = raw.lstrip(b"\r\n \t\x00\xef\xbb\xbf") if raw[:1] in b"\r\n\xef\x00" else raw
    try:
        if raw.count(b"boundary=") + raw.count(b"message/rfc822") <= _MOST_BOUNDARIES:
            return message_from_bytes(raw)
    except (RecursionError, ValueError, LookupError, TypeError, AttributeError, AssertionError):
        pass
    try:
        message = BytesHeaderParser().parsebytes(raw)
    except Exception:
        message = Message()
        message.set_payload(raw.decode("latin-1"))
    del message["Content-Type"]
    return message


class _Parts:
    def __init__(self) -> None:
        self.texts: list[str] = []
        self.statuses: list[tuple[dict[str, str], ...]] = []
        self.feedback: list[dict[str, str]] = []
        self.dispositions: list[dict[str, str]] = []
        self.inner: list[str] = []
        self.calendars: list[str] = []
        self.attachments = 0
        self._seen = 0

    def read(self, part: Message) -> None:
        """Sorts a part and what is in it."""
        self._seen += 1
        if self._seen > _MOST_PARTS:
            return
        kind = _type(part)
        payload = part.get_payload()
        if kind in _INNER:
            self.inner.append(_source(part))
        elif kind in _STATUS:
            self.statuses.append(tuple(_groups(part)))
        elif kind == "message/feedback-report":
            self.feedback.append(_merged(_groups(part)))
        elif kind == "message/disposition-notification":
            self.dispositions.append(_merged(_groups(part)))
        elif kind == "multipart/alternative" and isinstance(payload, list):
            self._read_one_of([p for p in payload if isinstance(p, Message)])
        elif isinstance(payload, list):
            for inner in payload:
                if isinstance(inner, Message):
                    self.read(inner)
        else:
            self._read_leaf(part, kind)

    def _read_one_of(self, parts: list[Message]) -> None:
        """Reads the plain one of parts that say the same, or else the best that has text."""
        before = len(self.texts)
        shown = [p for p in parts if _type(p).startswith("text/") and _type(p) != "text/calendar"]
        for part in sorted(shown, key=lambda p: _type(p) != "text/plain"):
            if len(self.texts) == before:
                self.read(part)
        for part in parts:
            if part not in shown and (_type(part) == "text/calendar" or len(self.texts) == before):
                self.read(part)

    def _read_leaf(self, part: Message, kind: str) -> None:
        if kind == "text/calendar":
            self.calendars.append(_text(part))
        elif _is_attached(part) or not (
            kind in _SHOWN_IN_BODY or kind == "text/html" or kind.startswith("multipart/")
        ):
            self.attachments += 1
        else:
            text = _text(part)
            text = text_of_html(text) if kind == "text/html" or _is_html(text) else text
            if text.strip():
                self.texts.append(text[:LONGEST_TEXT])


def _type(part: Message) -> str:
    try:
        return part.get_content_type()
    except (ValueError, IndexError, AttributeError, TypeError):
        return "text/plain"


def _is_attached(part: Message) -> bool:
    said = field(part, "Content-Disposition").lower()
    return said.startswith("attachment") or (said.startswith("inline") and "filename" in said)


_HTML = re.compile(r"\s*(?:<!doctype html|<html\b)", re.I)


def _is_html(text: str) -> bool:
    return bool(_HTML.match(text))


def _text(part: Message) -> str:
    payload = part.get_payload()
    if isinstance(payload, list):
        return "\n".join(_source(inner) for inner in payload if isinstance(inner, Message))
    try:
        raw = part.get_payload(decode=True)
    except Exception:
        raw = None
    if not isinstance(raw, bytes):
        raw = str(payload or "").encode("utf-8", "surrogateescape")
    return decoded(raw[: LONGEST_TEXT * 8], _charset(part))


def _charset(part: Message) -> str:
    try:
        said = part.get_param("charset", "")
    except Exception:
        return ""
    return said[-1] if isinstance(said, tuple) else str(said or "")


def _groups(part: Message) -> Iterator[dict[str, str]]:
    """Yields the groups of fields of a report part, however it was encoded."""
    payload = part.get_payload()
    if isinstance(payload, list):
        text = "\n\n".join(_source(block) for block in payload if isinstance(block, Message))
    else:
        text = _text(part)
    for block in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n")[:LONGEST_TEXT]):
        if fields := fields_of(block):
            yield fields


def _merged(groups: Iterator[dict[str, str]]) -> dict[str, str]:
    merged: dict[str, str] = {}
    for group in groups:
        merged = {**group, **merged}
    return merged


def _source(part: Message) -> str:
    """Returns a mail inside as text: its headers and the beginning of its body."""
    kind, payload = _type(part), part.get_payload()
    if kind in _INNER:
        inner = payload[0] if isinstance(payload, list) and payload else None
        return _source(inner) if isinstance(inner, Message) else _text(part)[:LONGEST_TEXT]
    head = "".join(f"{name}: {value}\n" for name, value in part.raw_items())
    body = "" if isinstance(payload, list) else str(payload or "")[:LONGEST_TEXT]
    head = head.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return f"{head}\n{body}".encode("utf-8", "replace").decode("utf-8")


def _head(text: str) -> str:
    return re.split(r"\n[ \t]*\r?\n", text.lstrip(), maxsplit=1)[0]
