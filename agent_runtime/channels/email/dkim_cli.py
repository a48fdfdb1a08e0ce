"""`parley mail dkim-key`: keys with which mail is signed."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from agent_runtime.commands import JsonOption
from agent_runtime.errors import ParleyError


def dkim_key(
    domain: Annotated[str, typer.Argument(help="Domain that mail is sent from.")],
    selector: Annotated[str, typer.Option(help="Name of the key in DNS.")] = "parley",
    out: Annotated[
        Path | None, typer.Option(help="File for the private key [default: SELECTOR.DOMAIN.pem]")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Make a key to sign mail with, and print the DNS record that publishes it.

    Example: [bold]parley mail dkim-key mail.example.com[/bold]
    """
    from agent_runtime.channels.email.dkim_signature import make_key

    path = out or Path(f"{selector}.{domain}.pem")
    pem, value = make_key()
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise ParleyError(
            f"--out {path}: the key cannot be written ({error.strerror}); name another file, since "
            "a key that may be in use is never written over."
        ) from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
    name = f"{selector}._domainkey.{domain}"
    if as_json:
        typer.echo(json.dumps({"name": name, "type": "TXT", "value": value, "key": str(path)}))
        return
    pieces = " ".join(f'"{value[at : at + 255]}"' for at in range(0, len(value), 255))
    typer.echo(f"private key: {path}\nDNS record:\n{name}. IN TXT {pieces}\n")
    typer.echo(
        f"then set PARLEY_DKIM_DOMAIN={domain} PARLEY_DKIM_SELECTOR={selector} "
        f"PARLEY_DKIM_KEY={path}"
    )
