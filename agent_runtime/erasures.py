"""Who was erased, as keyed hashes alone: enough to know them again, and to say nothing of them.

A hash of an address is a pseudonym, not nothing: whoever holds the address can ask whether it is
listed. It is kept since nothing else could keep a person out whom a source brings again, and since
who asked to be erased has asked for silence too (GDPR, articles 17(3)(b) and 21(3)).
"""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Literal

from agent_runtime.errors import ParleyError

FILE = "erasures.jsonl"
NOTE = "erased on request"
"""What stands with the day where words of an erased person stood."""
SEPARATOR = "\x1f"
HASH_CHARS = 32
PREFIX = "sha256:"
"""Begins an entry of the suppression lists that names an address by its hash."""

ErasedKind = Literal["email", "contact_id", "landed"]
"""An address; the id of a contact; a row of a landed table, as `source.table` and its key."""


def hash_of(tenant_id: str, kind: str, value: str) -> str:
    """Returns the hash of a key of a tenant; addresses are compared in lower case."""
    key = value.strip().lower() if kind == "email" else value
    return hashlib.sha256(SEPARATOR.join((tenant_id, kind, key)).encode()).hexdigest()[:HASH_CHARS]


def add_erasures(
    path: Path, tenant_id: str, keys: Iterable[tuple[ErasedKind, str]], *, now: datetime
) -> int:
    """Adds what is not there yet to the end of the file, on the disk before it returns."""
    known = read_erasures(path).get(tenant_id, {})
    hashed = dict.fromkeys((kind, hash_of(tenant_id, kind, value)) for kind, value in keys)
    new = [(kind, one) for kind, one in hashed if one not in known.get(kind, frozenset())]
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        for kind, one in new:
            said = {"at": now.isoformat(), "tenant_id": tenant_id, "kind": kind, "hash": one}
            file.write(json.dumps(said) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return len(new)


def read_erasures(path: Path) -> Mapping[str, Mapping[str, frozenset[str]]]:
    """Returns the hashes by tenant and kind; empty where nobody was erased.

    Raises:
        ParleyError: a line cannot be read; nobody may come back because of it.
    """
    found: dict[str, dict[str, set[str]]] = {}
    lines = path.read_text("utf-8").splitlines() if path.is_file() else ()
    for number, line in enumerate(lines, start=1):
        try:
            said = json.loads(line)
            of_tenant = found.setdefault(said["tenant_id"], {})
            of_tenant.setdefault(said["kind"], set()).add(said["hash"])
        except (ValueError, KeyError, TypeError):
            raise ParleyError(
                f"{path}, line {number}: it is no erasure; restore the file, since whoever was "
                "erased may not be read again."
            ) from None
    return {
        tenant: {kind: frozenset(hashes) for kind, hashes in kinds.items()}
        for tenant, kinds in found.items()
    }
