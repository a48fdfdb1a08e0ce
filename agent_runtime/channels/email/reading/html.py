"""HTML of a mail as the text that a reader sees; what it quotes is marked as quoted."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_LONGEST = 400_000
_TAG = re.compile(r"<[^>]{0,2000}>")
_UNSEEN = re.compile(r"<(script|style|head|title)\b.{0,200000}?</\1\s*>", re.I | re.S)
_DECLARATION = re.compile(r"^\s*<\?xml[^>]{0,200}\?>", re.I)
_BLANK_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*)+\n")
_QUOTES = (
    "//blockquote[not(ancestor::blockquote)]"
    " | //div[contains(concat(' ', @class, ' '), ' gmail_quote ')]"
    "[not(ancestor::blockquote)][not(.//blockquote)]"
)

_SIGNATURES = (
    "//*[@id='Signature' or @id='signature' or @id='x_Signature' or @id='AppleMailSignature'"
    " or @id='ms-outlook-mobile-signature' or contains(@class, 'gmail_signature')"
    " or contains(@class, 'moz-signature') or contains(@class, 'protonmail_signature_block')]"
)
"""What the mail programs call the signature that they add."""


def text_of_html(html: str) -> str:
    """Returns the visible text; links without their addresses, quoted blocks with `> `."""
    html = html[:_LONGEST].replace("\x00", "")
    if not html.strip():
        return ""
    try:
        return _rendered(html)
    except Exception:
        from html import unescape

        return unescape(_TAG.sub(" ", _UNSEEN.sub(" ", html))).strip()


def _rendered(html: str) -> str:
    from lxml.etree import SubElement
    from lxml.html import HTMLParser, document_fromstring

    parser = HTMLParser(encoding="utf-8", huge_tree=False, remove_comments=True, remove_pis=True)
    source = _DECLARATION.sub("", html).encode("utf-8", errors="replace")
    tree = document_fromstring(source, parser=parser)
    quotes = tree.xpath(_QUOTES)
    for quote in quotes if isinstance(quotes, list) else ():
        quoted = _text(quote)
        tail = quote.tail
        quote.clear()
        quote.tag, quote.tail = "div", tail
        mark = SubElement(quote, "pre")
        mark.text = "\n".join(f"> {line}".rstrip() for line in quoted.splitlines())
    signatures = tree.xpath(_SIGNATURES)
    for signature in signatures[:1] if isinstance(signatures, list) else ():
        if not signature.text_content().lstrip().startswith("--") and not _delimited(signature):
            delimiter = signature.makeelement("pre")
            delimiter.text = "--"
            signature.addprevious(delimiter)
    return _text(tree)


def _delimited(signature: "HtmlElement") -> bool:
    """Whether two dashes stand right above."""
    above = signature.getprevious()
    return above is not None and "".join(above.itertext()).strip() == "--"


def _text(tree: "HtmlElement") -> str:
    from inscriptis.html_engine import Inscriptis
    from inscriptis.model.config import ParserConfig

    text = Inscriptis(tree, ParserConfig(display_images=False, display_links=False)).get_text()
    lines = (line.rstrip() for line in text.replace("\u00a0", " ").split("\n"))
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()
