"""E-mail addresses and links that open something for one person only."""

import re
from collections.abc import Iterator

from agent_runtime.pii.finding import Found, Reading

_EMAIL = re.compile(r"[\w.+%'’-]*[\w+%-]@[\w-]+(?:\.[\w-]+)+")
_SPELT = re.compile(
    r"[\w.+%-]+ ?[\[({] ?(?:at|@|arobase|arroba|chiocciola) ?[\])}] ?[\w-]+"
    r"(?: ?(?:\.|[\[({] ?(?:dot|punkt|punto|point|ponto|\.) ?[\])}]) ?[\w-]+)+",
    re.IGNORECASE,
)
_URL = re.compile(r"(?:https?://|www\.)[^\s<>\"')\]]+")
_PRIVATE_URL = re.compile(r"[?#@=]|/[A-Za-z0-9_-]{16,}")


def find_emails(reading: Reading) -> Iterator[Found]:
    """Yields e-mail addresses, those with a spelt-out at sign included."""
    text = reading.text
    if "@" in text:
        for m in _EMAIL.finditer(text):
            quote = len(m[0]) - len(m[0].lstrip("'’"))
            yield Found("EMAIL", m.start() + quote, m.end())
    if any(opening in text for opening in "[({"):
        yield from (Found("EMAIL", m.start(), m.end()) for m in _SPELT.finditer(text))


def find_private_urls(reading: Reading) -> Iterator[Found]:
    """Yields links with a query, a fragment or a long key; public pages stay."""
    for m in _URL.finditer(reading.text):
        if _PRIVATE_URL.search(m[0].split("://")[-1]):
            yield Found("URL", m.start(), m.end())
