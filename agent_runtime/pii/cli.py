"""`parley pii`: finds personal data in texts and redacts it, as the runtime does."""

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from agent_runtime.lone_text import NOBODY, TextFileError, read_texts
from agent_runtime.pii import Found, find
from agent_runtime.pii.people import find_people
from agent_runtime.placeholders import redact

app = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode="rich")

Files = Annotated[
    list[Path],
    typer.Argument(help='Texts, or JSON lines with a "text" (.jsonl); - reads standard input.'),
]
Country = Annotated[
    str, typer.Option(help="ISO code of where the writers are: how local telephone numbers read.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON line for each text.")]


@app.callback()
def pii() -> None:
    """Find personal data in texts, and replace it by placeholders."""


@app.command("find")
def find_command(files: Files, country: Country = "", as_json: AsJson = False) -> None:
    """Say where personal data stands in each text, and of which kind it is.

    Example: [bold]parley pii find mail.txt --json[/bold] prints
    [bold]{"spans": [{"kind": "EMAIL", "start": 9, "end": 22, "text": "a@b.example"}]}[/bold]
    """
    count = number = 0
    for number, text in enumerate(_texts(files), start=1):
        spans = [
            {"kind": f.kind, "start": f.start, "end": f.end, "text": text[f.start : f.end]}
            for f in found_in(text, country)
        ]
        count += len(spans)
        if as_json:
            typer.echo(json.dumps({"spans": spans}, ensure_ascii=False))
            continue
        for span in spans:
            shown = " ".join(str(span["text"]).split())
            typer.echo(f"{number}: {span['start']}-{span['end']} {span['kind']} {shown}")
    if not as_json and not count:
        typer.echo(f"No personal data found in {number} text{'' if number == 1 else 's'}.")


@app.command("redact")
def redact_command(files: Files, country: Country = "", as_json: AsJson = False) -> None:
    """Print each text with placeholders in place of personal data.

    Example: [bold]cat mail.txt | parley pii redact -[/bold]
    """
    nobody = replace(NOBODY, country=country)
    for text in _texts(files):
        hidden = redact(text, nobody).text
        if as_json:
            typer.echo(json.dumps({"text": hidden}, ensure_ascii=False))
        else:
            typer.echo(hidden, nl=not hidden.endswith("\n"))


def found_in(text: str, country: str = "") -> list[Found]:
    """Returns all that `redact` hides of a stranger, names that words introduce included."""
    found = find(text, country)
    for person in find_people(text):
        if not any(person.overlaps(other) for other in found):
            found.append(person)
    return sorted(found, key=lambda f: f.start)


def _texts(files: list[Path]) -> Iterator[str]:
    for file in files:
        is_stdin = str(file) == "-"
        name = "standard input" if is_stdin else str(file)
        try:
            content = sys.stdin.buffer.read() if is_stdin else file.read_bytes()
            text = content.decode("utf-8-sig")
        except OSError as error:
            raise TextFileError(f"{name}: cannot be read ({error.strerror}).") from None
        except UnicodeDecodeError:
            raise TextFileError(f"{name}: not UTF-8; save the file as UTF-8.") from None
        is_lines = file.suffix in (".jsonl", ".ndjson") or text.lstrip().startswith('{"')
        yield from read_texts(content.splitlines(), name) if is_lines else (text,)
