"""How words of a thread are shown: as they are, or with placeholders for all personal data."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256

from agent_runtime.domain import Contact
from agent_runtime.lone_text import NOBODY
from agent_runtime.placeholders import fill, redact
from agent_runtime.store.thread_rows import FoundThread, ThreadRecord

_LITERAL = re.compile(r"\[\[LITERAL(?:_\d+)?\]\]")
"""For a placeholder that stands in the text already: it stays what it is."""
COLLEAGUE = "a person of ours"


@dataclass(frozen=True)
class Showing:
    """Who a thread is with, and how its words read for whoever looks at it."""

    tenant_id: str
    thread_id: str
    contact: Contact | None
    originals: Mapping[str, str] = field(default_factory=dict)
    is_redacted: bool = True

    @classmethod
    def of(cls, found: FoundThread | ThreadRecord, *, is_redacted: bool) -> "Showing":
        """Returns how a thread that was found is shown."""
        session = found.session
        told = (session.tenant_id, session.thread_id, found.contact, found.originals)
        return cls(*told, is_redacted)

    def text(self, said: str) -> str:
        """Returns words of anybody; redacted, they are searched again and not only as stored."""
        if said not in self._known:
            self._known[said] = self._shown(said) if said else ""
        return self._known[said]

    def _shown(self, said: str) -> str:
        contact = self.contact or NOBODY
        if not self.is_redacted:
            return fill(said, contact, self.originals)
        for value, token in self._hidden:
            said = said.replace(value, token)
        found = redact(said, contact, known=self.originals)
        return _LITERAL.sub(lambda match: found.originals[match[0]], found.text)

    def colleague(self, name: str) -> str:
        """Returns who of ours it was: by address or name, or redacted."""
        return COLLEAGUE if self.is_redacted and name else name

    @property
    def name(self) -> str:
        """Whose thread it is."""
        if self.is_redacted or self.contact is None:
            return f"Person {self.alias[:6]}"
        full = f"{self.contact.first_name} {self.contact.last_name}".strip()
        return full or self.contact.email or f"Person {self.alias[:6]}"

    @property
    def company(self) -> str:
        """Where they work; empty when redacted."""
        return "" if self.is_redacted or self.contact is None else self.contact.company

    @property
    def alias(self) -> str:
        """A name for the thread that leads to nobody outside of this store."""
        told = f"{self.tenant_id}\x1f{self.thread_id}"
        return sha256(told.encode()).hexdigest()[:12]

    @cached_property
    def _known(self) -> dict[str, str]:
        """What was shown before: subjects and approved texts come again and again."""
        return {}

    @cached_property
    def _hidden(self) -> tuple[tuple[str, str], ...]:
        """Originals, the longest first; shorter ones may be part of any word."""
        known = ((value, token) for token, value in self.originals.items())
        found = [(value, token) for value, token in known if len(value) > 3]
        return tuple(sorted(found, key=lambda pair: -len(pair[0])))
