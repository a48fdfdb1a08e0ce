"""Which landed tables the source files of a folder make, read without the libraries that pull."""

from dataclasses import dataclass
from pathlib import Path

import yaml

from pipelines.errors import PipelineError


@dataclass(frozen=True, slots=True)
class Declared:
    """One source file: its tables, or the sentence that says what is wrong with it."""

    path: Path
    name: str
    description: str
    tables: dict[str, str]
    fault: str = ""


def declared_sources(folder: Path) -> list[Declared]:
    """Returns the sources of a folder; a file that is wrong is there with its fault."""
    return [_declared(path) for path in sorted(folder.glob("*.yaml"))]


def landed_keys(folder: Path) -> list[list[str]]:
    """Returns the asset keys of all landed tables."""
    return [
        ["sources", asset_name(one.name, table)]
        for one in declared_sources(folder)
        for table in one.tables
    ]


def asset_name(source: str, table: str) -> str:
    """Returns the name of the asset that a landed table is."""
    return f"{source}_{table}"


def _declared(path: Path) -> Declared:
    from pipelines.sources.pulling import read_source

    try:
        source = read_source(path)
    except (PipelineError, yaml.YAMLError) as error:
        return Declared(path, path.stem.replace("-", "_"), "", {}, str(error))
    return Declared(path, source.source, source.description, source.all_tables())
