"""The plan of a bake-off: ready as written, registered with its weights, and checked."""

from pathlib import Path

import pytest
import yaml

from experiments.bakeoff.answers import read_answers
from experiments.bakeoff.config import load_bakeoff
from experiments.bakeoff.template import write_template
from experiments.errors import BakeOffError
from experiments.spec import Spec

BAD = yaml.safe_load((Path(__file__).parent / "bad_plans.yaml").read_text())


def test_the_ready_plan_is_the_guides(plan):
    """R187, R219-R223: weights, size, scope, one metric, a holdout, ten threads a day."""
    weights = {name: line.weight for name, line in plan.criteria.items()}
    assert weights == {
        "fit": 25,
        "integration": 20,
        "security": 15,
        "governance": 15,
        "transparency": 10,
        "pricing": 10,
        "support": 5,
        "performance": 0,
    }
    assert (plan.people.fewest, plan.people.most) == (50, 100)
    assert (plan.review.threads_per_day, plan.review.reviewers) == (10, 2)
    assert plan.arms["holdout"] == pytest.approx(0.3)
    assert set(plan.measures) == {"first_response_minutes", "compliance_pass_rate"}
    assert (plan.primary.metric, *plan.secondary) == ("meeting", "positive_intent")


@pytest.mark.parametrize("count", [2, 3, 4, 5])
def test_shares_of_any_number_of_candidates_make_a_whole(count, tmp_path):
    names = [f"c{n}" for n in range(count)]
    plan = write_template(
        tmp_path,
        candidates=names,
        kind="model",
        bakeoff_id="m",
        segment="s",
        channel="chat",
        playbook="p",
        seed=1,
    )
    assert plan.to_spec().arms["holdout"] >= 0.3
    assert len(plan.pairs) == count * (count - 1) // 2


@pytest.mark.parametrize("case", BAD, ids=lambda case: case["new"])
def test_a_bad_plan_is_one_sentence(case, plan_file):
    text = plan_file.read_text()
    assert case["old"] in text
    plan_file.write_text(text.replace(case["old"], case["new"], 1))
    with pytest.raises(BakeOffError) as error:
        load_bakeoff(plan_file)
    assert case["says"] in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("support: {weight: 5,", "support: {weight: 4,"),
        ("  billing:", "  invoices:"),
        ("threads_per_day: 10", "threads_per_day: 9"),
    ],
)
def test_a_change_after_registration_is_another_promise(old, new, plan, plan_file):
    """Weights, must-haves and the review are registered, though the draw needs none of them."""
    text = plan_file.read_text().replace(old, new)
    if "weight" in old:
        text = text.replace("performance: {weight: 0", "performance: {weight: 1")
    plan_file.write_text(text)
    changed = load_bakeoff(plan_file).to_spec()
    assert changed.spec_hash != plan.to_spec().spec_hash
    assert changed.arms == plan.to_spec().arms


def test_the_spec_of_a_plan_loads_again_from_the_registry(plan):
    spec = plan.to_spec()
    assert Spec.model_validate(spec.content).spec_hash == spec.spec_hash
    assert spec.contrasts == (("alpha", "beta"),)


def test_a_plan_is_never_written_over(plan_file):
    with pytest.raises(BakeOffError, match="is there already"):
        write_template(
            plan_file.parent,
            candidates=["a", "b"],
            kind="model",
            bakeoff_id="m",
            segment="s",
            channel="chat",
            playbook="p",
            seed=1,
        )


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        ({"score": "7"}, "must be a number from 0 to 5"),
        ({"score": "nan"}, "must be a number from 0 to 5"),
        ({"score": "4", "by": ""}, "does not say whose"),
        ({"candidate": "gamma"}, "the candidate is 'gamma'"),
        ({"criterion": "charm"}, "the criterion 'charm' is unknown"),
        ({"criterion": "must-have", "item": "luck"}, "the must-have 'luck' is unknown"),
        ({"criterion": "must-have", "item": "billing", "score": "perhaps"}, "twice"),
    ],
)
def test_a_bad_answer_is_one_sentence(edit, says, plan, plan_file, refill):
    sheet = plan_file.parent / "answers.csv"
    refill(sheet, lambda n, row: edit if n == 12 else None)
    with pytest.raises(BakeOffError, match=says):
        read_answers(plan, sheet)


def test_a_must_have_is_met_on_evidence_only(plan, plan_file, refill):
    sheet = plan_file.parent / "answers.csv"
    refill(sheet, lambda n, row: {"score": "yes", "by": "Ada"} if n == 0 else None)
    with pytest.raises(BakeOffError, match="met without evidence"):
        read_answers(plan, sheet)


def test_a_sheet_of_a_spreadsheet_with_semicolons_is_read(plan, plan_file):
    sheet = plan_file.parent / "answers.csv"
    text = sheet.read_text().replace(", ", " ").replace(",", ";")
    sheet.write_text("\ufeff" + text, "utf-8")
    assert set(read_answers(plan, sheet)) == {"alpha", "beta"}
