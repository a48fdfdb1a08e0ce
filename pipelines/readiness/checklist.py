"""The checklist as data, and what was found for each of its items."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter

from agent_runtime.authored import load_yaml

FILE = Path(__file__).with_name("checklist.yaml")

State = Literal["ready", "missing", "not checked"]
"""`not checked` is a gap too: nobody knows whether it is there."""


class Rule(BaseModel):
    """One thing that a pilot needs, whose task it is, and what to do where it is missing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    topic: str
    """A few words for the sentence that lists the gaps."""
    group: str
    title: str
    whose: str
    wants: str
    """What counts as ready, in words; `{bound}` is the number."""
    todo: str
    bound: float | None = None
    """Shares from 0 to 1, else a count or days."""
    most: float | None = None
    """More than that is no gap, and the page says so."""

    @property
    def limit(self) -> float:
        """The bound of an item that is counted."""
        if self.bound is None:
            raise ValueError(f"{FILE.name}: {self.id} has no bound; give it one.")
        return self.bound

    @property
    def wanted(self) -> str:
        """What counts as ready, with the bound in it."""
        return self.wants.format(bound=self.bound) if self.bound is not None else self.wants


@dataclass(frozen=True, slots=True)
class Detail:
    """One line below an item: a field, a source, a language, a record."""

    name: str
    figure: str
    is_gap: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What was found for an item."""

    state: State
    figure: str
    details: tuple[Detail, ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """An item of the checklist with what was found for it."""

    id: str
    topic: str
    group: str
    title: str
    state: State
    figure: str
    wanted: str
    whose: str
    todo: str
    """What to do, in one sentence; empty where it is ready."""
    details: tuple[Detail, ...]

    @property
    def is_ready(self) -> bool:
        """Whether the pilot need not wait for it."""
        return self.state == "ready"


@cache
def checklist(path: Path = FILE) -> tuple[Rule, ...]:
    """Returns the items in the order of the page."""
    rules = TypeAdapter(tuple[Rule, ...])
    return rules.validate_python(load_yaml(path.read_text(encoding="utf-8")))


def found_by(is_ready: bool, figure: str, details: tuple[Detail, ...] = ()) -> Found:
    """Returns ready or missing."""
    return Found("ready" if is_ready else "missing", figure, details)


def not_checked(why: str) -> Found:
    """Returns a gap of which nobody knows whether it is one."""
    return Found("not checked", f"not checked: {why}")


def share_of(part: int, whole: int, things: str) -> str:
    """Returns `96.2% (1,924 of 2,000 people)`; a share never rounds up to a whole."""
    if not whole:
        return f"no {things}"
    share = part / whole
    text = "100%" if part == whole else f"{min(share, 0.999):.1%}"
    return f"{text} ({part:,} of {whole:,} {things})"
