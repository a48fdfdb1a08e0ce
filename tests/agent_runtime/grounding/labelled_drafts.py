"""The labelled drafts beside this file, judged: false ones caught, honest ones blocked."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from agent_runtime.grounding.draft import Finding, Given, ground

FOLDER = Path(__file__).parent / "labelled"
SETS = ("tuned", "held_out", "unseen")
_LIE = re.compile(r"\*(.+?)\*", re.DOTALL)


@dataclass(frozen=True)
class Labelled:
    """One draft; `lie` is what is false in it, empty in an honest one."""

    kind: str
    facts: tuple[Given, ...]
    text: str
    lie: str


@dataclass(frozen=True)
class Judged:
    """A draft with what was found of its sentences."""

    draft: Labelled
    findings: tuple[Finding, ...]

    @property
    def is_right(self) -> bool:
        """False drafts must be caught at the false sentence; in honest ones nothing is blocked."""
        blocked = [f.sentence for f in self.findings if f.verdict == "blocked"]
        if not self.draft.lie:
            return not blocked
        return any(s in self.draft.lie or self.draft.lie in s for s in blocked)


def drafts(name: str) -> Iterator[Labelled]:
    """Yields the drafts of one set, kind by kind."""
    for label in ("false", "honest"):
        for path in sorted((FOLDER / name / label).glob("*.yaml")):
            companies = _yaml(FOLDER / name / "facts.yaml")
            for who, texts in _yaml(path).items():
                for text in texts:
                    yield _labelled(
                        path.stem if label == "false" else "honest", companies[who], text
                    )
    for path in sorted((FOLDER / name).glob("scenarios*.yaml")):
        for scenario in _yaml(path):
            for kind, text in scenario["planted"].items():
                yield _labelled(re.sub(r"_\d$", "", kind), scenario["facts"], text)
            for text in scenario["honest"]:
                yield _labelled("honest", scenario["facts"], text)


@cache
def judged(name: str) -> tuple[Judged, ...]:
    """Returns the drafts of a set with their findings."""
    return tuple(Judged(d, ground(d.text, d.facts)) for d in drafts(name))


def _labelled(kind: str, facts: dict[str, str], text: str) -> Labelled:
    given = tuple(Given(name, fact) for name, fact in facts.items())
    lie = " ".join(_LIE.findall(text))
    if bool(lie) == (kind == "honest"):
        raise ValueError(
            f"{kind}: {text!r} marks a falsehood where there is none, or none where is"
        )
    return Labelled(kind, given, text.replace("*", ""), lie)


def _yaml(path: Path):
    return yaml.safe_load(path.read_text("utf-8"))
