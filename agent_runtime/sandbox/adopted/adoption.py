"""The model of an adoption: where an export keeps its people, and what it knows of them."""

from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent_runtime.authored import load_yaml
from agent_runtime.sandbox.adopted.mapped_people import adoption_of_mapping
from agent_runtime.sandbox.errors import SandboxError

SHIPPED = Path(__file__).parent / "adoptions"

PersonField = Literal[
    "account_ref",
    "company",
    "first_name",
    "last_name",
    "full_name",
    "email",
    "phone",
    "title",
    "seniority",
    "country",
    "language",
    "time_zone",
    "owner_name",
]
"""What an export may know of a person; whatever it does not is invented."""


class _Authored(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Lookup(_Authored):
    """Takes a value from another file: the most frequent one of the rows that match."""

    by: str
    """Column of the people's file."""
    file: str
    match: str
    """Column of the other file that holds the value of `by`."""
    take: str


class PeopleSource(_Authored):
    """A file with people, or with rows that get people."""

    file: str
    key: str
    per_row: int = Field(default=1, ge=1, le=12)
    """People to invent per row, where the file has none of its own."""
    columns: dict[PersonField, str | Lookup] = Field(default_factory=dict)
    delimiter: str = ","
    encoding: str = "utf-8-sig"


class Adoption(_Authored):
    """Where an export keeps its people; of two rows with one address the first counts."""

    people: tuple[PeopleSource, ...] = Field(min_length=1)
    invented_owners: int = Field(default=0, ge=0, le=50)
    """Reps to invent where the export names none; they take turns."""


def load_adoption(like: str) -> Adoption:
    """Returns a shipped adoption by name, the one in a YAML file, or the one a mapping implies.

    Args:
        like: `maven_crm`; the path of an adoption; or the path of an ingest mapping, of which the
            file `<mapping>.adoption.yaml` beside it or the mapping's own routes are used.

    Raises:
        SandboxError: there is no such file, or it breaks a rule.
    """
    path = _document_path(like)
    document = _document(path)
    if "files" not in document:
        return _validated(path, document)
    beside = path.with_suffix(".adoption.yaml")
    if beside.is_file():
        return _validated(beside, _document(beside))
    return _validated(path, adoption_of_mapping(path.name, document))


def _document_path(like: str) -> Path:
    path = Path(like)
    if path.suffix in {".yaml", ".yml"}:
        if not path.is_file():
            raise SandboxError(f"{path}: there is no such file.")
        return path
    shipped = SHIPPED / f"{like}.yaml"
    if shipped.is_file():
        return shipped
    known = ", ".join(sorted(file.stem for file in SHIPPED.glob("*.yaml")))
    raise SandboxError(
        f"adoption {like!r} is not shipped; use one of {known}, or the path of a YAML file."
    )


def _document(path: Path) -> dict[str, Any]:
    try:
        document = load_yaml(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise SandboxError(f"{path.name}: byte {error.start} is not UTF-8.") from error
    except yaml.YAMLError as error:
        reason = " ".join(str(error).split())
        raise SandboxError(f"{path.name}: not readable as YAML: {reason}.") from error
    if not isinstance(document, dict):
        raise SandboxError(f"{path.name}: expected named fields, found {type(document).__name__}.")
    return document


def _validated(path: Path, document: dict[str, Any]) -> Adoption:
    try:
        return Adoption.model_validate(document)
    except ValidationError as error:
        fault = error.errors()[0]
        field = ".".join(str(part) for part in fault["loc"]) or "the document"
        raise SandboxError(f"{path.name}: {field} = {fault['input']!r}: {fault['msg']}.") from error
