"""`parley identity`: who is the same person, answered, explained and taken back."""

import getpass
import json
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from agent_runtime.commands import JsonOption, WorkspaceOption

app = typer.Typer(add_completion=False, rich_markup_mode="rich", no_args_is_help=True)

WhyOption = Annotated[str, typer.Option(help="Why, in words; kept with the decision.")]
WhoOption = Annotated[str, typer.Option("--by", help="Who decides [default: the login name].")]
_SHOWN = (
    *("first_name", "last_name", "email", "phone", "title", "company", "x_city", "country"),
    *("contact_id", "person"),
)


@app.callback()
def _identity() -> None:
    """Say who is the same person. No arm or stop changes by it; the strictest of both binds."""


@app.command()
def review(
    *,
    workspace: WorkspaceOption = None,
    limit: Annotated[int, typer.Option(help="How many questions at most.")] = 20,
    who: WhoOption = "",
    as_json: JsonOption = False,
) -> None:
    """Answer, pair by pair, whether two contacts are one person: y, n, s to skip, q to stop.

    With --json the questions are printed and nothing is asked.

    Example: [bold]parley identity review --workspace out/demo[/bold]
    """
    from pipelines.identity.acting import decide_pair, open_questions

    desk = _desk(workspace)
    questions = open_questions(desk)[:limit]
    if as_json:
        typer.echo(json.dumps([_as_json(desk, question) for question in questions], indent=2))
        return
    if not questions:
        typer.echo("No question waits; what is certain is merged, and the rest is two people.")
        return
    given = {"y": 0, "n": 0}
    for number, question in enumerate(questions, start=1):
        _show(desk, question, f"{number} of {len(questions)}")
        answer = _ask()
        if answer == "q":
            break
        if answer in given:
            pair = (question["left_id"], question["right_id"])
            kind = "merge" if answer == "y" else "apart"
            decide_pair(desk, kind, *pair, who=_name(who), why="", now=_now(workspace))
            given[answer] += 1
            desk = _desk(workspace)
    typer.echo(
        f"{given['y']} merged, {given['n']} kept apart; it takes effect with the next batch. "
        "`parley identity history` lists it, and `undo` takes it back."
    )


