"""How names become parts of addresses and ids."""

import re
from unicodedata import normalize

# Letters that Unicode decomposition leaves alone.
_LETTERS = str.maketrans(
    {"ß": "ss", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i"}
)
_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})


def ascii_folded(text: str, *, language: str = "") -> str:
    """Returns the text in plain Latin letters, umlauts written out where the language does so."""
    if text.isascii():
        return text
    if language == "de":
        text = text.translate(_GERMAN)
    return normalize("NFKD", text.translate(_LETTERS)).encode("ascii", "ignore").decode()


def slug(text: str) -> str:
    """Returns the text as lower-case words joined by hyphens, as in host names."""
    return re.sub(r"[^a-z0-9]+", "-", ascii_folded(text).lower()).strip("-")


def local_part(first_name: str, last_name: str, *, language: str = "") -> str:
    """Returns `first.last`, what stands before the @ in a person's address."""
    names = (ascii_folded(name, language=language).lower() for name in (first_name, last_name))
    return ".".join(re.sub(r"[^a-z0-9-]", "", name) for name in names)
