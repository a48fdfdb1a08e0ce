"""A script as Markdown: PDF, Word, Markdown or plain text in, lines out."""

import io
import re
from collections.abc import Callable
from pathlib import Path

from agent_runtime.script.parts import ScriptError

MAX_BYTES = 20_000_000
"""A longer file is no script, and reading it would take minutes."""

_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
"""How encrypted Word files begin, and those from before 2007."""

_PAGE_NUMBER = re.compile(
    r"^\W*(?:(?:page|seite|página|pagina)\s*)?\d{1,4}(?:\s*(?:/|of|von|de|sur|di)\s*\d{1,4})?\W*$",
    re.IGNORECASE,
)
_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_CUE = re.compile(r"^(?:WEBVTT.*|NOTE\b.*|\d+|(?:\d\d:)?\d\d:\d\d[.,]\d{3} --> .*)$", re.MULTILINE)
_VOICE = re.compile(r"<v(?:\.[\w.]+)? ([^>]+)>")
_TAG = re.compile(r"</?[a-z][^>]*>")


def read_script(path: Path) -> str:
    """Returns the text of a PDF, Word, Markdown, plain-text or subtitle file as Markdown.

    Raises:
        ScriptError: the file is missing, too large, empty, broken, encrypted, a scan or of another
            kind; the sentence says which and what to do.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        kinds = ", ".join(_READERS)
        raise ScriptError(f"{path}: {path.suffix or 'no suffix'} is not read; use {kinds}.")
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ScriptError(
                f"{path}: {path.stat().st_size / 1e6:.0f} MB are more than the "
                f"{MAX_BYTES / 1e6:.0f} MB that a script may have; cut it into several."
            )
        raw = path.read_bytes()
    except FileNotFoundError:
        raise ScriptError(f"{path}: there is no such file; mend the path.") from None
    except OSError as error:
        raise ScriptError(f"{path}: cannot be read ({error.strerror}); mend the path.") from None
    if not raw.strip():
        raise ScriptError(f"{path}: the file is empty; export it again.")
    text = reader(path, raw).replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " ")
    if not re.search(r"[^\W\d_]{2,}", text):
        raise ScriptError(f"{path}: there is not a word in it; is it the right file?")
    return text.strip()


def _read_pdf(path: Path, raw: bytes) -> str:
    if b"%PDF-" not in raw[:1024]:
        raise ScriptError(f"{path}: this is no PDF inside; export it again.")
    text = _convert(path, raw)
    if not re.search(r"[^\W\d_]{2,}", text):
        raise ScriptError(
            f"{path}: there is no text in it, only pictures of pages; run text recognition (OCR) "
            "over the scan first."
        )
    joined = re.sub(r"\s*\f", "\n", text)
    return "\n".join(line for line in joined.splitlines() if not _PAGE_NUMBER.match(line))


def _read_docx(path: Path, raw: bytes) -> str:
    if raw.startswith(_OLD_OFFICE):
        raise ScriptError(
            f"{path}: the file is encrypted or from before Word 2007; save it as .docx without a "
            "password."
        )
    return _convert(path, raw)


def _read_markdown(path: Path, raw: bytes) -> str:
    return _FRONT_MATTER.sub("", _utf8(path, raw))


def _read_subtitles(path: Path, raw: bytes) -> str:
    """Cues become lines `Speaker: words`; where the file names no speaker, the line has none."""
    text = _CUE.sub("", _utf8(path, raw))
    return _TAG.sub("", _VOICE.sub(r"\1: ", text))


def _convert(path: Path, raw: bytes) -> str:
    """Whatever a broken file makes a parser raise is one sentence to the person who gave it."""
    from markitdown import StreamInfo
    from markitdown.converters import DocxConverter, PdfConverter

    suffix = path.suffix.lower()
    converter = PdfConverter() if suffix == ".pdf" else DocxConverter()
    try:
        return converter.convert(io.BytesIO(raw), StreamInfo(extension=suffix)).markdown
    except Exception as error:
        if _is_about_a_password(error):
            raise ScriptError(
                f"{path}: the file is encrypted; save a copy without a password."
            ) from None
        raise ScriptError(
            f"{path}: the file is broken ({type(error).__name__}); open it and save it again."
        ) from None


def _is_about_a_password(error: object) -> bool:
    if not isinstance(error, BaseException):
        return False
    if "password" in f"{type(error).__name__} {error}".lower():
        return True
    return any(map(_is_about_a_password, (*error.args, error.__cause__, error.__context__)))


def _utf8(path: Path, raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ScriptError(f"{path}: the file is not UTF-8; save it as UTF-8.") from None


_READERS: dict[str, Callable[[Path, bytes], str]] = {
    ".pdf": _read_pdf,
    ".docx": _read_docx,
    ".md": _read_markdown,
    ".markdown": _read_markdown,
    ".txt": _read_markdown,
    ".vtt": _read_subtitles,
    ".srt": _read_subtitles,
}
