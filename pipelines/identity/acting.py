"""What a colleague may do about who is who: answer, merge, split, take back."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import polars as pl

from pipelines.errors import PipelineError
from pipelines.identity import decisions
from pipelines.identity.decisions import Decision, Kind
from pipelines.identity.matching import score
from pipelines.identity.model import shipped
from pipelines.identity.reasons import in_one_line
from pipelines.identity.records import records
from pipelines.identity.resolving import QUESTIONS
from pipelines.lake import Lake, read_or_empty, write
from pipelines.transforms.identity import EVENTS, exact_persons, survivors
from pipelines.transforms.tenant import own_rows


@dataclass(frozen=True, slots=True)
class Desk:
    """The identity of one workspace, as it stands at an instant."""

    lake: Lake
    tenant_id: str
    contacts: pl.DataFrame
    accounts: pl.DataFrame
    exactly: dict[str, str]
    """Person of each contact by exact keys alone."""
    survivors: dict[str, str]
    """Who stays, by who was merged away."""

    def person_of(self, contact_id: str) -> str:
        """Returns the person of a contact, after all merges."""
        exact = self.exactly[contact_id]
        return self.survivors.get(exact, exact)

    def contact(self, name: str) -> dict[str, Any]:
        """Returns the contact that an id or an address names.

        Raises:
            PipelineError: there is none.
        """
        key = name.strip()
        column = "email" if "@" in key else "contact_id"
        value = key.lower() if "@" in key else key
        found = self.contacts.filter(pl.col(column) == value)
        if found.is_empty():
            raise PipelineError(
                f"contact {name!r} is not in the last batch; name a contact id or an address of "
                "it, as `parley identity review` shows them."
            )
        return found.row(0, named=True)

    def compared(self, left_id: str, right_id: str) -> dict[str, Any]:
        """Returns a pair as the match sees it, a row of `matching.PAIRS`."""
        alone = pl.col("contact_id").alias("person_id")
        everybody = records(self.contacts.with_columns(alone), self.accounts)
        one, other = sorted((left_id, right_id))
        pair = pl.DataFrame({"left_id": [one], "right_id": [other]})
        few = everybody.filter(pl.col("contact_id").is_in([one, other]))
        return score(pair, few).row(0, named=True)


def open_desk(lake: Lake, tenant_id: str) -> Desk:
    """Returns the identity of a workspace.

    Raises:
        PipelineError: no batch has run there.
    """
    path = lake.paths.canonical / "contacts.parquet"
    if not path.is_file():
        raise PipelineError(
            f"workspace {lake.paths.root}: it has no contacts yet; run `parley ingest` first."
        )
    contacts = own_rows(pl.read_parquet(path), tenant_id)
    accounts = own_rows(pl.read_parquet(lake.paths.canonical / "accounts.parquet"), tenant_id)
    events = read_or_empty(lake.person_events, EVENTS)
    exactly = exact_persons(events, contacts.get_column("contact_id"), tenant_id=tenant_id)
    stood = decisions.standing(own_rows(decisions.read(lake.identity_decisions), tenant_id))
    into = survivors(events, stood.links)
    return Desk(lake, tenant_id, contacts, accounts, exactly, into)


def open_questions(desk: Desk) -> list[dict[str, Any]]:
    """Returns the rows of `resolving.QUESTIONS` that nobody has answered, the likeliest first."""
    asked = read_or_empty(desk.lake.identity_questions, QUESTIONS)
    return asked.sort("probability", "left_id", descending=[True, False]).to_dicts()


def told(desk: Desk, contact: str = "") -> list[dict[str, Any]]:
    """Returns the rows of `decisions.DECISIONS`, all or those about a contact, in their order."""
    rows = own_rows(decisions.read(desk.lake.identity_decisions), desk.tenant_id)
    if contact:
        exact = desk.exactly[desk.contact(contact)["contact_id"]]
        rows = rows.filter((pl.col("person_id") == exact) | (pl.col("other_person_id") == exact))
    return rows.to_dicts()


def decide_pair(
    desk: Desk, kind: Kind, left: str, right: str, *, who: str, why: str, now: datetime
) -> list[str]:
    """Writes what a colleague says of two contacts, and returns the ids of the decisions.

    Raises:
        PipelineError: they share an exact key, or are what is asked for already.
    """
    one, other = desk.contact(left)["contact_id"], desk.contact(right)["contact_id"]
    first, second = desk.exactly[one], desk.exactly[other]
    if first == second:
        raise PipelineError(
            f"contacts {one!r} and {other!r} are one person by an exact key, such as a shared "
            "address: one mailbox is written to once. Change the key in the CRM."
        )
    is_one = desk.person_of(one) == desk.person_of(other)
    if is_one != (kind == "split"):
        raise PipelineError(
            f"contacts {one!r} and {other!r} are {'one person' if is_one else 'two persons'} "
            "already; nothing was changed."
        )
    pair = desk.compared(one, other)
    base = Decision(
        tenant_id=desk.tenant_id,
        kind=kind,
        person_id=first,
        other_person_id=second,
        left_id=one,
        right_id=other,
        probability=pair["probability"],
        reasons=why.strip() or in_one_line(pair),
        decided_by=who,
        decided_at=now,
        model=shipped().version,
    )
    made = [base] if kind != "split" else _split(desk, base)
    ids = decisions.append(desk.lake.identity_decisions, made)
    _close(desk.lake, one, other)
    return ids


def undo(desk: Desk, decision_id: str, *, who: str, why: str, now: datetime) -> str:
    """Takes one decision back by another, and returns the id of that.

    Raises:
        PipelineError: there is no such decision, or a later one about the same two stands.
    """
    told = own_rows(decisions.read(desk.lake.identity_decisions), desk.tenant_id)
    rows = told.filter(pl.col("decision_id") == decision_id).to_dicts()
    if not rows:
        raise PipelineError(
            f"decision {decision_id!r} is not in the history; `parley identity history` lists them."
        )
    (row,) = rows
    pair = {row["person_id"], row["other_person_id"]}
    about = told.filter(pl.col("person_id").is_in(pair) & pl.col("other_person_id").is_in(pair))
    last = about.row(-1, named=True)
    if last["decision_id"] != decision_id:
        raise PipelineError(
            f"decision {decision_id!r} does not stand any more: {last['decision_id']} came after "
            "it about the same two. Take that one back."
        )
    against: dict[str, Kind] = {
        "merge": "split",
        "split": "merge",
        "apart": "reopen",
        "reopen": "apart",
    }
    kept = {name: row[name] for name in ("person_id", "other_person_id", "left_id", "right_id")}
    made = Decision(
        tenant_id=desk.tenant_id,
        kind=against[row["kind"]],
        reasons=why.strip() or f"takes {decision_id} back",
        decided_by=who,
        decided_at=now,
        undoes=decision_id,
        **kept,
    )
    return decisions.append(desk.lake.identity_decisions, [made])[0]


def _split(desk: Desk, base: Decision) -> list[Decision]:
    """The right contact's person leaves everybody with whom it is one."""
    leaves = base.other_person_id
    together = desk.survivors.get(leaves, leaves)
    everybody = {p for p in desk.exactly.values() if desk.survivors.get(p, p) == together}
    return [
        replace(base, person_id=person, other_person_id=leaves)
        for person in sorted(everybody - {leaves}, key=lambda p: p != base.person_id)
    ]


def _close(lake: Lake, one: str, other: str) -> None:
    asked = read_or_empty(lake.identity_questions, QUESTIONS)
    ids = [one, other]
    answered = pl.col("left_id").is_in(ids) & pl.col("right_id").is_in(ids)
    write(asked.filter(~answered), lake.identity_questions)
