"""Finds the checks of an issue and the fingerprint of the code that they speak of."""

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from tests.acceptance.check import Check

REPOSITORY = Path(__file__).parents[2]
CODE = ("agent_runtime", "experiments", "pipelines", "dbt/models")
"""Folders on which a result depends."""


@dataclass(frozen=True, slots=True)
class Found:
    """A check by name and file, so that any process can load it."""

    name: str
    path: Path
    fingerprint: str
    """Of the code and the check's own file, committed or not."""


def discover(issue: int, folder: Path, *, repository: Path = REPOSITORY) -> list[Found]:
    """Returns the checks of an issue, in the order of files and of declaration."""
    code = _digest(repository, CODE)
    found: dict[str, Found] = {}
    for path in sorted(folder.glob(f"issue_{issue}_*.py")):
        fingerprint = hashlib.sha256(code + path.read_bytes()).hexdigest()[:16]
        for name in _load(path):
            if name in found:
                raise ValueError(f"{path} and {found[name].path} both hold the check {name!r}")
            found[name] = Found(name, path, fingerprint)
    return list(found.values())


def load_check(path: Path, name: str) -> Check:
    """Returns one check of a module."""
    return _load(path)[name]


@cache
def _load(path: Path) -> dict[str, Check]:
    spec = spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python module")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.CHECKS


def _digest(repository: Path, folders: tuple[str, ...]) -> bytes:
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted((repository / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(path.relative_to(repository).as_posix().encode() + b"\0")
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.digest()
