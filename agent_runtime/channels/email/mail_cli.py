"""`parley mail`: says what mails from files are, and makes the key that signs ours."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from agent_runtime.channels.email.dkim_cli import dkim_key
from agent_runtime.errors import ParleyError

app = typer.Typer(add_completion=False, rich_markup_mode="rich", no_args_is_help=True)

_SHOWN = 60


class MailFileError(ParleyError):
    """A file of a mail that cannot be read."""


@app.callback()
def _mail() -> None:
    """Read mail as the agent reads it, and set up what sending needs."""


app.command("dkim-key")(dkim_key)


@app.command("parse")
def parse_files(
    files: Annotated[
        list[str],
        typer.Argument(help="Files of one mail each, folders of them, or - for standard input."),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON lines, not a table.")] = False,
) -> None:
    """Say of each mail what it is, whom it concerns, and what is new in it.

    [bold]kind[/bold]: reply, bounce (failed or late), complaint, auto_reply, opt_out; or other,
    which is lists, newsletters, receipts and empty mail.

    [bold]recipients[/bold]: the addresses that a bounce or a complaint speaks of; else empty.

    [bold]status[/bold]: the RFC 3463 code of a bounce, stated or derived; else empty.

    [bold]permanent[/bold]: whether trying again is of no use, for a bounce; else null.

    Example: [bold]parley mail parse inbox/*.eml --json[/bold]

    Example: [bold]parley mail parse - < bounce.eml[/bold]
    """
    rows = (_record(name, raw) for name, raw in _mails(files))
    if as_json:
        for row in rows:
            typer.echo(json.dumps(row, ensure_ascii=False))
    else:
        _print_table(rows)


def _record(name: str, raw: bytes) -> dict[str, Any]:
    from agent_runtime.channels.email.parse import parse
    from agent_runtime.hearing.language import detect_language

    mail = parse(raw, mailbox="")
    return {
        "file": name,
        "kind": mail.kind,
        "recipients": list(mail.reported),
        "status": mail.bounce_status,
        "permanent": mail.permanent,
        "new_text": mail.text,
        "language": detect_language(mail.text[:_READ], fallback="") if mail.text.strip() else "",
    }


_READ = 2_000
"""Characters that suffice to tell a language."""


def _mails(files: list[str]) -> Iterator[tuple[str, bytes]]:
    for name in files:
        if name == "-":
            yield name, sys.stdin.buffer.read()
            continue
        path = Path(name)
        if path.is_dir():
            found = sorted(p for p in path.rglob("*") if p.is_file())
            if not found:
                raise MailFileError(f"{name}: the folder holds no file; name one with mails.")
            yield from ((str(p), _bytes_of(p)) for p in found)
        else:
            yield name, _bytes_of(path)


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise MailFileError(f"{path}: no such file; name a file that holds one mail.") from None
    except OSError as error:
        raise MailFileError(f"{path}: cannot be read ({error.strerror}).") from None


def _print_table(rows: Iterator[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table("file", "kind", "speaks of", "status", "new text", "language")
    for row in rows:
        how = {True: " for good", False: " for now", None: ""}[row["permanent"]]
        table.add_row(
            escape(row["file"]),
            row["kind"],
            escape("\n".join(row["recipients"])),
            f"{row['status']}{how}",
            escape(" ".join(row["new_text"].split())[:_SHOWN]),
            row["language"],
        )
    Console().print(table)
