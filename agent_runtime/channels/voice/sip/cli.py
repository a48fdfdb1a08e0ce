"""`parley call sip`: the bridge between a SIP trunk and the calls of a workspace."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from agent_runtime.commands import JsonOption, WorkspaceOption
from agent_runtime.errors import ParleyError
from agent_runtime.settings import Settings, load_settings

if TYPE_CHECKING:
    from agent_runtime.channels.voice.sip.setup import SipSetup

EXAMPLE = (
    '{"host": "10.0.0.5", "trunks": [{"name": "east", "host": "sip.carrier.example", '
    '"user": "parley", "password": "…", "peers": ["203.0.113.0/28"]}]}'
)


def serve(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say with whom it would speak.")
    ] = False,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take and place calls over SIP, until it is stopped. Needs PJSIP: the extra `sip`.

    Runs beside `parley worker`, which hands it the calls that are due. PARLEY_SIP says with whom
    it speaks: numbers are dialled through these trunks only, in their order, and whoever calls
    from another address is refused.

    Example: [bold]parley call sip --dry-run[/bold]
    """
    settings = load_settings(workspace)
    setup = settings.sip
    if setup is None or not setup.trunks:
        raise ParleyError(f"PARLEY_SIP names no trunk; it is JSON, as {EXAMPLE}")
    _check(settings)
    if dry_run:
        _show(setup, as_json=as_json)
        return
    from agent_runtime.channels.voice.sip.serving import serve_sip

    typer.echo("loading ears, voice and models…", err=True)
    serve_sip(settings, announce=lambda where: _announce(where, as_json=as_json))


def _announce(where: str, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"listens": where}))
    else:
        typer.echo(f"calls arrive at sip:{where}  (Ctrl-C ends it)")


def _check(settings: Settings) -> None:
    from importlib.util import find_spec

    if find_spec("pjsua2") is None:
        raise ParleyError(
            "PJSIP is not installed, without which there is no SIP: pip install 'parley[sip]' "
            "(its licence is the GPL, or a commercial one of Teluu)."
        )
    if settings.sip and settings.sip.dials and not settings.voice_numbers:
        typer.echo("no PARLEY_VOICE_NUMBERS: calls are taken, and none is placed", err=True)


def _show(setup: "SipSetup", *, as_json: bool) -> None:
    if as_json:
        about = setup.model_dump(mode="json", exclude={"trunks": {"__all__": {"password"}}})
        typer.echo(json.dumps(about, indent=2))
        return
    typer.echo(f"listens on {setup.host}:{setup.port}, {setup.calls_at_once} calls at once")
    for trunk in setup.trunks:
        dials = "dials and takes" if trunk.takes_calls else "takes"
        peers = ", ".join(trunk.peers) or "nowhere: it cannot call us"
        typer.echo(
            f"{trunk.name:<12} {trunk.host} ({trunk.transport}), {dials} calls; from {peers}"
        )
