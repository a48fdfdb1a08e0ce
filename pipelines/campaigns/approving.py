"""Who approved which version of a campaign: an append-only log, and the hash that it is about."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agent_runtime.settings import Workspace
from experiments.canonical import canonical_json, sha256
from experiments.hash_chain import appending, read_chain
from pipelines.campaign import Campaign, experiment_of
from pipelines.campaigns.book import Page
from pipelines.errors import PipelineError

_NOBODY = {"", "agent", "system", "parley", "dagster", "nobody", "unknown", "root"}


@dataclass(frozen=True, slots=True)
class Approval:
    """One line of the log."""

    campaign_id: str
    hash: str
    by: str
    at: datetime
    document: Mapping[str, Any]
    """What was approved, see `document_of`."""


def approvals_path(workspace: Workspace) -> Path:
    """Returns the log of a workspace: append-only, hash-chained, one JSON a line."""
    return workspace.root / "campaign_approvals.jsonl"


def document_of(campaign: Campaign) -> dict[str, Any]:
    """Returns all that decides who is written to and how: campaign, segments, experiment."""
    from pipelines.transforms.segment import load_segment

    # What nobody wrote is left out, so that a field that comes later voids no approval.
    unsaid = {"author", "segments", "experiment"}
    plain = campaign.model_dump(mode="json", exclude=unsaid, exclude_defaults=True)
    segments = [load_segment(name).model_dump(mode="json") for name in campaign.segments]
    return {
        "campaign": plain,
        "segments": segments,
        "experiment": {"hash": experiment_of(campaign).spec_hash, "file": campaign.experiment},
    }


def hash_of(campaign: Campaign) -> str:
    """Returns the hash that an approval binds; any change of meaning gives another."""
    document = document_of(campaign)
    document["experiment"] = document["experiment"]["hash"]
    return sha256(canonical_json(json.loads(json.dumps(document))))


def approvals(workspace: Workspace) -> tuple[Approval, ...]:
    """Returns the approvals so far, oldest first.

    Raises:
        PipelineError: the log is not what was written.
    """
    path = approvals_path(workspace)
    chain = read_chain(path)
    if chain.problems:
        raise PipelineError(
            f"{path.name}: {chain.problems[0]}; no campaign runs until it is put right."
        )
    return tuple(
        Approval(
            line["campaign_id"],
            line["hash"],
            line["by"],
            datetime.fromisoformat(line["at"]),
            line["document"],
        )
        for line in chain.entries
    )


def last_approval(workspace: Workspace, campaign_id: str) -> Approval | None:
    """Returns the newest approval of a campaign."""
    mine = [one for one in approvals(workspace) if one.campaign_id == campaign_id]
    return mine[-1] if mine else None


def why_unapproved(workspace: Workspace, campaign: Campaign) -> str:
    """Returns why a campaign may not run as it is now; empty where somebody approved it.

    The newest approval binds: going back to an older text is a change as well.
    """
    wanted, last = hash_of(campaign), last_approval(workspace, campaign.id)
    if last is not None and last.hash == wanted:
        return ""
    was = f"{last.by} approved {last.hash[:12]}" if last else "nobody has approved it"
    return (
        f"campaign {campaign.id}: its hash is {wanted[:12]}, but {was}; look at `parley campaign "
        f"diff {campaign.id}`, then `parley campaign approve {campaign.id} --by NAME`."
    )


def approve(workspace: Workspace, page: Page, *, by: str, now: datetime) -> Approval:
    """Writes down that somebody stands for a campaign as it is now.

    Raises:
        PipelineError: no name, or the name of who wrote it.
    """
    campaign, name = page.campaign, person_named(by, "approves a campaign")
    if campaign.author and _same(name, campaign.author):
        raise PipelineError(
            f"--by = {by!r}: {page.path.name} names {campaign.author!r} as its author, and "
            "nobody approves what they wrote; ask a colleague."
        )
    approval = Approval(
        campaign.id, hash_of(campaign), name, now.astimezone(UTC), document_of(campaign)
    )
    with appending(approvals_path(workspace)) as log:
        log.append(
            {
                "campaign_id": approval.campaign_id,
                "version": campaign.version,
                "hash": approval.hash,
                "by": approval.by,
                "author": campaign.author,
                "at": approval.at.isoformat(),
                "document": approval.document,
            }
        )
    return approval


def person_named(by: str, does: str) -> str:
    """Returns a name in one form of spaces.

    Args:
        by: The name.
        does: What they do, for the sentence of the error.

    Raises:
        PipelineError: it is empty, or names no person.
    """
    name = " ".join(by.split())
    if name.lower() in _NOBODY:
        raise PipelineError(f"--by = {by!r}: a person with a name {does}.")
    return name


def refuse_unapproved(workspace: Workspace, campaign: Campaign, segments: Sequence[str]) -> None:
    """Refuses a batch for a campaign that nobody approved, once approvals are kept here.

    A workspace without any is a sandbox or a trial of one person.

    Raises:
        PipelineError: one sentence with both hashes.
    """
    if not approvals_path(workspace).exists():
        return
    why = why_unapproved(workspace, campaign.model_copy(update={"segments": tuple(segments)}))
    if why:
        raise PipelineError(why)


def _same(one: str, other: str) -> bool:
    """One person by name or by the part of an address before the @."""

    def plain(name: str) -> str:
        return "".join(filter(str.isalnum, name.split("@", maxsplit=1)[0].lower()))

    return plain(one) == plain(other)
