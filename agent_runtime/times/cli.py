"""`parley times`: reads messages from a file and says which times each asks for."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from agent_runtime.errors import ParleyError
from agent_runtime.times.instants import AskedTime
from agent_runtime.times.resolve import resolve_times
from agent_runtime.times.zones_named import is_zone

app = typer.Typer(add_completion=False, rich_markup_mode="rich")

ENCODING = "utf-8-sig"


_RULES = {
    "string_type": "is no text; write it in quotes",
    "datetime_from_date_parsing": "is no instant; write ISO 8601 like 2026-03-10T10:15:00Z",
    "datetime_parsing": "is no instant; write ISO 8601 like 2026-03-10T10:15:00Z",
    "datetime_type": "is no instant; write ISO 8601 like 2026-03-10T10:15:00Z",
}


class TimeQuestion(BaseModel):
    """One line of the file: what somebody wrote, when, and where they are."""

    model_config = ConfigDict(extra="ignore")

    text: str
    now: datetime
    buyer_tz: str
    country: str = ""
    language: str = ""

    @field_validator("now")
    @classmethod
    def _has_offset(cls, now: datetime) -> datetime:
        if now.tzinfo is None:
            raise ValueError("has no offset; end it with Z or an offset like +02:00")
        return now

    @field_validator("buyer_tz")
    @classmethod
    def _is_zone(cls, name: str) -> str:
        if not is_zone(name):
            raise ValueError("is not an IANA zone; write one like Europe/Berlin")
        return name


@app.command()
def times(
    file: Annotated[Path, typer.Argument(help="JSON lines, each with text, now and buyer_tz.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON lines, not text.")] = False,
) -> None:
    """Say which times each message asks for: a slot, a window, several, or none (ask back).

    Example: [bold]parley times messages.jsonl --json[/bold], where a line of the file is
    [bold]{"text": "Thursday after 3?", "now": "2026-03-10T10:15:00Z",
    "buyer_tz": "Europe/London"}[/bold]
    """
    read = list(read_questions(file))
    answers = ((question, answer_to(question)) for question in read)
    if as_json:
        for _, found in answers:
            typer.echo(json.dumps(as_answer(found)))
    else:
        _print_table(list(answers))


def read_questions(file: Path) -> Iterator[TimeQuestion]:
    """Yields the questions of a file of JSON lines, in order; empty lines are passed over.

    Raises:
        ParleyError: The file cannot be read, or a line is not a question.
    """
    try:
        text = file.read_text(encoding=ENCODING)
    except UnicodeDecodeError as error:
        raise ParleyError(
            f"{file} is not UTF-8 text (byte {error.start}); save it as UTF-8"
        ) from None
    except OSError as error:
        raise ParleyError(f"cannot read {file}: {error.strerror or error}") from None
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield _question(line, f"{file} line {number}")


def answer_to(question: TimeQuestion) -> tuple[AskedTime, ...]:
    """Returns the times that a message asks for."""
    return resolve_times(
        question.text,
        now=question.now,
        zone=question.buyer_tz,
        language=question.language[:2].lower(),
        country=question.country[:2],
    )


def as_answer(found: Sequence[AskedTime]) -> dict[str, Any] | list[dict[str, Any]]:
    """Returns the times as printed: one object, a list of several, or kind none without times."""
    if not found:
        return {"kind": "none", "start": None, "end": None}
    objects = [
        {"kind": asked.kind, "start": asked.start.isoformat(), "end": asked.end.isoformat()}
        for asked in found
    ]
    return objects[0] if len(objects) == 1 else objects


def _question(line: str, where: str) -> TimeQuestion:
    try:
        fields = json.loads(line)
    except ValueError as error:
        raise ParleyError(f"{where} is not JSON ({error}); write one object a line") from None
    if not isinstance(fields, dict):
        raise ParleyError(f"{where} is not a JSON object with text, now and buyer_tz")
    known = {
        name: fields[name] for name in TimeQuestion.model_fields if fields.get(name) is not None
    }
    try:
        return TimeQuestion(**known)
    except ValidationError as error:
        problem = error.errors()[0]
        name = str(problem["loc"][0])
        if problem["type"] == "missing":
            raise ParleyError(f"{where} has no {name}; give text, now and buyer_tz") from None
        rule = _RULES.get(problem["type"]) or problem["msg"].removeprefix("Value error, ")
        raise ParleyError(f"{where}: {name} {known[name]!r:.80} {rule}") from None


def _print_table(answers: Sequence[tuple[TimeQuestion, tuple[AskedTime, ...]]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("message", "kind", "start", "end", "zone", title=f"{len(answers)} messages")
    for question, found in answers:
        text = " ".join(question.text.split())
        rows = [(a.kind, f"{a.start:%a %Y-%m-%d %H:%M}", f"{a.end:%H:%M}") for a in found]
        for n, row in enumerate(rows or [("none", "ask back", "")]):
            table.add_row("" if n else text[:60], *row, "" if n else question.buyer_tz)
    Console().print(table)
