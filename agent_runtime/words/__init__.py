"""Words that the rules listen for, in six languages; data for people who know the languages."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_words(name: str) -> dict[str, Any]:
    """Returns the lists of one file of this folder."""
    path = Path(__file__).parent / f"{name}.yaml"
    return yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)



def any_of(patterns: Iterable[str]) -> str:
    """Returns one pattern that matches what any of the patterns matches."""
    return f"(?:{'|'.join(f'(?:{pattern})' for pattern in patterns)})"
