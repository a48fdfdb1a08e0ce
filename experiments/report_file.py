"""Writes a report whole or not at all, and never over what it was made from."""

import os
from pathlib import Path

from experiments.errors import ExperimentError


def check_report_path(out: Path, *sources: Path) -> None:
    """Raises `ExperimentError` where a report cannot go, before anything is computed."""
    if out.is_dir():
        raise ExperimentError(f"{out}: this is a folder, but the report is a file; add its name")
    if any(out.exists() and source.exists() and out.samefile(source) for source in sources):
        raise ExperimentError(
            f"{out}: the file is read, so that it cannot be written; name another"
        )
    blocked = next((p for p in out.parents if p.exists() and not p.is_dir()), None)
    if blocked is not None:
        raise ExperimentError(f"{out}: the report cannot be written, since {blocked} is no folder")


def write_report(out: Path, text: str) -> None:
    """Writes the text; a reader sees the old report or the new one, never a half.

    What is no file, as /dev/null, is written to and stays what it is.

    Raises:
        ExperimentError: The folder or the file cannot be written.
    """
    if out.exists() and not out.is_file():
        out.write_text(text, "utf-8")
        return
    half = out.with_name(f".{out.name}.{os.getpid()}.tmp")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        half.write_text(text, "utf-8")
        half.replace(out)
    except OSError as error:
        half.unlink(missing_ok=True)
        raise ExperimentError(f"{out}: the report cannot be written ({error.strerror})") from None
