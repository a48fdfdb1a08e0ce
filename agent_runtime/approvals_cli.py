"""`parley approvals` and `parley autonomy`: who may send, and what waits for a person."""

import json
from dataclasses import asdict
from enum import StrEnum
from getpass import getuser
from pathlib import Path
from typing import Annotated

import typer

from agent_runtime.approval_changes import revise
from agent_runtime.approval_risk import weigh
from agent_runtime.approvals import ApprovalError, Approvals
from agent_runtime.approvals_view import as_dict, indented, print_options
from agent_runtime.clock import read_now
from agent_runtime.commands import JsonOption, WorkspaceOption
from agent_runtime.drafting.choices import choices
from agent_runtime.library.catalog import company_library
from agent_runtime.settings import load_settings
from agent_runtime.status import open_store
from agent_runtime.store.reading import reviews_of
from agent_runtime.store.rows import Approval
from agent_runtime.store.sql import SqlStore

approvals = typer.Typer(
    add_completion=False, rich_markup_mode="rich", no_args_is_help=True, help="Drafts that wait."
)

Id = Annotated[str, typer.Argument(help="Id of the approval; its first letters are enough.")]
By = Annotated[str, typer.Option(help="Who decides [default: who is logged in].")]
Number = Annotated[
    int, typer.Option("--option", "--draft", help="Number of the option, from 1.", min=1)
]


class Fault(StrEnum):
    """What a reviewer found wrong with a draft (R75)."""

    tone = "tone"
    accuracy = "accuracy"
    policy = "policy"


Tags = Annotated[
    list[Fault] | None,
    typer.Option("--tag", help="What was wrong with the draft; may be given again."),
]


