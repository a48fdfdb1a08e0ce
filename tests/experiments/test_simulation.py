"""Simulated trials go through the analysis of real ones, and tell right from wrong."""

import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from experiments import simulated_looks
from experiments.cli import app
from experiments.errors import ExperimentError, UnitsError
from experiments.simulated_trials import design, drawn_trial
from experiments.simulation import simulate

SMALL = {
    "proportion": 3_000,
    "rare": 8_000,
    "mean": 1_500,
    "contact": 1_200,
    "clustered": None,
    "ratio": 600,
}


@pytest.mark.parametrize("name", ["proportion", "rare", "mean"])
def test_looking_often_is_safe_with_a_sequence_and_not_with_a_fixed_interval(name):
    chosen = design(name, effect=0, units=SMALL[name])

    rates = {
        mode: simulate(chosen, mode=mode, runs=20, peeks=12).false_positive_rate.value
        for mode in ("sequential", "naive")
    }

    assert rates["sequential"] <= 0.15
    assert rates["naive"] > rates["sequential"]


@pytest.mark.parametrize("name", ["contact", "clustered", "ratio"])
def test_intervals_hold_what_was_planted(name):
    chosen = design(name, effect=0.02, units=SMALL[name], accounts=20)

    found = simulate(chosen, mode="fixed", runs=40, peeks=1)

    assert found.coverage.value >= 0.82
    assert abs(found.bias.value) < 4 * found.bias.mc_se
    assert found.false_positive_rate is None


def test_a_large_effect_is_found_at_some_look():
    found = simulate(
        design("proportion", effect=0.05, units=3_000), mode="sequential", runs=10, peeks=5
    )

    assert (found.power.value, found.power.mc_se) == (1, 0)


def test_the_same_seed_shows_the_same_however_many_processes_draw():
    chosen = design("contact", effect=0, units=400)

    one, two = (
        simulate(chosen, mode="fixed", runs=6, peeks=1, seed=7, processes=n) for n in (1, 2)
    )

    assert one.false_positive_rate == two.false_positive_rate
    assert one.bias == pytest.approx(two.bias)


def test_a_look_that_differs_from_the_analysis_stops_the_simulation(monkeypatch):
    honest = simulated_looks.estimate_of
    monkeypatch.setattr(
        simulated_looks,
        "estimate_of",
        lambda *a, **k: replace(honest(*a, **k), mean_arm=0.5),
    )

    with pytest.raises(ExperimentError, match="the simulation proves nothing"):
        simulate(design("contact", effect=0, units=400), mode="sequential", runs=2, peeks=2)


def test_trials_that_cannot_be_analysed_are_an_error_and_never_count_as_covered(monkeypatch):
    def refused(*_, **__):
        raise UnitsError("nothing follows")

    monkeypatch.setattr(simulated_looks, "analyze", refused)

    with pytest.raises(UnitsError, match="nothing follows"):
        simulate(design("ratio", effect=0.1, units=400), mode="fixed", runs=2, peeks=1)


def test_accounts_are_in_one_arm_as_a_whole():
    units = drawn_trial(design("clustered", effect=0, accounts=20), (1, 1))

    assert units.group_by("account").agg(arms=units["arm"].n_unique())["arms"].len() == 20
    assert units.unique(["account", "arm"]).height == 20


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"name": "dice", "effect": 0}, "the design is 'dice', but must be one of contact"),
        ({"name": "rare", "effect": -0.1}, "must lie between 0 and 1"),
        ({"name": "clustered", "effect": 0, "accounts": 2}, "accounts is 2"),
        ({"name": "mean", "effect": 0, "units": 3}, "units is 3"),
    ],
)
def test_a_design_that_cannot_be_drawn_is_one_sentence(arguments, sentence):
    with pytest.raises(ExperimentError, match=sentence):
        design(**arguments)


@pytest.mark.parametrize(("number", "value"), [("runs", 1), ("peeks", 0), ("processes", 0)])
def test_a_simulation_that_cannot_be_run_is_one_sentence(number, value):
    settings = {"mode": "fixed", "runs": 10, "peeks": 1} | {number: value}

    with pytest.raises(ExperimentError, match=f"{number} is {value}, but must be at least"):
        simulate(design("contact", effect=0, units=100), **settings)


@pytest.mark.parametrize(
    ("effect", "names"),
    [("0", {"false_positive_rate", "bias"}), ("0.05", {"coverage", "power", "bias"})],
)
def test_the_command_prints_each_figure_with_its_error(effect, names):
    arguments = ["--runs", "4", "--effect", effect, "--units", "300", "--processes", "1", "--json"]

    result = CliRunner().invoke(app, ["simulate", *arguments], catch_exceptions=False)

    content = json.loads(result.stdout)
    assert set(content["mc_se"]) == names
    assert all(isinstance(content[name], float) for name in names)
