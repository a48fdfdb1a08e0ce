"""What is needed to get a readout again, to the last digit."""

import hashlib
import shlex
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict

from experiments import registry
from experiments.code_version import library_versions, version_of_code
from experiments.errors import RegistryError
from experiments.spec import Spec


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Registered(_Part):
    """The line of the registry that holds exactly the spec analysed."""

    version: int
    approver: str
    registered_at: AwareDatetime
    entry_hash: str


class Reproduction(_Part):
    """Question, data, code and command of a readout; the spec's hash stands in the readout."""

    spec: dict[str, Any]
    registration: Registered | None
    """Null where no registry was named, or none of its lines holds this spec."""
    first_send: AwareDatetime | None
    code_version: str
    libraries: dict[str, str]
    units_file: str
    units_sha256: str
    """Of the file's bytes."""
    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The files and times that a readout is made from, as the command line takes them."""

    spec: Path
    units: Path
    out: Path
    registry: Path | None = None
    first_send: datetime | None = None
    """When the first message of the experiment left; None where that is not known."""
    contamination: Path | None = None
    as_of: datetime | None = None
    """Time of the look; None where the spec tells of no windows."""
    unit_column: str | None = "unit_id"
    """None where the file has no ids, and each row is a unit."""
    arm_column: str = "arm"

    @property
    def command(self) -> str:
        """The command that gives the same JSON, if code, libraries and files are the same."""
        options = {
            "--spec": self.spec,
            "--units": self.units,
            "--out": self.out,
            "--as-of": self.as_of.astimezone(UTC).isoformat() if self.as_of else None,
            "--registry": self.registry,
            "--first-send": self.first_send.astimezone(UTC).isoformat()
            if self.first_send
            else None,
            "--contamination": self.contamination,
            "--unit-column": None if self.unit_column in ("unit_id", None) else self.unit_column,
            "--arm-column": None if self.arm_column == "arm" else self.arm_column,
        }
        given = [str(x) for pair in options.items() if pair[1] is not None for x in pair]
        if self.unit_column is None:
            given.append("--rows-are-units")
        return shlex.join(["parley", "experiment", "analyze", *given])


def reproduction(spec: Spec, sources: Sources) -> Reproduction:
    """Returns what the readout of a spec stands on.

    Raises:
        RegistryDamagedError: The registry is not what was written.
    """
    known = registry.registration_of(sources.registry, spec) if sources.registry else None
    return Reproduction(
        spec=spec.content,
        registration=Registered(
            version=known.version,
            approver=known.approver,
            registered_at=known.registered_at,
            entry_hash=known.entry_hash,
        )
        if known
        else None,
        first_send=sources.first_send.astimezone(UTC) if sources.first_send else None,
        code_version=version_of_code(),
        libraries=library_versions(),
        units_file=str(sources.units),
        units_sha256=_digest(sources.units),
        command=sources.command,
    )


def deviations_of(spec: Spec, sources: Sources) -> tuple[str, ...] | None:
    """Returns where the analysis departs from what was promised; None without a registry.

    Raises:
        RegistryError: A first send is given, but no registry that would know what came before it.
        RegistryDamagedError: The registry is not what was written.
    """
    if sources.registry is None:
        if sources.first_send is not None:
            raise RegistryError(
                "--first-send is given, but --registry is missing; name the log that knows what "
                "was promised before"
            )
        return None
    return registry.deviations(sources.registry, spec, first_send=sources.first_send)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
