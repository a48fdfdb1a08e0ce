"""The blind sets beside this file: drafts whose author had not seen the checks, by sentence."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from agent_runtime.grounding.draft import Given, ground
from agent_runtime.grounding.entailment import Entailment

LABELLED = Path(__file__).parent / "labelled"
FILES = {path.stem: path for path in sorted(LABELLED.glob("*/set_*.jsonl"))}
NAMES = tuple(name for name, path in FILES.items() if path.parent.name == "blind")
UNTUNED = tuple(name for name, path in FILES.items() if path.parent.name == "untuned")


@dataclass(frozen=True)
class Sentence:
    """One sentence of a draft; `kind` is how it is false, empty where it is true."""

    draft: str
    text: str
    kind: str
    is_blocked: bool


@cache
def judged_sentences(name: str, entails: Entailment | None = None) -> tuple[Sentence, ...]:
    """Returns every sentence of a set with what became of it, with or without a model."""
    found: list[Sentence] = []
    for line in FILES[name].read_text("utf-8").splitlines():
        draft = json.loads(line)
        facts = [Given(fact["id"], fact["text"]) for fact in draft["facts"]]
        for number, one in enumerate(ground(draft["text"], facts, entails=entails)):
            kind = draft["kinds"].get(str(number), "")
            if bool(kind) != (number in draft["false"]):
                raise ValueError(f"{draft['id']}: sentence {number} has no label of its own")
            found.append(Sentence(draft["id"], one.sentence, kind, one.verdict == "blocked"))
    return tuple(found)
