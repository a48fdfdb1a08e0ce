"""`parley ground`: says of every sentence of drafts whether the given facts support it."""

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer

from agent_runtime.grounding.cli_input import Draft, Malformed, read_drafts
from agent_runtime.grounding.draft import Finding, ground
from agent_runtime.grounding.entailment import Entailment
from agent_runtime.settings import load_settings

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


@app.command(name="ground")
def ground_drafts(
    file: Annotated[
        Path,
        typer.Argument(help="JSON lines, each a draft with its facts; - reads standard input."),
    ],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a JSON line a sentence, not a table.")
    ] = False,
) -> None:
    """Say of each sentence of drafts whether it is supported, a courtesy, a question, or blocked.

    A line of the file is a draft and the facts that it may stand on. Numbers, money, dates, names,
    negation, modality, quantities, comparisons, promises and conditions are checked; a sentence
    that says anything else than its fact is blocked, with the reason.

    Exit code 2: a line is no draft; it is named, and the others are judged all the same.

    Example: [bold]parley ground drafts.jsonl --json[/bold], where a line of the file is
    [bold]{"facts": [{"id": "f1", "text": "Support answers within 4 hours."}], "text": "You get an
    answer within four hours."}[/bold]

    Example: [bold]cat drafts.jsonl | parley ground -[/bold]
    """
    found = list(_judged(read_drafts(sys.stdin.buffer if str(file) == "-" else file)))
    if as_json:
        for line in _as_json(found):
            typer.echo(line)
    else:
        _print_table(found)
    for _, what in found:
        if isinstance(what, Malformed):
            typer.echo(what.reason, err=True)
    if any(isinstance(what, Malformed) for _, what in found):
        raise typer.Exit(2)


Judged = tuple[int, Malformed | tuple[Finding, ...]]
"""The number of a line, and what was found of its sentences or why it is no draft."""


def _judged(lines: Iterable[Draft | Malformed]) -> Iterator[Judged]:
    entails = _entailment()
    for line in lines:
        if isinstance(line, Malformed):
            yield line.number, line
        else:
            yield line.number, ground(line.text, line.facts, entails=entails)


def _entailment() -> Entailment | None:
    from agent_runtime.grounding.entailment import HttpEntailment

    url = load_settings().entailment_url
    return HttpEntailment(url) if url else None


def _as_json(found: Iterable[Judged]) -> Iterator[str]:
    for number, what in found:
        if isinstance(what, Malformed):
            yield json.dumps({"line": number, "error": what.reason}, ensure_ascii=False)
            continue
        for one in what:
            row = {
                "line": number,
                "sentence": one.sentence,
                "verdict": one.verdict,
                "fact": one.fact or None,
                "reason": one.reason,
            }
            yield json.dumps(row, ensure_ascii=False)


def _print_table(found: Iterable[Judged]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table("line", "sentence", "verdict", "fact", "reason")
    for number, what in found:
        if isinstance(what, Malformed):
            table.add_row(str(number), "", "[red]no draft[/red]", "", escape(what.reason))
            continue
        for one in what:
            verdict = f"[red]{one.verdict}[/red]" if one.verdict == "blocked" else one.verdict
            row = (one.sentence, verdict, escape(one.fact), escape(one.reason))
            table.add_row(str(number), escape(row[0]), *row[1:])
    Console().print(table if table.row_count else "no drafts: the file has no lines")
