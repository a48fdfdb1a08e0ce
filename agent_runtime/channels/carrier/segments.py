"""How a text travels as SMS: its alphabet, its pieces, and look-alikes that keep it cheap."""

import unicodedata

from gsm0338 import Codec

_GSM = Codec()
_LOOK_ALIKES = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′´`", "'"),
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys("\u00a0\u2007\u2009\u202f\t", " "),
        **dict.fromkeys("\u200b\u200c\u200d\ufeff\u00ad", ""),
        "…": "...",
        "•": "-",
    }
)
"""Quotes, dashes and spaces that look alike in the GSM alphabet; the words stay what they are."""


def as_sms(text: str) -> str:
    """Returns a text with look-alikes of its punctuation, where that alone makes it GSM-7.

    One curly apostrophe would send the whole text as UCS-2, at twice the price. Letters are never
    changed: a text that needs them otherwise goes out as it is. This is an encoding, such as a
    mail's: what was permitted is the words.

    >>> as_sms("It’s – almost – done…")
    "It's - almost - done..."
    >>> as_sms("’ł’")
    '’ł’'
    """
    plain = unicodedata.normalize("NFC", text).translate(_LOOK_ALIKES)
    return plain if septets(plain) is not None else text


def segments(text: str) -> int:
    """Returns in how many pieces a text travels, each of which is charged (GSM 03.38, 03.40).

    One message holds 160 septets or 70 UTF-16 units; of a longer one each piece holds 153 or 67.

    >>> segments("a" * 160), segments("a" * 161), segments("ł" * 70), segments("ł" * 71)
    (1, 2, 1, 2)
    """
    length = septets(text)
    whole, piece = (160, 153) if length is not None else (70, 67)
    if length is None:
        length = len(text.encode("utf-16-le")) // 2
    return 1 if length <= whole else -(-length // piece)


def septets(text: str) -> int | None:
    """Returns the length in the GSM alphabet, or None when the text does not fit into it.

    Characters of the extension table, such as the euro sign and brackets, count twice.
    """
    try:
        return len(_GSM.encode(text)[0])
    except UnicodeEncodeError:
        return None
