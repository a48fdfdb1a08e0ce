"""Reads YAML that people write into its model; what is wrong becomes one sentence."""

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from agent_runtime.authored import load_yaml
from pipelines.errors import PipelineError

Model = TypeVar("Model", bound=BaseModel)

HERE = Path(__file__).parent


def find_document(name: str, shipped: Path, own: Path | None = None) -> Path:
    """Returns the file that `name` means: a path, or the name of one of ours or one that ships.

    Args:
        name: What somebody wrote.
        shipped: The folder of those that ship.
        own: The workspace's folder of such files, whose names come first.

    Raises:
        PipelineError: there is no such file; it names what there is, and the folders.
    """
    path = Path(name)
    if path.suffix in {".yaml", ".yml"}:
        if path.is_file():
            return path
        raise PipelineError(f"{path}: there is no such file.")
    folders = (own, shipped) if own is not None else (shipped,)
    for folder in folders:
        candidate = folder / f"{name}.yaml"
        if candidate.is_file():
            return candidate
    known = sorted({p.stem for folder in folders for p in folder.glob("*.yaml")})
    where = f" and is not in {own}" if own is not None else ""
    put = f", put {name}.yaml into {own}" if own is not None else ""
    raise PipelineError(
        f"{shipped.name}: {name!r} is not shipped{where}{did_you_mean(name, known)}; "
        f"use one of {', '.join(known)}{put}, or the path of a YAML file."
    )


def read_document(path: Path, model: type[Model]) -> Model:
    """Returns the file as a `model`.

    Raises:
        PipelineError: names the file, the field, the value and the rule that it breaks.
    """
    try:
        data = load_yaml(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise PipelineError(f"{path.name}: byte {error.start} is not UTF-8.") from error
    except yaml.YAMLError as error:
        raise PipelineError(f"{path.name}: not readable as YAML: {_one_line(error)}.") from error
    if not isinstance(data, dict):
        raise PipelineError(f"{path.name}: expected named fields, found {type(data).__name__}.")
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise PipelineError(f"{path.name}: {_first_fault(error)}") from error


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Returns ` (did you mean …?)` with the closest known names, or nothing."""
    close = difflib.get_close_matches(name, list(known), n=3, cutoff=0.6)
    return f" (did you mean {' or '.join(map(repr, close))}?)" if close else ""


def _first_fault(error: ValidationError) -> str:
    fault = error.errors()[0]
    field = ".".join(str(part) for part in fault["loc"]) or "the document"
    rule = fault["msg"].removeprefix("Value error, ")
    more = f" ({error.error_count() - 1} more)" if error.error_count() > 1 else ""
    if fault["type"] in {"missing", "value_error"}:
        return f"{field}: {rule}{more}."
    return f"{field} = {_short(fault['input'])}: {rule}{more}."


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _one_line(error: yaml.YAMLError) -> str:
    return " ".join(str(error).split())
