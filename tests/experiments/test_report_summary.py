"""What the console shows of a readout: the words of its page, and nothing that the page hides."""

import json

import polars as pl
import pytest
from trials import counted_units, trial_spec

from agent_runtime.readouts.experiment import Experiment
from experiments.analysis import analyze
from experiments.report import words
from experiments.report.summary import summary

SPEC = trial_spec(
    hypothesis="People whom the agent\n writes to meet more.",
    guardrails={"unsubscribed": {"margin": 0.02}},
)


@pytest.fixture(scope="module")
def readout():
    units = counted_units((63, 1_000), (21, 1_000))
    return analyze(units.with_columns(unsubscribed=pl.lit(0)), SPEC)


def test_a_summary_says_what_the_page_says(readout):
    """R169: the effect on everybody as assigned, with its interval."""
    told = Experiment.model_validate(summary(readout, SPEC))
    assert told.question == "People whom the agent writes to meet more."
    assert told.headline == words.headline(readout) == "Shown"
    (bar,) = told.primary.bars
    row = readout.primary
    assert bar.interval == words.interval(row.ci_low, row.ci_high, is_share=True)
    assert bar.low < bar.at < bar.high
    assert {line.metric for line in told.guards} == {"unsubscribed"}
    assert (told.lines[0].value, told.lines[0].low) == (row.effect, row.ci_low)
    assert told.holdout is None, "nobody looked, so nothing is claimed"


def test_arms_that_cannot_be_compared_show_no_effect_in_any_form(readout):
    broken = readout.model_copy(
        update={"srm": readout.srm.model_copy(update={"is_mismatch": True})}
    )
    told = summary(broken, SPEC)
    assert Experiment.model_validate(told).is_mismatch
    assert (told["primary"], told["lines"], told["guardrails"], told["money"]) == (None, [], [], [])
    text = json.dumps(told, ensure_ascii=False)
    for value in (readout.primary.effect, readout.primary.mean_arm, readout.primary.ci_low):
        assert f"{100 * value:.2f}" not in text
        assert f"{value:.4f}" not in text
