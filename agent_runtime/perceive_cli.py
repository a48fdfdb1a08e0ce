"""`parley perceive`: reads messages from a file and says what each of them means."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from agent_runtime.domain import Perception
from agent_runtime.lone_text import as_record, perceive_text, read_text_file, read_texts
from agent_runtime.settings import load_settings

app = typer.Typer(add_completion=False, rich_markup_mode="rich")

_SHOWN = 60


@app.command()
def perceive(
    file: Annotated[
        Path, typer.Argument(help="JSON lines, each with a text; - reads standard input.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON lines, not a table.")] = False,
) -> None:
    """Say what each message means: intents, signals, entities, objections, language.

    Reads as the agent reads its mail, but knows nothing of who wrote. The primary intent comes
    first; where `abstain` is true, the agent would ask a person or ask back.

    Example: [bold]parley perceive messages.jsonl --json[/bold], where a line of the file is
    [bold]{"text": "Sounds good. What does it cost?"}[/bold]
    """
    from agent_runtime.models.embedded import load_embedded_model

    is_stdin = str(file) == "-"
    texts = read_texts(sys.stdin.buffer, "standard input") if is_stdin else read_text_file(file)
    model = load_embedded_model(cache=load_settings().cache)
    seen = ((text, perceive_text(text, model)) for text in texts)
    if as_json:
        for _, perception in seen:
            typer.echo(json.dumps(as_record(perception), ensure_ascii=False))
    else:
        _print_table(seen)


def _print_table(seen: Iterable[tuple[str, Perception]]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table("message", "means", "further", "heard besides", "language")
    for text, perception in seen:
        record = as_record(perception)
        first, *further = perception.intents
        besides = [
            *(["opt_out"] if perception.opt_out else []),
            *perception.signals,
            *(f"objection: {theme}" for theme in perception.objections),
            *(f"{name}: {', '.join(spans)}" for name, spans in record["entities"].items()),
        ]
        table.add_row(
            escape(" ".join(text.split())[:_SHOWN]),
            f"{first.name} {first.confidence:.0%}{' (unsure)' if perception.abstain else ''}",
            ", ".join(f"{guess.name} {guess.confidence:.0%}" for guess in further),
            escape("\n".join(besides)),
            perception.language,
        )
    Console().print(table)
