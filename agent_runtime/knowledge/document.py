"""A document as Markdown: PDF, Word, HTML or Markdown in, headings and paragraphs out."""

import hashlib
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent_runtime.knowledge.passage import KnowledgeError
from agent_runtime.knowledge.pdf_text import markdown_of_pdf_text

_MIN_WORDS = 5
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
"""How encrypted .docx files begin, and Word files from before 2007."""

_NOISE = re.compile(r"<(nav|footer|aside|script|style)\b.*?</\1\s*>", re.DOTALL | re.IGNORECASE)
_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_MATTER_TITLE = re.compile(r"^title:\s*[\"']?(.+?)[\"']?\s*$", re.MULTILINE)
_H1 = re.compile(r"^# +(.+?)\s*#*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class SourceText:
    """What a file says, as Markdown, and which file that was."""

    title: str
    markdown: str
    source: str
    sha256: str


def read_document(path: Path) -> SourceText:
    """Returns the text of a PDF, Word, HTML or Markdown file.

    Raises:
        KnowledgeError: the file is missing, broken, empty, encrypted, a scan or of another kind;
            the sentence says which and what to do.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        kinds = ", ".join(_READERS)
        raise KnowledgeError(f"{path}: {path.suffix or 'no suffix'} is not read; use {kinds}.")
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise KnowledgeError(f"{path}: there is no such file; mend the path.") from None
    except OSError as error:
        raise KnowledgeError(f"{path}: cannot be read ({error.strerror}).") from None
    if not raw.strip():
        raise KnowledgeError(f"{path}: the file is empty; export it again.")
    title, markdown = reader(path, raw)
    markdown = markdown.replace("\r\n", "\n").replace("\u00a0", " ").strip()
    if len(re.findall(r"\w{2,}", markdown)) < _MIN_WORDS:
        raise KnowledgeError(f"{path}: there is hardly a word in it; is it the right file?")
    heading = _H1.search(markdown)
    return SourceText(
        title=" ".join((heading[1] if heading else title or _title_of(path)).split()),
        markdown=markdown,
        source=path.name,
        sha256=hashlib.sha256(raw).hexdigest(),
    )


def _title_of(path: Path) -> str:
    words = re.sub(r"[-_\s]+", " ", path.stem).strip()
    return words[:1].upper() + words[1:]


def _read_markdown(path: Path, raw: bytes) -> tuple[str, str]:
    text = _utf8(path, raw)
    matter = _FRONT_MATTER.match(text)
    title = _MATTER_TITLE.search(matter[0]) if matter else None
    return title[1] if title else "", _FRONT_MATTER.sub("", text)


def _read_html(path: Path, raw: bytes) -> tuple[str, str]:
    from markitdown.converters import HtmlConverter

    found = _convert(path, HtmlConverter(), _NOISE.sub("", _utf8(path, raw)).encode())
    return found.title or "", found.markdown


def _read_docx(path: Path, raw: bytes) -> tuple[str, str]:
    if raw.startswith(_OLD_OFFICE):
        raise KnowledgeError(
            f"{path}: the file is encrypted or from before Word 2007; "
            "save it as .docx without a password."
        )
    from markitdown.converters import DocxConverter

    found = _convert(path, DocxConverter(), raw)
    return found.title or "", found.markdown


def _read_pdf(path: Path, raw: bytes) -> tuple[str, str]:
    if b"%PDF-" not in raw[:1024]:
        raise KnowledgeError(f"{path}: this is no PDF inside; export it again.")
    from markitdown.converters import PdfConverter

    text = _convert(path, PdfConverter(), raw).markdown
    if not re.search(r"\w{2,}", text):
        raise KnowledgeError(
            f"{path}: there is no text in it, only pictures of pages; "
            "run text recognition (OCR) over the scan first."
        )
    return "", markdown_of_pdf_text(text)


def _convert(path: Path, converter: Any, raw: bytes) -> Any:
    """Whatever a broken file makes a parser raise is one sentence to the person who gave it."""
    from markitdown import StreamInfo

    info = StreamInfo(extension=path.suffix.lower(), charset="utf-8")
    try:
        return converter.convert(io.BytesIO(raw), info)
    except Exception as error:
        if _is_about_a_password(error):
            raise KnowledgeError(
                f"{path}: the file is encrypted; save a copy without a password."
            ) from None
        raise KnowledgeError(
            f"{path}: the file is broken ({type(error).__name__}); open it, and save it again."
        ) from None


def _is_about_a_password(error: BaseException | None) -> bool:
    seen = [error, *getattr(error, "args", ())]
    if any("password" in f"{type(e).__name__} {e}".lower() for e in seen):
        return True
    cause = (error.__cause__ or error.__context__) if error else None
    return cause is not None and _is_about_a_password(cause)


def _utf8(path: Path, raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise KnowledgeError(f"{path}: the file is not UTF-8; save it as UTF-8.") from None


_READERS: dict[str, Callable[[Path, bytes], tuple[str, str]]] = {
    ".pdf": _read_pdf,
    ".docx": _read_docx,
    ".html": _read_html,
    ".htm": _read_html,
    ".md": _read_markdown,
    ".markdown": _read_markdown,
}
