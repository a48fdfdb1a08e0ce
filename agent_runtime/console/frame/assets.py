"""Files that pages load: style, script, letters; the address of each changes with its content."""

import hashlib
from functools import cache
from pathlib import Path

STATIC = Path(__file__).parent / "static"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}


@cache
def served() -> dict[str, Path]:
    """Returns the files that are served, by name."""
    return {path.name: path for path in STATIC.iterdir() if path.suffix in TYPES}


@cache
def address_of(name: str) -> str:
    """Returns the address of a file; it changes with what is in it, so browsers may keep it."""
    version = hashlib.sha256(served()[name].read_bytes()).hexdigest()[:10]
    return f"/console/static/{version}/{name}"