@app.command()
def merge(
    left: Annotated[str, typer.Argument(help="A contact id or an address.")],
    right: Annotated[str, typer.Argument(help="Another.")],
    *,
    why: WhyOption = "",
    who: WhoOption = "",
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say that two contacts are one person.

    Example: [bold]parley identity merge c-17 c-404 --why "told me on the phone"[/bold]
    """
    _act("merge", left, right, why=why, who=who, workspace=workspace, as_json=as_json)


@app.command()
def split(
    left: Annotated[str, typer.Argument(help="A contact id or an address that stays.")],
    right: Annotated[str, typer.Argument(help="The one that is somebody else.")],
    *,
    why: WhyOption = "",
    who: WhoOption = "",
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say that a contact is not the person with whom it was merged. What stopped one stops both.

    Example: [bold]parley identity split c-17 c-404 --why "father and son"[/bold]
    """
    _act("split", left, right, why=why, who=who, workspace=workspace, as_json=as_json)


@app.command()
def undo(
    decision: Annotated[str, typer.Argument(help="Its id, from `parley identity history`.")],
    *,
    why: WhyOption = "",
    who: WhoOption = "",
    workspace: WorkspaceOption = None,
) -> None:
    """Take one decision back by another; both stay in the history.

    Example: [bold]parley identity undo d12[/bold]
    """
    from pipelines.identity.acting import undo as take_back

    made = take_back(_desk(workspace), decision, who=_name(who), why=why, now=_now(workspace))
    typer.echo(f"{decision} is taken back by {made}; it takes effect with the next batch.")


@app.command()
def history(
    contact: Annotated[str, typer.Argument(help="A contact id or an address; all if none.")] = "",
    *,
    limit: Annotated[int, typer.Option(help="How many, the latest last.")] = 50,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """List who was merged with whom, split or kept apart: by whom, when, why and how surely.

    Example: [bold]parley identity history ana@alder.example[/bold]
    """
    from pipelines.identity.acting import told

    rows = told(_desk(workspace), contact)[-limit:]
    if as_json:
        typer.echo(json.dumps(rows, indent=2, default=str))
    elif not rows:
        typer.echo("Nothing was decided yet; exact keys alone say who is who.")
    for row in () if as_json else rows:
        sure = "" if row["probability"] is None else f" ({row['probability']:.1%} likely)"
        typer.echo(
            f"{row['decision_id']:<8} {row['decided_at']:%Y-%m-%d %H:%M}  {row['kind']:<6} "
            f"{row['left_id']} and {row['right_id']}{sure} by {row['decided_by']}: "
            f"{row['reasons']}"
        )


@app.command()
def explain(
    left: Annotated[str, typer.Argument(help="A contact id or an address.")],
    right: Annotated[str, typer.Argument(help="Another.")],
    *,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what speaks for two contacts being one person, what against it, and what follows.

    Example: [bold]parley identity explain c-17 c-404[/bold]
    """
    desk = _desk(workspace)
    pair = (desk.contact(one)["contact_id"] for one in (left, right))
    question = desk.compared(*pair)
    if as_json:
        typer.echo(json.dumps(_as_json(desk, question), indent=2))
        return
    _show(desk, question, "")
    typer.echo(_follows(desk, question))


def _act(
    kind: Any, left: str, right: str, *, why: str, who: str, workspace: Any, as_json: bool
) -> None:
    from pipelines.identity.acting import decide_pair

    desk = _desk(workspace)
    ids = decide_pair(desk, kind, left, right, who=_name(who), why=why, now=_now(workspace))
    done = {"merge": "one person", "split": "two persons"}[kind]
    if as_json:
        typer.echo(json.dumps({"decisions": ids, "kind": kind}))
    else:
        typer.echo(
            f"{left} and {right} are {done} with the next batch ({', '.join(ids)}); arms and "
            "stops stay as they are."
        )


def _desk(workspace: Any) -> Any:
    from agent_runtime.settings import load_settings
    from pipelines.identity.acting import open_desk
    from pipelines.lake import Lake

    settings = load_settings(workspace)
    return open_desk(Lake(settings.paths), settings.tenant_id)


def _now(workspace: Any) -> datetime:
    """The clock of the run; before there is a runtime store, the wall clock."""
    from agent_runtime.clock import read_now
    from agent_runtime.settings import load_settings
    from agent_runtime.status import open_store

    settings = load_settings(workspace)
    if not settings.store_url and not settings.paths.store.exists():
        return datetime.now(UTC)
    return read_now(open_store(settings).engine)


def _name(who: str) -> str:
    return who or getpass.getuser()


def _ask() -> str:
    while True:
        answer = (
            typer.prompt("One person? y/n/s/q", default="s", show_default=False).strip().lower()
        )
        if answer[:1] in ("y", "n", "s", "q"):
            return answer[:1]
        typer.echo("Type y for one person, n for two, s to skip, q to stop.")


def _sides(desk: Any, question: dict[str, Any]) -> list[dict[str, Any]]:
    companies = dict(desk.accounts.select("account_id", "name").iter_rows())
    found = (desk.contact(question[side]) for side in ("left_id", "right_id"))
    return [
        {name: row.get(name) for name in _SHOWN}
        | {"company": companies.get(row["account_id"]), "person": desk.person_of(row["contact_id"])}
        for row in found
    ]


def _show(desk: Any, question: dict[str, Any], title: str) -> None:
    from pipelines.identity.reasons import reasons

    one, other = _sides(desk, question)
    table = Table("", "left", "right", title=title or None)
    for name in _SHOWN:
        if one[name] or other[name]:
            label = name.removeprefix("x_").replace("_", " ")
            style = "" if one[name] == other[name] else "bold"
            table.add_row(label, str(one[name] or ""), str(other[name] or ""), style=style)
    Console().print(table)
    typer.echo(f"{question['probability']:.1%} likely one person, since they have")
    for reason in reasons(question):
        typer.echo(f"  - {reason.sentence}")


def _follows(desk: Any, question: dict[str, Any]) -> str:
    from pipelines.identity.model import shipped

    model, left, right = shipped(), question["left_id"], question["right_id"]
    if desk.exactly[left] == desk.exactly[right]:
        return "They are one person by an exact key, such as a shared address."
    if desk.person_of(left) == desk.person_of(right):
        return "They are one person by a decision; `parley identity history` says whose."
    if question["probability"] >= model.certain:
        return (
            "They would be merged, unless the first names differ, nothing but the name ties them, "
            "or another record speaks against it; then a colleague is asked."
        )
    if question["probability"] >= model.possible:
        return "A colleague is asked: `parley identity review`."
    return "They stay two persons, and nobody is asked."


def _as_json(desk: Any, question: dict[str, Any]) -> dict[str, Any]:
    from pipelines.identity.reasons import reasons

    one, other = _sides(desk, question)
    return {
        "probability": round(question["probability"], 4),
        "left": one,
        "right": other,
        "reasons": [
            {"field": r.field, "words": r.words, "times": round(r.times, 3)}
            for r in reasons(question)
        ],
        "follows": _follows(desk, question),
    }
