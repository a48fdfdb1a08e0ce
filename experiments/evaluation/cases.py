"""What one version made of one case; a file of them is the whole evidence of an evaluation."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from experiments.champion import Answer
from experiments.errors import ExperimentError

CaseKind = Literal["turn", "text", "draft", "replay"]
"""turn: of a scenario; text: a labelled message; draft: a labelled draft; replay: an old turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case and what a version made of it; what does not apply is None, empty or 0.

    Attributes:
        id: The same for every version.
        kind: What kind of case.
        group: Cases that hang together, such as the turns of a scenario: one cluster.
        label: Playbook of a turn, language of a text, kind of falsehood of a draft.
        wanted: A hash of what is expected; versions are compared on the same expectations only.
        shown: The beginning of the words, for whoever reads the table.
        truth: The intent that people labelled.
        said: The intent that was read.
        confidence: Of the reading.
        is_stop: Whether the words ask that contact stop.
        heard_stop: Whether that was heard.
        is_objection: Whether the turn answers an objection.
        as_expected: Whether the turn did what the playbook wants.
        departs: Where it did not, in words.
        is_drafted: Whether the language model's words were chosen.
        by_itself: Whether the message would go out without a person.
        claims: Sentences of the language model's drafts.
        supported: Of these, those that claim nothing or stand on a fact.
        let_through: Sentences that would go out and are neither approved nor supported.
        slips: Departures from the style guide in the message.
        words: Of the message without greeting and signature.
        is_false: Whether a labelled draft holds a false claim.
        is_caught: Whether something in it was blocked, and in a false one the falsehood.
        asked: Whether the language model was asked.
        failure: Why it gave no answer that can be used.
        input_tokens: That it read, without those that it had read before.
        cached_tokens: That it had read before.
        output_tokens: That it wrote.
        latency_ms: Of the turn, with the language model's time.
        is_changed: Whether an old turn would be decided otherwise.
    """

    id: str
    kind: CaseKind
    group: str
    label: str
    wanted: str = ""
    shown: str = ""
    truth: str = ""
    said: str = ""
    confidence: float = 0.0
    is_stop: bool = False
    heard_stop: bool = False
    is_objection: bool = False
    as_expected: bool | None = None
    departs: str = ""
    is_drafted: bool = False
    by_itself: bool | None = None
    claims: int = 0
    supported: int = 0
    let_through: int = 0
    slips: tuple[str, ...] = ()
    words: int = 0
    is_false: bool | None = None
    is_caught: bool | None = None
    asked: bool = False
    failure: str = ""
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    latency_ms: float = 0.0
    is_changed: bool | None = None

    @property
    def answer(self) -> Answer:
        """The reading, as the rule of models that read texts wants it."""
        return Answer(self.truth, self.said, self.confidence, self.is_stop, self.heard_stop)


def case_of(row: dict[str, Any]) -> Case:
    """Returns a case as `asdict` and JSON wrote it."""
    return Case(**{**row, "slips": tuple(row["slips"])})


def write_cases(path: Path, cases: Iterable[Case]) -> Path:
    """Writes cases, one JSON object a line."""
    lines = (json.dumps(asdict(case), ensure_ascii=False) for case in cases)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def read_cases(path: Path) -> tuple[Case, ...]:
    """Returns the cases of a file."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return tuple(case_of(json.loads(line)) for line in lines)


def case_set(cases: Iterable[Case]) -> str:
    """Returns a hash of the cases and of what is expected of them, whatever came of it."""
    rows = sorted((case.id, case.truth, case.is_stop, case.wanted) for case in cases)
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()[:16]


def paired(
    champion: Sequence[Case], challenger: Sequence[Case]
) -> tuple[tuple[Case, ...], tuple[Case, ...]]:
    """Returns the cases of both in one order.

    Raises:
        ExperimentError: the two were not measured on the same cases.
    """
    old, new = ({case.id: case for case in cases} for cases in (champion, challenger))
    if not old or case_set(champion) != case_set(challenger):
        gone, more = len(old.keys() - new.keys()), len(new.keys() - old.keys())
        raise ExperimentError(
            f"the champion was measured on {len(old)} cases and the challenger on {len(new)}, "
            f"{gone} missing, {more} others, or other labels; `parley evaluate` both on one set."
        )
    ids = sorted(old)
    return tuple(old[i] for i in ids), tuple(new[i] for i in ids)
