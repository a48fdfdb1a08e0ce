"""What the state of a campaign's life lets the agent do: to whom it may write, and how freely.

The states themselves, and who has changed them, are kept by batch code; the runtime is told what
binds. A campaign of which it was told nothing writes to test addresses only.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from agent_runtime.domain import LEVELS, Autonomy
from agent_runtime.ports import Tx

PUBLISHED = "campaign_stages"
FILE = "campaign_stages.json"
"""Where batch code writes them, in the lake."""

NAMES = "campaign_names"
"""Under this name an import publishes which campaigns have touches."""

_RESERVED = ("example", "test", "invalid", "localhost", "example.com", "example.net", "example.org")
"""Names that nobody can own: RFC 2606, sections 2 and 3, and RFC 6761."""


@dataclass(frozen=True, slots=True)
class StageBounds:
    """What binds in the threads of one campaign."""

    stage: str = "sandbox"
    tests_only: bool = True
    """Whether only people with a test address are written to."""
    autonomy: Autonomy = LEVELS[-1]
    """The freest level that the agent may have."""

    def why_held(self, email: str) -> str:
        """Says why the agent is silent to a person with this address; empty where it is not."""
        return f"stage:{self.stage}" if self.tests_only and not is_test_address(email) else ""

    def at_most(self, level: Autonomy | Literal[""]) -> Autonomy:
        """Returns a level, or the stage's where that is stricter; none given is the freest."""
        given = LEVELS.index(level or LEVELS[-1]) if level in (*LEVELS, "") else 0
        bound = LEVELS.index(self.autonomy) if self.autonomy in LEVELS else 0
        return LEVELS[min(given, bound)]


def why_kept_back(campaign_id: str, bounds: StageBounds) -> str:
    """Says in one sentence what of a campaign is held and what releases it; empty: nothing is."""
    if not bounds.tests_only:
        return ""
    return (
        f"{campaign_id}: touches and answers to real addresses are held, since it is in its "
        f"{bounds.stage}; `parley campaign promote {campaign_id} --by NAME` releases them, and "
        f"`parley campaign stage {campaign_id}` says what it takes."
    )


UNBOUND = StageBounds(stage="", tests_only=False)
"""Of threads that no campaign began: the buyer wrote first."""


def is_test_address(email: str) -> bool:
    """Says whether mail to an address can reach nobody, since its domain is reserved for tests."""
    _, at, domain = email.strip().rstrip(".").lower().rpartition("@")
    return bool(at) and any(domain == name or domain.endswith(f".{name}") for name in _RESERVED)


def read_bounds(path: Path) -> dict[str, StageBounds]:
    """Returns the bounds by campaign; none where there is no file."""
    written = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return {name: StageBounds(**row) for name, row in written.items()}


def as_text(bounds: Mapping[str, StageBounds]) -> str:
    """Returns bounds as they are written and published."""
    return json.dumps({name: asdict(bounds[name]) for name in sorted(bounds)}, indent=2)


def publish_bounds(tx: Tx, path: Path) -> None:
    """Publishes what batch code has written, in place of what was published before."""
    tx.publish(PUBLISHED, as_text(read_bounds(path)))


def publish_names(tx: Tx, names: Iterable[str]) -> None:
    """Publishes which campaigns have touches, in place of what was published before."""
    tx.publish(NAMES, json.dumps(sorted(names)))


def kept_back(tx: Tx) -> tuple[str, ...]:
    """Returns a sentence per campaign with touches that may not reach real addresses."""
    names = json.loads(tx.published(NAMES) or "[]")
    return tuple(why for name in names if (why := why_kept_back(name, bounds_of(tx, name))))


def bounds_of(tx: Tx, campaign_id: str) -> StageBounds:
    """Returns what binds in the threads of a campaign; what cannot be read is a sandbox."""
    if not campaign_id:
        return UNBOUND
    try:
        return StageBounds(**json.loads(tx.published(PUBLISHED) or "{}")[campaign_id])
    except (KeyError, TypeError, ValueError):
        return StageBounds()
