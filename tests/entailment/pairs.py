"""What the model learns from: our labelled drafts and companies, as premise, hypothesis, label.

`python -m tests.entailment.pairs FILE` writes JSON lines. Courtesies and questions are left out,
since nobody asks the model about them; so are languages that its encoder does not know.
"""

import json
import random
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from agent_runtime.grounding.draft import Given, ground, language_of
from agent_runtime.grounding.labelled import drafts_in
from agent_runtime.grounding.premises import premise_of
from tests.entailment.companies import written

LABELLED = Path(__file__).parents[1] / "agent_runtime" / "grounding" / "labelled"
BLIND = LABELLED / "blind"
SETS = ("tuned", "held_out", "unseen")
KEPT_BACK = frozenset({"set_08", "set_10"})
"""By which thresholds were chosen, with the companies of `held_out/`."""
TIMES = 2
"""How often a labelled sentence is there for one of the companies, of which there are more."""
TAKEN_AWAY = 0.12
"""Share of supported sentences that are shown once more, without the fact behind them."""

Row = tuple[str, str, int]


def rows(seed: int = 1) -> Iterator[Row]:
    """Yields premise, hypothesis and whether the one entails the other."""
    draw = random.Random(seed)
    for facts, fact, sentence, label in (*_labelled() * TIMES, *_written()):
        must = (fact,) if fact in facts else ()
        yield premise_of(facts, sentence, must=must), sentence, int(label)
        rest = [other for other in facts if other != fact]
        if label and must and rest and draw.random() < TAKEN_AWAY:
            yield draw.choice(rest), sentence, 0


def _written() -> list[tuple[Sequence[str], str, str, bool]]:
    return [(one.facts, one.fact, one.sentence, one.is_supported) for one in written()]


def _labelled() -> list[tuple[Sequence[str], str, str, bool]]:
    found = []
    for facts, text, is_false in (*_of_blind(), *_of_sets()):
        if language_of(text, facts) != "en":
            continue
        known = {given.id: given.text for given in facts}
        for number, one in enumerate(ground(text, facts)):
            if one.verdict in ("courtesy", "question") or one.sentence.endswith("?"):
                continue
            fact = known.get(one.fact, "")
            found.append((tuple(known.values()), fact, one.sentence, not is_false(number, one)))
    return found


def _of_blind():
    for path in sorted(BLIND.glob("*.jsonl")):
        if path.stem in KEPT_BACK:
            continue
        for line in path.read_text("utf-8").splitlines():
            draft = json.loads(line)
            facts = [Given(fact["id"], fact["text"]) for fact in draft["facts"]]
            false = frozenset(draft["false"])
            yield facts, draft["text"], lambda number, _, false=false: number in false


def _of_sets():
    for name in SETS:
        for draft in drafts_in(LABELLED / name):
            lie = draft.lie
            yield (
                list(draft.facts),
                draft.text,
                lambda _, one, lie=lie: bool(lie) and (one.sentence in lie or lie in one.sentence),
            )


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("w", encoding="utf-8") as file:
        for premise, hypothesis, label in rows():
            row = {"premise": premise, "hypothesis": hypothesis, "label": label}
            print(json.dumps(row, ensure_ascii=False), file=file)
