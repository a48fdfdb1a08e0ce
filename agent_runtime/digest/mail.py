"""The digest as a mail: plain text, and the same as HTML whose pictures are cells of tables."""

import hashlib
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, formataddr
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from agent_runtime.digest.content import Digest

TEMPLATES = Path(__file__).parent / "templates"
NAME = "Parley"


def as_text(digest: Digest) -> str:
    """Returns the digest as plain text."""
    return _template("digest.txt.j2", is_html=False).render(digest=digest)


def as_html(digest: Digest) -> str:
    """Returns the digest as HTML that loads nothing."""
    return _template("digest.html.j2", is_html=True).render(digest=digest)


def compose(digest: Digest, *, sender: str, to: str, at: datetime) -> EmailMessage:
    """Returns the mail to one reader; sent twice it would have the same Message-ID."""
    message = EmailMessage()
    message["From"] = formataddr((NAME, sender))
    message["To"] = to
    message["Subject"] = f"[Parley] {digest.subject}"
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{message_key(digest, to)}@{sender.partition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(as_text(digest))
    message.add_alternative(as_html(digest), subtype="html")
    return message


def message_key(digest: Digest, to: str) -> str:
    """Returns what the mail to one reader is known by."""
    reader = hashlib.sha256(to.lower().encode()).hexdigest()[:12]
    return f"digest.{digest.week.name}.{reader}"


@cache
def _environment(is_html: bool) -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=is_html,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _template(name: str, *, is_html: bool) -> Template:
    return _environment(is_html).get_template(name)
