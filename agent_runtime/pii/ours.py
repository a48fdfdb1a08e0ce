"""What our approved signatures make public, such as our postal address: nobody's secret."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

from agent_runtime.pii.finding import Found

_CONTENT = Path(__file__).parents[1] / "content"
_KINDS = frozenset({"ADDRESS", "EMAIL", "PHONE", "URL"})
_SHORTEST = 8


def is_ours(text: str, found: Found, finder: Callable[[str], list[Found]]) -> bool:
    """Says whether a piece stands in an approved signature in the same words.

    Args:
        text: The text in which it was found.
        found: The piece.
        finder: What finds such pieces, to be run once over the signatures.
    """
    return found.kind in _KINDS and _plain(text[found.start : found.end]) in _public(finder)


@cache
def _public(finder: Callable[[str], list[Found]]) -> frozenset[str]:
    pieces = set()
    for path in sorted(_CONTENT.rglob("*.md")):
        text = path.read_text(encoding="utf-8")
        if "kind: signature" not in text:
            continue
        pieces |= {_plain(text[f.start : f.end]) for f in finder(text)}
    return frozenset(piece for piece in pieces if len(piece) >= _SHORTEST)


def _plain(text: str) -> str:
    return "".join(filter(str.isalnum, text)).casefold()
