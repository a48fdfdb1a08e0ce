"""Header fields as strangers write them: folded, in any charset, broken."""

import re
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses

from agent_runtime.channels.email.reading.charsets import decoded

ADDRESS = re.compile(
    r"[A-Za-z0-9_!#$%&'*+/=?^{|}~-][\w!#$%&'*+/=?^{|}~.-]{0,63}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}",
)
_LONGEST = 8_000
_NAMES_LISTED = 50
_JSON_ADDRESS = re.compile(r'"emailAddress"\s{0,4}:\s{0,4}"([^"@]{1,64}@[^"]{1,255})"')
_FIELD = re.compile(r"^([\x21-\x39\x3b-\x7e]{1,76})[ \t]*:[ \t]*(.*)$")


def field(message: Message, name: str) -> str:
    """Returns the first field of a name, decoded, on one line; empty where there is none."""
    wanted = name.lower()
    for key, value in message.raw_items():
        if key.lower() == wanted:
            return plain_value(value)
    return ""


def plain_value(value: object) -> str:
    """Returns a raw field value with its encoded words and loose bytes as text."""
    raw = str(value)[:_LONGEST]
    if not raw.isascii():
        raw = decoded(raw.encode("utf-8", "surrogateescape"), "")
    if "=?" in raw:
        raw = _without_encoded_words(raw)
    return " ".join(raw.split())


def addresses_in(value: str) -> tuple[str, ...]:
    """Returns the addresses of an address field in lower case, each once."""
    try:
        found = [address for _, address in getaddresses([value[:_LONGEST]])]
    except (ValueError, IndexError, TypeError, AttributeError, RecursionError):
        found = []
    if not any("@" in address for address in found):
        found = ADDRESS.findall(value[:_LONGEST])
    return tuple(dict.fromkeys(a.strip().lower() for a in found if "@" in a))


def json_addresses(text: str) -> tuple[str, ...]:
    """Returns the recipients in a notification of Amazon SES, which comes as JSON."""
    if not text.lstrip().startswith("{"):
        return ()
    return tuple(dict.fromkeys(a.lower() for a in _JSON_ADDRESS.findall(text)))


def fields_of(text: str) -> dict[str, str]:
    """Returns the fields of a block of headers by lower-case name; the first of a name counts."""
    fields: dict[str, str] = {}
    name = ""
    for line in text.split("\n"):
        if line[:1] in " \t" and name:
            fields[name] = f"{fields[name]} {line.strip()}"[:_LONGEST]
        elif found := _FIELD.match(line.rstrip()[:_LONGEST]):
            name = found[1].lower()
            if name in fields or len(fields) >= _NAMES_LISTED * 4:
                name = ""
            else:
                fields[name] = found[2]
        else:
            name = ""
    return fields


def _without_encoded_words(raw: str) -> str:
    try:
        pieces = decode_header(raw)
    except Exception:
        return raw
    return "".join(
        piece if isinstance(piece, str) else decoded(piece, charset or "")
        for piece, charset in pieces
    )
