"""Copies an export so that no address in it can be delivered outside the sandbox."""

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from agent_runtime.sandbox.errors import SandboxError

SANDBOX_SUFFIX = ".example"
"""RFC 2606 keeps this top-level domain out of the world."""

_TEXT_SUFFIXES = frozenset({".csv", ".tsv", ".txt", ".json", ".jsonl", ".md"})
_LOCAL = rb"[^\s@\"',;:<>()\[\]|]"
# It may begin at the start of a word only and never gives back: linear even on megabytes of junk.
_ADDRESS = re.compile(rb"(?<!%b)%b++@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+" % (_LOCAL, _LOCAL))


@dataclass(frozen=True, slots=True)
class Copied:
    """The files of an export that were copied, and every address that was replaced in them."""

    files: tuple[str, ...]
    left_out: tuple[str, ...]
    """Files of a kind whose addresses cannot be replaced."""
    addresses: Mapping[str, str]
    """Original to sandbox address."""


def copy_export(source: Path, target: Path) -> Copied:
    """Copies the files of an export, byte by byte except for real mail addresses.

    Raises:
        SandboxError: the source is no folder, or has no file that can be copied.
    """
    if not source.is_dir():
        raise SandboxError(f"{source}: there is no such folder; name the folder of an export.")
    target.mkdir(parents=True, exist_ok=True)
    files: list[str] = []
    left_out: list[str] = []
    replaced: dict[str, str] = {}
    for path in sorted(source.iterdir()):
        if path.suffix in _TEXT_SUFFIXES:
            (target / path.name).write_bytes(_sandboxed_bytes(path.read_bytes(), replaced))
            files.append(path.name)
        elif path.suffix == ".parquet":
            _copy_parquet(path, target / path.name, replaced)
            files.append(path.name)
        else:
            left_out.append(path.name)
    if not files:
        raise SandboxError(f"{source}: the folder has no CSV, JSON, text or Parquet file.")
    return Copied(tuple(files), tuple(left_out), replaced)


def sandbox_address(address: str) -> str:
    """Returns the address in the sandbox; those that are there already stay as they are."""
    return address if address.lower().endswith(SANDBOX_SUFFIX) else address + SANDBOX_SUFFIX


def _sandboxed_bytes(data: bytes, replaced: dict[str, str]) -> bytes:
    def substitute(match: re.Match[bytes]) -> bytes:
        original = match.group().decode("utf-8", "surrogateescape")
        ours = sandbox_address(original)
        if ours != original:
            replaced[original.encode("utf-8", "replace").decode()] = ours.encode(
                "utf-8", "replace"
            ).decode()
        return ours.encode("utf-8", "surrogateescape")

    return _ADDRESS.sub(substitute, data)


def _copy_parquet(source: Path, target: Path, replaced: dict[str, str]) -> None:
    try:
        frame = pl.read_parquet(source)
    except (pl.exceptions.PolarsError, OSError) as error:
        reason = str(error).splitlines()[0]
        raise SandboxError(f"{source.name}: not a whole Parquet file ({reason}).") from error
    changed = {
        name: column
        for name in frame.select(pl.col(pl.String)).columns
        if (column := _sandboxed_column(frame[name], replaced)) is not None
    }
    if changed:
        frame.with_columns(changed.values()).write_parquet(target)
    else:
        shutil.copyfile(source, target)


def _sandboxed_column(column: pl.Series, replaced: dict[str, str]) -> pl.Series | None:
    values = [value for value in column.unique() if value is not None and "@" in value]
    ours = {value: _sandboxed_bytes(value.encode(), replaced).decode() for value in values}
    ours = {value: text for value, text in ours.items() if text != value}
    return column.replace(ours) if ours else None
