"""What may have blurred the line between the arms of an experiment, with counts and examples."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

from agent_runtime.policies.arms import CONFLICT
from agent_runtime.providers import is_free_mail
from agent_runtime.settings import Workspace
from pipelines.gate_replay import is_in_control, replay_gate
from pipelines.lake import Lake, read_or_empty, write_json
from pipelines.sends import Send
from pipelines.stored_arms import StoredArms
from pipelines.transforms.assign import ASSIGNED_OWNERS

EXAMPLES = 5
READINGS: Mapping[str, str] = {
    "agent_sends_to_control": "The gate failed: the control was treated, so the effect is "
    "understated and the holdout is broken; must be 0.",
    "human_sends_to_control": "The control is what people do without the agent, so their messages "
    "belong to it; far more of them than to the treated would pull the effect towards zero.",
    "shared_domains": "Colleagues at one e-mail domain are in different arms and may talk: the "
    "control may have heard of us, which pulls the effect towards zero.",
    "accounts_across_arms": "One buying group is in different arms: an outcome of the account "
    "counts in both, which pulls the effect towards zero; randomise accounts where there are many.",
    "merges_across_arms": "Persons of different arms turned out to be one: each is analysed as "
    "assigned, none is written to any more, which pulls the effect towards zero.",
    "reassigned_owners": "The owner changed after assignment: if that happens more in one arm, "
    "the difference may be the owner's.",
    "overlapping_layers": "Units stand in two experiments of one layer: each may show the other's "
    "effect.",
    "several_threads": "A person has more than one open thread: the same words may reach them "
    "twice, and outcomes may count for the wrong thread.",
    "conflicting_arms": "Two tables tell different arms of one unit, as after a restored backup: "
    "nobody writes to them any more.",
}
"""What each kind does to the reading of the experiment."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of contamination."""

    count: int
    examples: tuple[dict[str, Any], ...]
    reading: str
    is_measured: bool = True
    """False where the workspace keeps nothing by which it could be counted."""


@dataclass(frozen=True, slots=True)
class Contamination:
    """All kinds, for one experiment."""

    experiment_id: str
    findings: dict[str, Finding]

    def as_dict(self) -> dict[str, Any]:
        """Returns it as JSON can hold it."""
        return {
            "experiment_id": self.experiment_id,
            "contamination": {name: asdict(found) for name, found in self.findings.items()},
        }


def contamination_path(workspace: Workspace, experiment_id: str) -> Path:
    """Returns where the report lies, beside the readout of the experiment."""
    return workspace.metrics / f"contamination_{experiment_id}.json"


def save_contamination(workspace: Workspace, found: Contamination) -> Path:
    """Writes the report and returns its file."""
    path = contamination_path(workspace, found.experiment_id)
    write_json(found.as_dict(), path)
    return path


def contamination_of(
    workspace: Workspace, experiment_id: str, sends: Sequence[Send], stored: StoredArms
) -> Contamination:
    """Returns what is known of an experiment's contamination.

    Args:
        workspace: Contacts and owners of the run.
        experiment_id: Whose arms they are.
        sends: Every message that left, see `read_sends`.
        stored: Every arm and merge.
    """
    of_it = stored.assignments.filter(pl.col("experiment_id") == experiment_id)
    own = of_it.unique(["person_id", "arm"]).select("person_id", "unit_id", "arm")
    mine = set(own.get_column("person_id").to_list())
    humans = {p: frozenset(stored.persons_of(p)) for p in mine}
    about = [send for send in sends if mine & set(stored.persons_of(send.person_id))]
    contacts = _contacts(workspace)
    has_domains = contacts.get_column("domain").drop_nulls().len() > 0
    kinds: dict[str, Iterable[dict[str, Any]] | None] = {
        **_sends(about, stored),
        "shared_domains": _across(own, contacts, "domain") if has_domains else None,
        "accounts_across_arms": _across(own, contacts, "account_id"),
        "merges_across_arms": _merges(humans, own),
        "reassigned_owners": _owners(workspace, experiment_id),
        "overlapping_layers": _layers(stored.assignments, of_it),
        "several_threads": _threads(about, stored),
        "conflicting_arms": _conflicts(stored.assignments, of_it),
    }
    return Contamination(experiment_id, {name: _finding(name, kinds[name]) for name in READINGS})


def _finding(name: str, rows: Iterable[dict[str, Any]] | None) -> Finding:
    found = list(rows or ())
    return Finding(len(found), tuple(found[:EXAMPLES]), READINGS[name], rows is not None)


