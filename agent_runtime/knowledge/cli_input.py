"""What `parley knowledge` is given, checked: days, scopes, ids and languages."""

import re
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import typer

from agent_runtime.knowledge.passage import EVERYWHERE, KnowledgeError


def instant(at: datetime | None) -> datetime:
    """Returns the instant as of which a command works."""
    return at.replace(tzinfo=UTC) if at else datetime.now(UTC)


def ask(option: str, question: str) -> str:
    """Returns what a person answers on a terminal; elsewhere the option must be given."""
    if not sys.stdin.isatty():
        raise KnowledgeError(f"{option} is missing; nothing goes live unless it is given.")
    return typer.prompt(question, err=True)


def expiry(expires: datetime | None, today: date, *, dry_run: bool) -> date | None:
    """Returns the first day on which a document is not served; a dry run needs none."""
    if expires is None:
        if dry_run:
            return None
        said = ask("--expires", "First day on which it is not served any more (YYYY-MM-DD)")
        try:
            expires = datetime.strptime(said.strip(), "%Y-%m-%d")
        except ValueError:
            raise KnowledgeError(f"--expires {said!r}: not a day; write YYYY-MM-DD.") from None
    if expires.date() <= today:
        raise KnowledgeError(f"--expires {expires.date()}: that day has come; name a later one.")
    return expires.date()


def slug_of(stem: str) -> str:
    """Returns the id that the name of a file makes."""
    from agent_runtime.knowledge.vocabulary import folded

    slug = re.sub(r"[^a-z0-9]+", "-", folded(stem)).strip("-")
    if not slug:
        raise KnowledgeError(f"{stem!r} makes no id; give one with --id.")
    return slug


def locale_of(file: Path, locale: str, text: str) -> Any:
    """Returns the language that was named, or that the text is in."""
    from agent_runtime.hearing.language import detect_language
    from agent_runtime.library.content import LOCALES

    found = locale or detect_language(text[:5000], fallback="en")
    if found not in LOCALES:
        known = ", ".join(LOCALES)
        raise KnowledgeError(f"{file}: the language {found!r} is none of {known}; give --locale.")
    return found


def scopes_of(text: str) -> tuple[str, ...]:
    """Returns the scopes of a list with commas."""
    scopes = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    for scope in scopes:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", scope):
            raise KnowledgeError(f"--scope {scope!r}: use small letters, digits and _ only.")
    return scopes or (EVERYWHERE,)


def playbook_scopes(playbook: str, library: Path) -> tuple[str, ...]:
    """Returns what a playbook of the company's library may look up."""
    from agent_runtime.library.catalog import company_library

    scopes = company_library(library).playbook(playbook).scopes
    if not scopes:
        raise KnowledgeError(
            f"playbook {playbook!r} names no scopes, so it looks nothing up; try --scope instead."
        )
    return (*scopes, EVERYWHERE)
