"""`parley init`: writes the files of a first pilot."""

import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="Workspace of the pilot; made where missing.")],
    *,
    author: Annotated[str, typer.Option(help="Who answers for the pilot.")] = "",
    domain: Annotated[str, typer.Option(help="Domain from which mail is sent.")] = "",
    time_zone: Annotated[str, typer.Option(help="Where its days begin, such as Europe/Berlin.")] = (
        ""
    ),
    days: Annotated[int, typer.Option(help="How long it lasts: 30 to 60 days.")] = 0,
    start: Annotated[
        str,
        typer.Option(
            help="inbound: people who write first are answered; stalled: threads that stopped; "
            "interest: people who know us are written to."
        ),
    ] = "inbound",
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Ask nothing; what is not given has its default.")
    ] = False,
) -> None:
    """Write a pilot: one segment, one playbook, one channel, 30 to 60 days.

    It asks four questions. Nothing is sent, and no file is overwritten.

    Example: [bold]parley init pilot[/bold]

    Example: [bold]parley init pilot --start stalled[/bold]

    Example: [bold]parley init pilot --author "Ada Roe" --domain mail.example.com --yes[/bold]
    """
    from pipelines.first_steps.writing import SHORTEST, Answers, write_pilot

    is_asked = not yes and sys.stdin.isatty()

    def ask(given: str, question: str, default: str) -> str:
        if given or not is_asked:
            return given or default
        return typer.prompt(question, default=default or None)

    answers = Answers(
        author=ask(author, "Who answers for the pilot", ""),
        domain=ask(domain, "Domain from which mail is sent", ""),
        time_zone=ask(time_zone, "Time zone", "UTC"),
        start=start,
        days=int(ask(str(days or ""), "How many days (30 to 60)", str(SHORTEST))),
    )
    for path in write_pilot(folder, answers):
        typer.echo(f"wrote {path}")
    typer.echo(
        "\nNext, in this order:\n"
        f"  parley ingest EXPORTS --workspace {folder}    read your CRM's export\n"
        f"  parley campaign dry-run pilot -w {folder}     see who would get what, and when\n"
        f"  parley campaign stage pilot -w {folder}       see what is missing before it begins"
    )