def _sends(sends: Sequence[Send], stored: StoredArms) -> dict[str, list[dict[str, Any]]]:
    replayed = replay_gate(sends, stored)
    is_held = {p: is_in_control(p, stored) for p in {send.person_id for send in sends}}
    by_people = [
        {
            "message_id": send.message_id,
            "person_id": send.person_id,
            "channel": send.channel,
            "sent_at": send.sent_at.isoformat(),
        }
        for send in sends
        if send.actor != "agent" and is_held[send.person_id]
    ]
    by_agent = [
        {
            "message_id": one.message_id,
            "person_id": one.person_id,
            "channel": one.channel,
            "sent_at": one.sent_at.isoformat(),
            "why": one.then,
        }
        for one in replayed.stopped
        if one.is_to_control
    ]
    return {"agent_sends_to_control": by_agent, "human_sends_to_control": by_people}


def _contacts(workspace: Workspace) -> pl.DataFrame:
    path = workspace.canonical / "contacts.parquet"
    schema = {"person_id": pl.String, "email": pl.String, "account_id": pl.String}
    frame = pl.read_parquet(path) if path.is_file() else pl.DataFrame(schema=schema)
    if "email" not in frame.columns:
        # A company may keep addresses out of its lake; then no domain is shared that we know of.
        frame = frame.with_columns(pl.lit(None, pl.String).alias("email"))
    domain = pl.col("email").str.to_lowercase().str.split("@").list.last()
    return frame.select("person_id", "account_id", domain.alias("domain"))


def _across(own: pl.DataFrame, contacts: pl.DataFrame, group: str) -> Iterator[dict[str, Any]]:
    """Groups of people, a domain or an account, whose members are in different arms."""
    counted = (
        own.join(contacts, on="person_id")
        .filter(pl.col(group).is_not_null())
        .unique(["person_id", "arm", group])
        .filter(pl.col("person_id").n_unique().over(group) > 1)
        .group_by(group, "arm")
        .len()
        .sort(group, "arm")
    )
    arms: dict[str, dict[str, int]] = defaultdict(dict)
    for name, arm, people in counted.iter_rows():
        arms[name][arm] = people
    for name, people in arms.items():
        if len(people) > 1 and not (group == "domain" and is_free_mail(name)):
            yield {group: name, "people": people}


def _merges(humans: Mapping[str, frozenset[str]], own: pl.DataFrame) -> Iterator[dict[str, Any]]:
    arms: dict[str, set[str]] = defaultdict(set)
    for person, _, arm in own.iter_rows():
        arms[person].add(arm)
    for people in sorted({h for h in humans.values() if len(h) > 1}, key=sorted):
        found = {arm for person in people for arm in arms.get(person, ())}
        if len(found) > 1:
            yield {"persons": sorted(people), "arms": sorted(found)}


def _owners(workspace: Workspace, experiment_id: str) -> list[dict[str, Any]] | None:
    path = Lake(workspace).assigned_owners
    if not path.is_file() or not Lake(workspace).eligibility.is_file():
        return None
    then = read_or_empty(path, ASSIGNED_OWNERS).filter(pl.col("experiment_id") == experiment_id)
    now = pl.read_parquet(Lake(workspace).eligibility).select(
        "person_id", pl.col("owner_id").alias("is")
    )
    moved = then.join(now, on="person_id").filter(
        pl.col("is").is_not_null() & pl.col("owner_id").ne_missing(pl.col("is"))
    )
    rows = moved.select("person_id", pl.col("owner_id").alias("was"), "is").sort("person_id")
    return list(rows.iter_rows(named=True))


def _layers(everything: pl.DataFrame, own: pl.DataFrame) -> Iterator[dict[str, Any]]:
    columns = ("person_id", "layer")
    others = everything.filter(~pl.col("experiment_id").is_in(own.get_column("experiment_id")))
    twice = own.unique(columns).join(others.unique(columns), on=columns, suffix="_other")
    for row in twice.sort("person_id").iter_rows(named=True):
        yield {
            "person_id": row["person_id"],
            "layer": row["layer"],
            "experiments": [row["experiment_id"], row["experiment_id_other"]],
        }


def _threads(sends: Sequence[Send], stored: StoredArms) -> Iterator[dict[str, Any]]:
    threads: dict[frozenset[str], set[str]] = defaultdict(set)
    for send in sends:
        threads[frozenset(stored.persons_of(send.person_id))].add(send.thread_id)
    for people, found in sorted(threads.items(), key=lambda item: sorted(item[0])):
        if len(found) > 1:
            yield {"persons": sorted(people), "threads": sorted(found)}


def _conflicts(everything: pl.DataFrame, own: pl.DataFrame) -> Iterator[dict[str, Any]]:
    people = own.get_column("person_id").unique().to_list()
    marked = everything.filter(
        (pl.col("experiment_id") == CONFLICT) & pl.col("person_id").is_in(people)
    )
    told = own.group_by("unit_id", "person_id").agg(pl.col("arm").unique().sort().alias("arms"))
    differ = told.filter(pl.col("arms").list.len() > 1)
    known = dict(differ.select("person_id", "arms").iter_rows())
    for person in sorted({*known, *marked.get_column("person_id").to_list()}):
        yield {"person_id": person, "arms": list(known.get(person, ()))}
