"""A dry run as people read it: on the terminal, and as Markdown in Dagster."""

from collections.abc import Iterator
from typing import Any

from agent_runtime.settings import Workspace
from pipelines.campaigns.dry_run import DryRun, local
from pipelines.campaigns.inbound import told
from pipelines.campaigns.planning import ANSWERED
from pipelines.lake import Lake

_ROWS = 12
_UNTOLD = {
    "not_in_segment": "no segment of the campaign has them",
    "holdout": "in the holdout, so nobody of ours writes first",
    "global_holdout": "in the holdout of all experiments",
    "no_event": "no event of the campaign's triggers at their account",
    "queued_before": "their touches stand in the queue from an earlier day",
    "suppressed": "they refused or withdrew, here or in the CRM",
    "turned_off": "they turned it off themselves, by channel or topic",
    "no_consent": "no basis on which they may be written to",
    "not_confirmed": "their consent waits to be confirmed",
    "do_not_contact": "flagged in the CRM",
    "listed": "on a list of `parley suppress`",
    "no_email": "no usable address",
    "language": "no approved content in their language",
    "owner_inactive": "nobody of ours owns them",
    "other_territory": "their owner does not sell there",
    "open_opportunity": "a deal is open",
    "other_experiment": "in another experiment of the layer",
    "no_unit": "nothing could be assigned",
    "no_time_zone": "nobody knows when it is day there",
    "no_common_hours": "no hour is a working hour wherever they may be",
    "no_capacity": "the mailbox is full until the window ends",
    "account_is_full": "enough colleagues are written to",
    "answers_only": "the agent answers them when they write, and never writes first",
    "kept_back": "the permit would keep the message back",
}


def as_text(found: DryRun, workspace: Workspace, *, people: int, messages: int) -> str:
    """Returns a dry run for the terminal, with names; nothing of it is kept.

    Args:
        found: The dry run.
        workspace: Where the names are.
        people: How many rows of people are shown.
        messages: How many first messages are shown.
    """
    named = _names(workspace)
    if found.planned.campaign.inbound is not None:
        return _of_requests(found, named=_names(workspace), most=people)
    lines = [*_head(found), "", "Who would get something:"]
    shown = found.table.head(people).iter_rows(named=True)
    for row in (row for row in shown if row["gets"]):
        when = local(found.planned, row["first_at"])
        name = named.get(row["contact_id"], row["contact_id"])
        held = f"; waits {row['detail']}" if row["detail"] else ""
        lines.append(f"  {when}  {name:<42.42}  {row['touches']} touches  {row['why']}{held}")
    left = found.counts["gets"] - min(people, found.counts["gets"])
    lines += [f"  and {left:,} more"] if left > 0 else []
    lines += ["", "Who would not, and why:"]
    lines += [f"  {n:>7,}  {why:<17} {_untold(found, why)}" for why, n in _left_out(found)]
    for one in [m for m in found.messages if not m.why_not][:messages]:
        lines += ["", f"{local(found.planned, one.due_at)}  {one.sender} to {one.to}"]
        lines += [f"  Subject: {one.subject}", *(f"  {line}" for line in one.body.splitlines())]
    return "\n".join(line.rstrip() for line in lines)


def _of_requests(found: DryRun, *, named: dict[str, str], most: int) -> str:
    lines = [*_head(found), "", "Who wrote first, the newest first, and who would have answered:"]
    if found.requests.is_empty():
        lines.append("  nobody; name more `doors`, or look back further with `look_back_days`")
    newest = found.requests.sort("at", descending=True)
    for row in newest.head(most).iter_rows(named=True):
        name = named.get(row["contact_id"], row["contact_id"] or "somebody in no CRM")
        who = "the agent" if row["by_agent"] else f"people ({row['why'].replace('_', ' ')})"
        at = f"{row['answer_at']:%H:%M:%S} UTC, " if row["answer_at"] else ""
        lines.append(
            f"  {local(found.planned, row['at'])}  {row['door']:<5}  {name:<42.42}  {who}, "
            f"{at}due {local(found.planned, row['answer_by'])}"
        )
    left = newest.height - most
    return "\n".join([*lines, *([f"  and {left:,} more"] if left > 0 else [])])


def as_markdown(found: DryRun) -> str:
    """Returns a dry run for Dagster, which keeps it: without names, addresses or their words."""
    head, *more = _head(found)
    lines = [head, "", *(f"- {line}" for line in more), "", "| Who not, and why | People |"]
    lines += ["| --- | ---: |"]
    lines += [f"| {why}: {_untold(found, why)} | {n:,} |" for why, n in _left_out(found)]
    lines += ["", "| When | Contact | Touches | Why | Text |", "| --- | --- | ---: | --- | --- |"]
    gets = [row for row in found.table.head(_ROWS).iter_rows(named=True) if row["gets"]]
    for row in gets:
        when, texts = local(found.planned, row["first_at"]), ", ".join(row["texts"])
        cells = (when, f"`{row['contact_id']}`", str(row["touches"]), _why(row), texts)
        lines.append(f"| {' | '.join(cells)} |")
    left = found.counts["gets"] - len(gets)
    lines += ["", f"and {left:,} more"] if left > 0 else []
    first = next((m for m in found.messages if not m.why_not), None)
    if first:
        lines += ["", "**The first message**", ""]
        lines += [f"> {line}" for line in first.template.splitlines()]
    return "\n".join(lines)


def _head(found: DryRun) -> Iterator[str]:
    planned, counts = found.planned, found.counts
    gets, total = counts["gets"], found.table.height
    name = f"{planned.campaign.id}@{planned.campaign.version} on {planned.day} "
    name += f"({planned.campaign.time_zone})"
    if planned.campaign.inbound is not None:
        yield f"{name}: it answers {counts.get(ANSWERED, 0):,} of {total:,} people if they write."
    else:
        yield (
            f"{name}: {gets:,} of {total:,} people would get {found.touches:,} touches, "
            f"{total - gets:,} would get none."
        )
    if found.held:
        yield (
            f"{found.held:,} of the first messages would wait: the permit defers them "
            "(a holiday, quiet hours, a cap of the mailbox)."
        )
    yield from told(planned.campaign, found.requests)
    yield "This is a dry run: nothing was written to the queue."
    for why in found.why_not_yet:
        yield f"It would not run now: {why}"
    for one in found.findings:
        yield f"{'holds ' if one.passed else 'BROKEN'}  {one.name}: {one.says}"


def _why(row: dict[str, Any]) -> str:
    """Dagster's tables break at a bar."""
    told = f"{row['why']}; waits {row['detail']}" if row["detail"] else row["why"]
    return told.replace("|", "/")


def _untold(found: DryRun, why: str) -> str:
    told = _UNTOLD.get(why, "")
    return f"{told} for {found.planned.purpose}" if why == "no_consent" else told


def _left_out(found: DryRun) -> list[tuple[str, int]]:
    return [(why, n) for why, n in found.counts.items() if why != "gets"]


def _names(workspace: Workspace) -> dict[str, str]:
    tables = Lake(workspace).canonical()
    accounts = dict(tables["accounts"].select("account_id", "name").iter_rows())
    contacts = tables["contacts"].select("contact_id", "first_name", "last_name", "account_id")
    named = {}
    for contact, first, last, account in contacts.iter_rows():
        name = " ".join(part for part in (first, last) if part) or contact
        company = accounts.get(account)
        named[contact] = f"{name}, {company}" if company else name
    return named
