"""`parley`: one command line over the three packages, each part loaded only when it is called."""

import sys
from importlib import import_module

import click
import typer.main
from typer import Typer

from agent_runtime.errors import ParleyError
from experiments.errors import ExperimentError
from pipelines.errors import PipelineError

COMMANDS = {
    "demo": ("pipelines.demo:app", "Play the sandbox company end to end and show what it is worth"),
    "ingest": ("pipelines.ingest:app", "Read a CRM export through a mapping and report every row"),
    "experiment": ("experiments.cli:app", "Register, verify, analyse and size experiments"),
    "playbook": ("agent_runtime.playbook_cli:app", "Check and show playbooks"),
    "sandbox": ("agent_runtime.sandbox.cli:app", "Make a company, or adopt a real export"),
    "worker": ("agent_runtime.commands:worker", "Run a worker"),
    "pause": ("agent_runtime.commands:pause", "Stop the agent from sending, at once"),
    "resume": ("agent_runtime.commands:resume", "Let the agent send again"),
    "status": ("agent_runtime.commands:status", "Say what runs, waits and failed"),
    "unknown": ("agent_runtime.commands:unknown", "List and settle mails of unknown fate"),
    "doctor": ("pipelines.doctor:app", "Check this machine and its settings"),
}
"""Name of each command, where it lives, and what `parley --help` says of it."""


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        place, summary = COMMANDS[cmd_name]
        if ctx.resilient_parsing or _asks_for_overview():
            return click.Command(cmd_name, short_help=summary, help=summary)
        module, _, name = place.partition(":")
        target = getattr(import_module(module), name)
        command = typer.main.get_command(target) if isinstance(target, Typer) else target
        command.name = cmd_name
        return command


def _asks_for_overview() -> bool:
    return not [word for word in sys.argv[1:] if not word.startswith("-")]


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="parley")
def cli() -> None:
    """AI sales conversations that can prove what they are worth."""


def main() -> None:
    """Runs the command line; a mistake of the user is one sentence and exit code 2."""
    try:
        cli(prog_name="parley")
    except (ParleyError, ExperimentError, PipelineError) as error:
        click.echo(f"parley: {error}", err=True)
        sys.exit(2)
    except BrokenPipeError:
        sys.exit(0)
