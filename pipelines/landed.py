"""Files of an export and landed tables as Parquet of text; what says the same is not read again."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipelines.kept import code, content, is_current, rows, stamped
from pipelines.lake import Lake, write
from pipelines.sources.erased import Erased, ids_of, name_of
from pipelines.sources.mapping import FileMapping, Mapping
from pipelines.sources.reader import read_file


@dataclass(frozen=True, slots=True)
class Landed:
    """What lies in the lake after the files were read."""

    rows: dict[str, int]
    unchanged: tuple[str, ...]
    """Files that were not read again."""


def land(folder: Path, mapping: Mapping, lake: Lake) -> Landed:
    """Reads the files of a mapping; all that are to be read are read before any is put in place.

    Raises:
        SourceFault: a file cannot be read as its mapping says; then nothing has changed.
    """
    found = {file.name: file.at(folder, lake.landing) for file in mapping.files}
    files = {
        file.name: file for file in mapping.files if not file.optional or found[file.name].is_file()
    }
    places = {name: lake.raw / f"{name}.parquet" for name in files}
    erased = Erased.of(lake.erasures)
    made_of = {name: _made_of(found[name], file, lake) for name, file in files.items()}
    kept = [name for name in files if is_current(lake, _stamp(name), made_of[name], [places[name]])]
    frames = {
        name: _read(found[name], file, erased) for name, file in files.items() if name not in kept
    }
    for name, frame in frames.items():
        with stamped(lake, _stamp(name), made_of[name], [places[name]]):
            write(frame, places[name])
    for path in lake.raw.glob("*.parquet"):
        if path not in places.values():
            path.unlink()
    return Landed({name: rows(place) for name, place in places.items()}, tuple(kept))


def _stamp(name: str) -> str:
    return f"raw-{name}"


def _read(path: Path, file: FileMapping, erased: Erased) -> pl.DataFrame:
    frame = read_file(path, file)
    return erased.clear(frame, name_of(file), ids=ids_of(file)).frame


def _made_of(path: Path, file: FileMapping, lake: Lake) -> dict[str, object]:
    said = content(path) if path.is_file() else "absent"
    made_of: dict[str, object] = {
        "code": code(),
        "file": file.model_dump(mode="json"),
        "content": said,
    }
    if lake.erasures.is_file():
        made_of["erased"] = content(lake.erasures)
    return made_of