@approvals.command("list")
def _list(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """List the drafts that wait for a person, the oldest first.

    Example: [bold]parley approvals list[/bold]
    """
    store = open_store(load_settings(workspace))
    waiting = _desk(store, workspace).waiting()
    if as_json:
        typer.echo(json.dumps([as_dict(store, a) for a in waiting], indent=2))
    elif not waiting:
        typer.echo("nothing waits for approval")
    for approval in () if as_json else waiting:
        best = approval.drafts[0].candidate
        typer.echo(f"{approval.approval_id}  {approval.made_at:%Y-%m-%d %H:%M}  {best.action}")
        typer.echo(f"    {approval.why}; {len(approval.drafts)} options")


@approvals.command()
def show(approval_id: Id, workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """Show what the buyer wrote and every option, as the reader would see it, best first.

    Each with its score and what that is made of, the facts behind it, and what the rules said;
    below them what was stopped, and by which rule.

    Example: [bold]parley approvals show 4f0c[/bold]
    """
    store = open_store(load_settings(workspace))
    told = as_dict(store, _find(store, approval_id))
    if as_json:
        typer.echo(json.dumps(told, indent=2))
        return
    typer.echo(f"{told['approval_id']} ({told['state']}): {told['why']}")
    if told["heard"]:
        typer.echo(f"\nThey wrote:\n{indented(told['heard'])}")
    print_options(told)


@approvals.command()
def approve(
    approval_id: Id,
    draft: Number = 1,
    by: By = "",
    tag: Tags = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Let one option go as it is; every rule of the permit is asked again when it is sent.

    Example: [bold]parley approvals approve 4f0c --option 2[/bold]
    """
    store = open_store(load_settings(workspace))
    decided = _desk(store, workspace).approve(
        _find(store, approval_id).approval_id,
        by=by or getuser(),
        now=read_now(store.engine),
        draft=draft - 1,
        tags=[fault.value for fault in tag or ()],
    )
    typer.echo(f"approved option {draft} of {decided.approval_id}; the worker sends it now")


@approvals.command()
def edit(
    approval_id: Id,
    text: Annotated[str, typer.Option(help="Your words in place of the agent's.")] = "",
    file: Annotated[Path | None, typer.Option(help="File with your words.")] = None,
    draft: Number = 1,
    by: By = "",
    tag: Tags = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Send your own words; greeting and signature stay, so that it still says an AI helps.

    Where the risk is high your words wait for somebody else, who approves them.

    Example: [bold]parley approvals edit 4f0c --text "Yes, until the end of June." --tag tone[/bold]
    """
    words, who = _words(text, file), by or getuser()
    store = open_store(load_settings(workspace))
    desk, waiting = _desk(store, workspace), _find(store, approval_id)
    now = read_now(store.engine)
    if weigh(waiting).risk == "high":
        revise(desk, waiting.approval_id, draft - 1, words, by=who, now=now)
        typer.echo(f"edited {waiting.approval_id}; its risk is high, so somebody else approves it")
        return
    decided = desk.approve(
        waiting.approval_id,
        by=who,
        now=now,
        draft=draft - 1,
        words=words,
        tags=[fault.value for fault in tag or ()],
    )
    typer.echo(f"approved {decided.approval_id} in your words; the worker sends it now")


@approvals.command()
def reject(
    approval_id: Id,
    why: Annotated[str, typer.Option(help="Why; kept with the trace.")] = "",
    by: By = "",
    tag: Tags = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Drop the drafts; a buyer who waits is put into the owner's queue.

    Example: [bold]parley approvals reject 4f0c --why "wrong product" --tag accuracy[/bold]
    """
    store = open_store(load_settings(workspace))
    decided = _desk(store, workspace).reject(
        _find(store, approval_id).approval_id,
        by=by or getuser(),
        now=read_now(store.engine),
        tags=[fault.value for fault in tag or ()],
        note=why,
    )
    typer.echo(f"rejected {decided.approval_id}")


@approvals.command("choices")
def _choices(workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """Say which options reviewers chose, and what these had that the others had not.

    A part of the score below nought speaks against what they choose, so its weight is too high.

    Example: [bold]parley approvals choices --json[/bold]
    """
    store = open_store(load_settings(workspace))
    found = choices(reviews_of(store.engine, store.tenant_id))
    if as_json:
        typer.echo(json.dumps(asdict(found), indent=2))
    elif not found.shown:
        typer.echo("no reviewer has had a choice of several options yet")
    else:
        typer.echo(f"{found.shown} reviews of several options, {found.rejected} of them rejected")
        for option, count in found.by_option.items():
            typer.echo(f"  option {option}: chosen {count} times")
        typer.echo(f"  {found.edited} of these in other words")
    if found.compared and not as_json:
        typer.echo(f"the chosen draft against the others, over {found.compared} reviews:")
        for name, points in found.advantage.items():
            typer.echo(f"  {name:<11}{points:+.3f}")


def _desk(store: SqlStore, workspace: Path | None) -> Approvals:
    return Approvals(store, company_library(load_settings(workspace).paths.library), {})


def _find(store: SqlStore, approval_id: str) -> Approval:
    """Returns the approval that an id or its beginning names."""
    with store.begin() as tx:
        exact = tx.approval(approval_id)
        waiting = tx.open_approvals()
    found = [a for a in waiting if approval_id and a.approval_id.startswith(approval_id)]
    if exact is not None or len(found) == 1:
        return exact or found[0]
    if found:
        raise ApprovalError(f"approval {approval_id!r} names {len(found)}; write more of its id.")
    raise ApprovalError(
        f"approval {approval_id!r} is unknown; `parley approvals list` shows what waits."
    )


def _words(text: str, file: Path | None) -> str:
    if bool(text.strip()) == (file is not None):
        raise ApprovalError("give your words either by --text or by --file.")
    if file is None:
        return text
    try:
        words = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ApprovalError(f"--file {file} cannot be read as UTF-8 text: {error}.") from None
    if not words:
        raise ApprovalError(f"--file {file} is empty; write what the buyer should read.")
    return words
