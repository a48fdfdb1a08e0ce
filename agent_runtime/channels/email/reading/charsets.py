"""Bytes to text, whatever charset they claim or keep silent about."""

import codecs
import re

_SAMPLE = 4_096
_SMALLEST = 32
"""Fewer bytes than this tell no charset apart."""
_ALIASES = {
    "ks_c_5601-1987": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "iso-8859-8-i": "iso-8859-8",
    "x-sjis": "cp932",
    "unicode-1-1-utf-7": "utf-7",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "us-ascii": "ascii",
}
"""What mail programs call a charset, or mean by it, and Python's name of it."""
_NO_TEXT = ("base64", "hex", "quopri", "rot13", "uu", "zlib", "bz2", "idna", "punycode")
_JAPANESE = re.compile(rb"\x1b\$[@B]")


def decoded(raw: bytes, charset: str) -> str:
    """Returns bytes as text: in the named charset if that fits, else in the likeliest one."""
    name = charset.strip().strip("\"'").lower()
    for candidate in dict.fromkeys((_ALIASES.get(name, name), "utf-8")):
        if (text := _strictly(raw, candidate)) is not None:
            return text
    if _JAPANESE.search(raw):
        return raw.decode("iso2022_jp_ext", errors="replace")
    known = _codec(_ALIASES.get(name, name))
    if known and known not in ("ascii", "utf-8"):
        return raw.decode(known, errors="replace")
    return raw.decode(_guessed(raw), errors="replace")


def _strictly(raw: bytes, name: str) -> str | None:
    codec = _codec(name)
    if codec is None or (codec == "ascii" and _JAPANESE.search(raw)):
        return None
    try:
        return raw.decode(codec)
    except (UnicodeError, ValueError):
        return None


def _codec(name: str) -> str | None:
    if not name:
        return None
    try:
        found = codecs.lookup(name).name
    except (LookupError, ValueError, UnicodeError):
        return None
    return None if found.startswith(_NO_TEXT) else found


def _guessed(raw: bytes) -> str:
    if len(raw) < _SMALLEST:
        return "cp1252"
    from charset_normalizer import from_bytes

    best = from_bytes(raw[:_SAMPLE], steps=3, chunk_size=256).best()
    return _codec(best.encoding if best else "") or "cp1252"
