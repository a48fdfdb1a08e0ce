"""The HTML alternative of a mail: the same words, escaped, and nothing else.

No remote content, no picture, no tracked link: whoever opens it tells us nothing.
"""

import re
from html import escape

_URL = re.compile(r"https://[^\s<>\"']*[^\s<>\"'.,;:!?)]")


def html_of(body: str, *, language: str = "") -> str:
    """Returns a page with one paragraph per blank-line block; plain https links can be clicked."""
    blocks = [block for block in re.split(r"\n\s*\n", body.strip()) if block.strip()]
    paragraphs = "\n".join(f"<p>{_lines(block)}</p>" for block in blocks)
    lang = f' lang="{escape(language)}"' if language else ""
    return (
        f'<!doctype html>\n<html{lang}><head><meta charset="utf-8"></head>\n'
        '<body style="font-family:sans-serif;line-height:1.5;max-width:40em">\n'
        f"{paragraphs}\n</body></html>\n"
    )


def _lines(block: str) -> str:
    parts, end = [], 0
    for found in _URL.finditer(block):
        url = escape(found.group())
        parts += [escape(block[end : found.start()]), f'<a href="{url}">{url}</a>']
        end = found.end()
    return "".join([*parts, escape(block[end:])]).replace("\n", "<br>\n")
