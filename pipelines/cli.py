"""`parley`: one command line over the three packages, each part loaded only when it is called."""

import importlib.metadata
import sys
from importlib import import_module
from typing import Annotated, Any

from typer import Exit, Option, Typer, echo
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from agent_runtime.errors import ParleyError
from experiments.errors import ExperimentError
from pipelines.errors import PipelineError

COMMANDS = {
    "demo": ("pipelines.demo:app", "Play the sandbox company end to end and show what it is worth"),
    "sources": ("pipelines.sources.cli:app", "Pull CRM, databases, files and feeds; see drift"),
    "init": ("pipelines.first_steps.cli:app", "Write the files of a first pilot"),
    "ingest": ("pipelines.ingest:app", "Read a CRM export through a mapping and report every row"),
    "identity": ("pipelines.identity.cli:app", "Say who is the same person: review, merge, split"),
    "readiness": ("pipelines.readiness.cli:app", "Say what is missing before a pilot may start"),
    "campaign": (
        "pipelines.campaigns.cli:app",
        "Schedule, look at, approve, pause and explain campaigns",
    ),
    "segment": ("pipelines.segment_cli:app", "Who is in which segment, and why or why not"),
    "fit": ("pipelines.fit.cli:app", "Score accounts by what was won and lost, with reasons"),
    "experiment": (
        "pipelines.experiment_cli:app",
        "Register, assign, verify, analyse and size experiments",
    ),
    "bakeoff": (
        "pipelines.bakeoff.cli:app",
        "Compare vendors, agents, models or playbooks side by side",
    ),
    "playbook": ("agent_runtime.library.cli:app", "Check and show playbooks"),
    "mail": (
        "agent_runtime.channels.email.mail_cli:app",
        "Say what a mail is: reply, bounce, complaint",
    ),
    "perceive": ("agent_runtime.perceive_cli:app", "Say what each message means"),
    "ground": ("agent_runtime.grounding.cli:app", "Say which sentences stand on facts"),
    "redteam": ("agent_runtime.redteam.cli:app", "Attack the agent with texts, and count effects"),
    "mind": ("pipelines.mind:app", "Measure how well messages are read"),
    "model": ("pipelines.models.cli:app", "Register models, compare them, choose the champion"),
    "evaluate": ("pipelines.evaluation.cli:app", "Measure a prompt, model, policy or playbook"),
    "pii": ("agent_runtime.pii.cli:app", "Find and redact personal data in texts"),
    "times": ("agent_runtime.times.cli:app", "Say which times each message asks for"),
    "script": ("agent_runtime.script.cli:app", "Turn a sales script or call into a proposal"),
    "knowledge": ("agent_runtime.knowledge.cli:app", "Add documents that the agent may quote"),
    "sandbox": ("agent_runtime.sandbox.cli:app", "Make a company, or adopt a real export"),
    "serve": (
        "agent_runtime.console.cli:serve",
        "Serve the console, chat, web forms and unsubscribing",
    ),
    "people": ("agent_runtime.console.people.cli:people", "Who may use the console, and as what"),
    "token": (
        "agent_runtime.console.people.token_cli:token",
        "Tokens by which programs use the console",
    ),
    "audit": ("agent_runtime.console.audit.cli:audit", "Export a sample of the audit log"),
    "worker": ("agent_runtime.commands:worker", "Run a worker"),
    "mailbox": ("agent_runtime.commands:mailbox", "Warm a new mailbox up, or say how warm it is"),
    "pause": ("agent_runtime.commands:pause", "Stop the agent from sending, at once"),
    "resume": ("agent_runtime.commands:resume", "Let the agent send again"),
    "metrics": ("pipelines.metrics_cli:app", "What each figure means, and its values"),
    "notebook": ("pipelines.notebook_cli:app", "Notebooks: list them, begin one, get its answer"),
    "dashboard": ("pipelines.readouts.dashboards.cli:app", "Build, open and export the dashboards"),
    "digest": ("agent_runtime.digest.cli:digest", "Send the week's figures to those who lead"),
    "stop-rules": ("pipelines.stopping_cli:app", "What stops a campaign by itself"),
    "status": ("agent_runtime.commands:status", "Say what runs, waits and failed"),
    "unknown": ("agent_runtime.commands:unknown", "List and settle mails of unknown fate"),
    "approvals": ("agent_runtime.approvals_cli:approvals", "Decide on drafts that wait"),
    "suppress": ("agent_runtime.suppress_cli:suppress", "Lists of those not to write to"),
    "dnc": ("agent_runtime.calling.dnc_cli:dnc", "Do-not-call lists: import, check, show"),
    "voice": ("agent_runtime.calling.voice_cli:voice", "Say who may be called now, and why not"),
    "call": ("agent_runtime.calling.call_cli:call", "Ask for calls, rehearse one, read them back"),
    "policy": ("agent_runtime.policies_cli:policy", "Rules: list, try, explain, profiles"),
    "retention": ("agent_runtime.retention_cli:retention", "How long words are kept; remove them"),
    "requests": (
        "agent_runtime.data_requests.cli:requests",
        "What people ask about their own data, and by when",
    ),
    "pages": (
        "agent_runtime.console.prospects.cli:pages",
        "Look at the pages that people outside see",
    ),
    "erase": ("pipelines.erase_cli:app", "Erase one person everywhere, and keep them out"),
    "autonomy": ("pipelines.band_cli:autonomy", "Say how free the agent is, per use case"),
    "tasks": ("agent_runtime.tasks_cli:tasks", "Work for people: who has what, and answers"),
    "review": ("agent_runtime.feedback.cli:app", "Score, tag, survey, roll back, time"),
    "enrich": ("agent_runtime.enrich_cli:app", "Add facts about companies, from listed sources"),
    "crm": ("agent_runtime.crm_cli:crm", "See and take back what was written to the CRM"),
    "lists": ("pipelines.lists_cli:app", "Put people on a list of the marketing tool, take off"),
    "tickets": ("agent_runtime.crm_cli:tickets", "See the cases that were opened for support"),
    "linkedin": ("agent_runtime.linkedin_cli:linkedin", "Work drafts that are posted by hand"),
    "calendar": (
        "agent_runtime.calendar_cli:calendar",
        "See free times and who would meet a buyer",
    ),
    "meeting": ("agent_runtime.calendar_cli:meeting", "See meetings and say what became of them"),
    "brief": ("agent_runtime.commands:brief", "Brief a rep on one person, with talk tracks"),
    "memory": (
        "agent_runtime.remembering.cli:app",
        "What is remembered of a person; a story that shows it",
    ),
    "replay": ("pipelines.replays.cli:app", "Run old turns through new versions"),
    "changes": ("pipelines.changes.cli:app", "What changed, by whom, why, and what it did"),
    "costs": ("pipelines.costs.cli:app", "Calculate what it costs; write the invoice of a month"),
    "speech": ("agent_runtime.speech.cli:app", "Say a text into a file; write down what one says"),
    "doctor": ("pipelines.doctor:app", "Check this machine and its settings"),
}
"""Name of each command, where it lives, and what `parley --help` says of it."""


class _Lazy(TyperGroup):
    """Knows the commands by name and imports one only when it is called."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Returns the names of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Returns a command; for the overview its summary is enough."""
        if cmd_name not in COMMANDS:
            return None
        place, summary = COMMANDS[cmd_name]
        if not [word for word in sys.argv[1:] if not word.startswith("-")]:
            return TyperCommand(cmd_name, help=summary, callback=lambda: None)
        module, _, name = place.partition(":")
        command = get_command(getattr(import_module(module), name))
        command.name = cmd_name
        return command


cli = Typer(
    cls=_Lazy,
    add_completion=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@cli.callback(invoke_without_command=True)
def _parley(
    version: Annotated[bool, Option("--version", help="Show the version.", is_eager=True)] = False,
) -> None:
    """AI sales conversations that can prove what they are worth."""
    if version:
        echo(importlib.metadata.version("parley"))
        raise Exit


def main() -> None:
    """Runs the command line; a mistake of the user is one sentence and exit code 2."""
    try:
        cli(prog_name="parley")
    except (ParleyError, ExperimentError, PipelineError) as error:
        echo(f"parley: {error}", err=True)
        sys.exit(2)
