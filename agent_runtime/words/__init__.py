"""Words that the rules listen for, in six languages; data for people who know the languages."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from agent_runtime.authored import load_yaml


def read_words(name: str) -> dict[str, Any]:
    """Returns the lists of one file of this folder."""
    path = Path(__file__).parent / f"{name}.yaml"
    return load_yaml(path.read_text(encoding="utf-8"))


def any_of(patterns: Iterable[str]) -> str:
    """Returns one pattern that matches what any of the patterns matches."""
    return f"(?:{'|'.join(f'(?:{pattern})' for pattern in patterns)})"
