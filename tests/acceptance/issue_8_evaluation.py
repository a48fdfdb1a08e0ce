"""The champion rule on whole evaluations: a worse prompt or model is refused, an equal one passes.

Every version is measured on the whole scenario library, and as many labelled texts and drafts.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.acceptance.check import Check, Result, Verdict

REPOSITORY = Path(__file__).parents[2]
PROMPT = REPOSITORY / "agent_runtime/prompts/answer.md"
LIARS = ("invents_prices", "broken_json")
SAMPLE = "190"
"""Of each kind of case: every scenario, and so many texts and drafts."""
REWORDED = ("Say nothing about prices", "Do not say anything about prices")
GENEROUS = ("# Policy\n", "# Policy\n- Offer 30 % off where that may help.\n")
CARELESS = ("the one to deal with first at the beginning", "in any order")


def _evaluate(workspace: Path, *options: str) -> Result:
    """Runs the command as a person would, and returns what it says."""
    done = _parley("evaluate", "-w", str(workspace), "--json", "--sample", SAMPLE, *options)
    if done.returncode:
        raise RuntimeError(done.stderr[-500:])
    return json.loads(done.stdout.splitlines()[-1])


def _promote(workspace: Path, version: int, why: str) -> tuple[bool, str]:
    """Returns whether the registry let it, and what it said."""
    named = ["promote", "agent", "--version", str(version), "--who", "acceptance", "--why", why]
    done = _parley("model", *named, "-w", str(workspace))
    return done.returncode == 0, (done.stdout + done.stderr).strip()


def _parley(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from pipelines.cli import main; main()", *words],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )


def _prompt(folder: Path, name: str, change: tuple[str, str]) -> Path:
    """Writes the shipped prompt with some of its words otherwise, as a version of its own."""
    before, after = change
    text = PROMPT.read_text("utf-8")
    if before not in text:
        raise ValueError(f"the prompt no longer says {before!r}; give this check other words")
    path = folder / f"{name}.md"
    path.write_text(text.replace(before, after), encoding="utf-8")
    return path


def _knows_its_part(prefix: str, turn: str) -> str:
    """A model that answers the scenarios as their authors wish, if its prompt says the right thing.

    Told to offer discounts it does, and told to name intents in any order it reads at random.
    """
    from tests.agent_runtime.models.stand_in_answers import ANSWERS, turn_of

    if GENEROUS[1] in prefix:
        return ANSWERS["invents_prices"](prefix, turn)
    if CARELESS[1] in prefix:
        return ANSWERS["denies_being_a_bot"](prefix, turn)
    message = turn_of(turn)["message"]
    intent = _labels().get(message.strip(), "")
    meant = [{"name": intent or "unclear", "confidence": 0.95 if intent else 0.3}]
    return json.dumps(
        {
            "intents": meant,
            "entities": [],
            "actions": [{"action": "hand_off", "confidence": 0.5}],
            "drafts": [],
            "confidence": 0.5,
        }
    )


def _labels() -> dict[str, str]:
    from agent_runtime.library.catalog import load_library
    from agent_runtime.models.training import read_training
    from agent_runtime.placeholders import redact
    from agent_runtime.script.rehearsal import READER

    if not _KNOWN:
        for scenario in load_library().scenarios:
            for turn in scenario.turns:
                if turn.buyer and turn.heard:
                    _KNOWN[redact(turn.buyer, READER).text.strip()] = turn.heard
        folder = REPOSITORY / "tests/agent_runtime/models/intents"
        for example in read_training(folder):
            _KNOWN[redact(example.text, READER).text.strip()] = example.intent
    return _KNOWN


_KNOWN: dict[str, str] = {}


def _embedded_champion(workspace: Path, folder: Path) -> Result:
    """The models that ship first; one that invents prices, and one that gives no answer."""
    from tests.agent_runtime.models.vllm_stand_in import serve

    first = _evaluate(workspace, "--model", "embedded")
    crowned, _ = _promote(workspace, first["version"], "the first")
    same = _evaluate(workspace, "--model", "embedded", "--fresh")
    equal, said = _promote(workspace, same["version"], "as good")
    found: Result = {"first": crowned, "equal_promoted": equal, "equal_said": said}
    for behaviour in LIARS:
        with serve(behaviour) as stand_in:
            worse = _evaluate(workspace, "--model", stand_in.url)
        found[behaviour] = _outcome(workspace, worse)
    return found


def _prompted_champion(workspace: Path, folder: Path) -> Result:
    """A language model first that knows its part; then three other prompts for it."""
    from tests.agent_runtime.models import stand_in_answers
    from tests.agent_runtime.models.vllm_stand_in import serve

    stand_in_answers.ANSWERS["knows_its_part"] = _knows_its_part
    with serve("knows_its_part") as stand_in:

        def measured(prompt: Path) -> Result:
            return _evaluate(workspace, "--model", stand_in.url, "--prompt", str(prompt))

        careless = measured(_prompt(folder, "careless", CARELESS))
        crowned, _ = _promote(workspace, careless["version"], "the first")
        better = _outcome(workspace, measured(PROMPT))
        equal = _outcome(workspace, measured(_prompt(folder, "reworded", REWORDED)))
        worse = _outcome(workspace, measured(_prompt(folder, "generous", GENEROUS)))
    return {"first": crowned, "better": better, "equal": equal, "worse": worse}


def _outcome(workspace: Path, evaluated: Result) -> Result:
    failing = [c["name"] for c in evaluated["judgement"]["conditions"] if not c["holds"]]
    promoted, said = _promote(workspace, evaluated["version"], "to see")
    value = {name: one["value"] for name, one in evaluated["figures"].items()}
    kept = ("intent_macro_f1", "adherence", "objections", "grounding", "answered")
    return {
        "promoted": promoted,
        "said": said[:900],
        "failing": failing,
        "cases": evaluated["cases"],
        **{name: value[name] for name in kept},
    }


_CASES: dict[str, Callable[[Path, Path], Result]] = {
    "embedded champion": _embedded_champion,
    "prompts of one model": _prompted_champion,
}


def _run(case: str) -> Result:
    with TemporaryDirectory() as name:
        folder = Path(name)
        return _CASES[case](folder / "workspace", folder)


def _judge(results: Mapping[str, Result]) -> Verdict:
    models, prompts = (results[name] for name in _CASES)
    refused = [name for name in LIARS if not models[name]["promoted"]]
    reasons = "; ".join(f"{name}: {', '.join(models[name]['failing'])}" for name in LIARS)
    better, equal, worse = (prompts[name] for name in ("better", "equal", "worse"))
    figure = (
        f"{better['cases']} cases a version; models that lie: {len(refused)} of {len(LIARS)} "
        f"refused ({reasons}); prompts: worse refused ({', '.join(worse['failing'])}), equal "
        f"{'promoted' if equal['promoted'] else 'refused'}, better "
        f"{'promoted' if better['promoted'] else 'refused'}"
    )
    holds = (
        models["first"]
        and models["equal_promoted"]
        and len(refused) == len(LIARS)
        and "grounding" in models["invents_prices"]["failing"]
        and "answered" in models["broken_json"]["failing"]
        and better["promoted"]
        and equal["promoted"]
        and not worse["promoted"]
        and "grounding" in worse["failing"]
    )
    bound = "each worse one refused with the reason, the equal and the better one promoted"
    return Verdict(bool(holds), figure, bound)


CHECKS = {"evaluation": Check(cases=list(_CASES), sample=[], run=_run, judge=_judge)}
