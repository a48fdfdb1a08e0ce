"""What was promised before anybody was assigned, as an append-only log that shows tampering."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from itertools import pairwise
from pathlib import Path
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict

from experiments.edits import edits
from experiments.errors import RegistryDamagedError, RegistryError, SpecEditedError
from experiments.hash_chain import Chain, appending, read_chain
from experiments.power_plan import needed_units
from experiments.spec import Spec

KEPT_BY_A_NEW_VERSION = (
    "unit",
    "control",
    "layer",
    "salt",
    "method",
    "seed",
    "part",
    "global_holdout",
)
"""Fields on which existing assignments stand, so that no later version may change them."""


class Registration(BaseModel):
    """One line of the log: who promised what, with which code, when."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    spec_id: str
    version: int
    spec_hash: str
    spec: dict[str, Any]
    approver: str
    code_version: str
    registered_at: AwareDatetime
    power: dict[str, Any] | None = None
    """What the planned power needs: units of each treated arm and of the control, and days."""
    prev_hash: str
    dropped_tail: str | None
    """SHA-256 of an unfinished line, left by a crash, that this entry took the place of."""
    entry_hash: str

    def to_spec(self) -> Spec:
        """Returns the spec as it was registered."""
        return Spec.model_validate(self.spec)


@dataclass(frozen=True, slots=True)
class Verification:
    """What a look at the whole log found."""

    registrations: tuple[Registration, ...]
    problems: tuple[str, ...]

    @property
    def is_intact(self) -> bool:
        """Whether the log is, line by line, what was written."""
        return not self.problems


def register(
    path: Path, spec: Spec, *, approver: str, code_version: str, now: AwareDatetime
) -> Registration:
    """Returns the registration of a spec: appended now or, if identical, the one there is.

    Args:
        path: The log; made if it is not there.
        spec: What is promised.
        approver: Who stands for it.
        code_version: Version of the code that will assign and analyse.
        now: When it is registered.

    Raises:
        SpecEditedError: The version is registered with another content.
        RegistryDamagedError: The log is not what was written.
        RegistryError: The version is lower than the registered one, changes what assignments
            stand on, or cannot assign anybody.
    """
    if spec.method == "hash" and spec.salt is None:
        raise RegistryError(f"{spec.id}: the field 'salt' is missing, but method 'hash' needs it")
    if not approver.strip():
        raise RegistryError(f"{spec.id}: the approver is empty, but somebody must stand for it")
    if now.tzinfo is None:
        raise ValueError("now has no time zone")
    with appending(path) as log:
        known = _current(_sound(path, log.chain), spec.id)
        if known is not None and _is_known(spec, known):
            return known
        entry = log.append(
            {
                "spec_id": spec.id,
                "version": spec.version,
                "spec_hash": spec.spec_hash,
                "spec": spec.content,
                "approver": approver,
                "code_version": code_version,
                "registered_at": now.astimezone(UTC).isoformat(),
            }
            | ({"power": needed_units(spec)} if spec.power else {})
        )
        return Registration.model_validate(entry)


def registered(path: Path, spec: Spec) -> bool:
    """Whether exactly this spec is the current registration of its id."""
    known = current(path, spec.id)
    return known is not None and known.spec_hash == spec.spec_hash


def current(path: Path, spec_id: str) -> Registration | None:
    """Returns the registration with the highest version of a spec, or None."""
    return _current(_sound(path, read_chain(path)), spec_id)


def registration_of(path: Path, spec: Spec) -> Registration | None:
    """Returns the line that holds exactly this spec, or None."""
    mine = (r for r in _sound(path, read_chain(path)) if r.spec_id == spec.id)
    return next((r for r in mine if r.spec_hash == spec.spec_hash), None)


def deviations(path: Path, spec: Spec, *, first_send: AwareDatetime | None) -> tuple[str, ...]:
    """Returns, a sentence each, where an analysis departs from what was promised before.

    A spec that is not the registered one comes first, then every edit after the first send.

    Args:
        path: The log.
        spec: The spec that is analysed.
        first_send: When the first message of the experiment left; None where none has.
    """
    mine = [r for r in _sound(path, read_chain(path)) if r.spec_id == spec.id]
    found = []
    if not mine:
        found.append(f"{spec.id} was never registered, so nothing was promised before")
    elif mine[-1].spec_hash != spec.spec_hash:
        found.append(
            f"the spec analysed ({spec.spec_hash[:12]}) is not the registered version "
            f"{mine[-1].version} ({mine[-1].spec_hash[:12]}); changed: "
            f"{_changed(mine[-1].spec, spec.content)}"
        )
    for before, after in pairwise(mine):
        if first_send is not None and after.registered_at > first_send:
            found.append(
                f"version {after.version} was registered {after.registered_at:%Y-%m-%d %H:%M} UTC, "
                f"after the first send ({first_send.astimezone(UTC):%Y-%m-%d %H:%M} UTC), by "
                f"{after.approver}; changed: {_changed(before.spec, after.spec)}"
            )
    if mine and first_send is not None and mine[0].registered_at > first_send:
        found.append(
            f"{spec.id} was registered {mine[0].registered_at:%Y-%m-%d %H:%M} UTC, only after the "
            f"first send ({first_send.astimezone(UTC):%Y-%m-%d %H:%M} UTC)"
        )
    return tuple(found)


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    return ", ".join(e for e in edits(before, after) if not e.startswith("version ")) or "nothing"


def verify(path: Path) -> Verification:
    """Returns all registrations and the first changed, removed, reordered or unfinished line."""
    chain = read_chain(path)
    problems = chain.problems
    if chain.unfinished:
        problems += (
            "the last line is unfinished, as a crash while appending leaves it; it counts as not "
            "registered, and the next registration takes its place",
        )
    return Verification(_registrations(chain), problems)


def _sound(path: Path, chain: Chain) -> tuple[Registration, ...]:
    if chain.problems:
        raise RegistryDamagedError(
            f"{path}: {chain.problems[0]}; restore the log, it may only ever grow"
        )
    return _registrations(chain)


def _registrations(chain: Chain) -> tuple[Registration, ...]:
    return tuple(Registration.model_validate(entry) for entry in chain.entries)


def _current(registrations: tuple[Registration, ...], spec_id: str) -> Registration | None:
    return next((r for r in reversed(registrations) if r.spec_id == spec_id), None)


def _is_known(spec: Spec, known: Registration) -> bool:
    """Whether the spec is registered already; raises where it may not follow what is."""
    if spec.version < known.version:
        raise RegistryError(
            f"{spec.id}: the field 'version' is {spec.version}, but version {known.version} is "
            f"registered; raise it to {known.version + 1}"
        )
    if spec.version == known.version:
        if spec.spec_hash == known.spec_hash:
            return True
        raise SpecEditedError(
            f"{spec.id}: version {spec.version} was registered with another content (hash "
            f"{known.spec_hash[:12]}, now {spec.spec_hash[:12]}); raise the version to "
            f"{known.version + 1}"
        )
    before = known.to_spec()
    for field in KEPT_BY_A_NEW_VERSION:
        if getattr(spec, field) != getattr(before, field):
            raise RegistryError(
                f"{spec.id}: the field {field!r} is {getattr(spec, field)!r}, but version "
                f"{known.version} assigned with {getattr(before, field)!r}; keep it, or give the "
                "experiment a new id"
            )
    return False
