"""Writes a ready bake-off: the plan, and the sheet of what every candidate is asked."""

from collections.abc import Sequence
from pathlib import Path

from experiments.bakeoff.answers import write_questions
from experiments.bakeoff.config import HOLDOUT, BakeOff, load_bakeoff
from experiments.errors import BakeOffError
from experiments.pages import templates_in

TEMPLATES = Path(__file__).parent / "templates"
PLAN = "bakeoff.yaml"
ANSWERS_SHEET = "answers.csv"
TREATED = 0.7
"""Part of all contacts whom candidates write to, shared equally; the rest is held out."""


def write_template(
    folder: Path,
    *,
    candidates: Sequence[str],
    kind: str,
    bakeoff_id: str,
    segment: str,
    channel: str,
    playbook: str,
    seed: int,
) -> BakeOff:
    """Writes `bakeoff.yaml` and `answers.csv` into a folder and returns the plan.

    Raises:
        BakeOffError: The folder holds a plan already, or what was given makes none.
    """
    if not 2 <= len(set(candidates)) == len(candidates) <= 5:
        raise BakeOffError(
            f"--candidates is {','.join(candidates)!r}, but must name two to five, each once, with "
            "commas between"
        )
    if HOLDOUT in candidates:
        raise BakeOffError(
            f"--candidates names {HOLDOUT!r}, which is the arm that nobody writes to; name it "
            "otherwise"
        )
    plan = folder / PLAN
    for path in (plan, folder / ANSWERS_SHEET):
        if path.exists():
            raise BakeOffError(f"{path} is there already; name another folder, or remove it")
    share = int(TREATED / len(candidates) * 100) / 100
    environment = templates_in(TEMPLATES, is_html=False)
    text = environment.get_template("bakeoff.yaml.j2").render(
        id=bakeoff_id,
        candidates=candidates,
        kind=kind,
        segment=segment,
        channel=channel,
        playbook=playbook,
        seed=seed,
        share=share,
        holdout=round(1 - share * len(candidates), 2),
    )
    folder.mkdir(parents=True, exist_ok=True)
    draft = plan.with_suffix(".draft")
    draft.write_text(text + "\n", encoding="utf-8")
    try:
        made = load_bakeoff(draft)
    except BakeOffError:
        draft.unlink()
        raise
    draft.replace(plan)
    write_questions(made, folder / ANSWERS_SHEET)
    return made
