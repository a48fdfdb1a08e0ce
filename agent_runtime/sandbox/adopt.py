"""Takes over a real export: its people get sandbox addresses, a basis for contact, and buyers."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from agent_runtime.sandbox.adopted.addresses import Copied, copy_export
from agent_runtime.sandbox.adopted.adoption import load_adoption
from agent_runtime.sandbox.adopted.last_date import last_date
from agent_runtime.sandbox.adopted.mapped_people import PEOPLE_FILE
from agent_runtime.sandbox.adopted.people import AdoptedCrowd, AdoptedPerson, adopted_people
from agent_runtime.sandbox.errors import SandboxError
from agent_runtime.sandbox.owners import human_address
from agent_runtime.sandbox.people import write_people
from agent_runtime.settings import Workspace

__all__ = ["AdoptReport", "adopt", "last_date"]

OWNERS_FILE = "owners.csv"


@dataclass(frozen=True, slots=True)
class AdoptReport:
    """What was taken over, and what was invented for it."""

    like: str
    seed: int
    files: tuple[str, ...]
    left_out: tuple[str, ...]
    """Files of a kind whose addresses cannot be replaced, such as archives."""
    people: int
    synthetic_people: int
    without_address: int
    """Rows of people without a usable address."""
    accounts: int
    """Accounts that have people."""
    invented_owners: int
    addresses_replaced: int
    unknown_countries: Mapping[str, int]
    last_date: date | None
    """Last day that the export speaks of; a run starts the day after."""


def adopt(source: Path, target: Path, like: str, seed: int) -> AdoptReport:
    """Writes a sandbox copy of an export, with people whom the sandbox can play.

    `target/exports` holds the files with sandbox addresses, `people.csv`, and `owners.csv` where
    reps were invented; `target/sandbox` the truth and the addresses that were replaced.

    Args:
        source: folder of the export; nothing in it is changed.
        target: root of the workspace.
        like: what `load_adoption` takes: a shipped name, an adoption or a mapping.
        seed: names what is invented.

    Raises:
        SandboxError: the export or the adoption cannot be used; one sentence says why.
    """
    adoption = load_adoption(like)
    workspace = Workspace(target)
    copied = copy_export(source, workspace.exports)
    _refuse_clash(copied, PEOPLE_FILE)
    if adoption.invented_owners:
        _refuse_clash(copied, OWNERS_FILE)
    crowd = adopted_people(workspace.exports, adoption, seed)
    if not crowd.people:
        raise SandboxError(f"{source}: no row has a person whom the sandbox could adopt.")
    _write_csv(workspace.exports / PEOPLE_FILE, map(_people_row, crowd.people))
    if crowd.invented_owners:
        _write_csv(workspace.exports / OWNERS_FILE, map(_owner_row, crowd.invented_owners))
    write_people(workspace.sandbox / "people.parquet", (p.person for p in crowd.people))
    _write_replaced(workspace.sandbox / "replaced_addresses.csv", copied)
    return _report(like, seed, source, copied, crowd)


def _refuse_clash(copied: Copied, name: str) -> None:
    if name in copied.files:
        raise SandboxError(
            f"{name}: the export has a file of this name, which the sandbox writes; rename it."
        )


def _people_row(adopted: AdoptedPerson) -> dict[str, str]:
    person = adopted.person
    return {
        "contact_ref": adopted.contact_ref,
        "account_ref": person.account_key,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "email": person.email,
        "phone": person.phone,
        "title": person.title,
        "seniority": person.seniority,
        "country": person.country,
        "language": person.language,
        "time_zone": person.time_zone,
        "owner_name": adopted.owner_name,
        "basis": adopted.basis,
        "synthetic": "true" if adopted.is_synthetic else "false",
    }


def _owner_row(name: str) -> dict[str, str]:
    return {
        "owner_id": name,
        "name": name,
        "email": human_address(name),
        "territory": "",
        "team": "Sandbox",
        "active": "true",
    }


def _write_replaced(path: Path, copied: Copied) -> None:
    rows = [
        {"address": address, "sandbox_address": ours}
        for address, ours in sorted(copied.addresses.items())
    ]
    if rows:
        _write_csv(path, rows)


def _write_csv(path: Path, rows: Iterable[dict[str, str]]) -> None:
    first, *others = rows
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, first, lineterminator="\n")
        writer.writeheader()
        writer.writerows([first, *others])


def _report(like: str, seed: int, source: Path, copied: Copied, crowd: AdoptedCrowd) -> AdoptReport:
    accounts = {adopted.person.account_key for adopted in crowd.people} - {""}
    return AdoptReport(
        like=like,
        seed=seed,
        files=copied.files,
        left_out=copied.left_out,
        people=len(crowd.people),
        synthetic_people=sum(adopted.is_synthetic for adopted in crowd.people),
        without_address=crowd.without_address,
        accounts=len(accounts),
        invented_owners=len(crowd.invented_owners),
        addresses_replaced=len(copied.addresses),
        unknown_countries=crowd.unknown_countries,
        last_date=last_date(source),
    )
