"""pricing.yaml: one source of prices, dated, known or explained."""

from datetime import date

import pytest
import yaml

from pipelines.costs import seed
from pipelines.costs.price_list import SHIPPED, load_pricing
from pipelines.errors import PipelineError


@pytest.fixture
def changed(tmp_path):
    """Returns a function that writes pricing.yaml with a change and returns its path."""

    def write(change):
        content = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
        change(content)
        path = tmp_path / "pricing.yaml"
        path.write_text(yaml.safe_dump(content), encoding="utf-8")
        return path

    return write


def test_the_warehouse_has_exactly_the_prices_of_the_file(tmp_path, capsys):
    """R160: the seed of dbt is made from pricing.yaml, and nobody edits it."""
    assert seed.main(["--check"]) == 0
    stale = tmp_path / "prices.csv"
    stale.write_text(seed.SEED.read_text(encoding="utf-8").replace("0.0011", "0.0012"))
    assert seed.main(["--check"], stale) == 1
    assert "is stale; run python -m pipelines.costs.seed" in capsys.readouterr().err
    assert seed.main([], stale) == 0
    assert stale.read_text(encoding="utf-8") == seed.SEED.read_text(encoding="utf-8")


def test_a_price_holds_from_its_day_until_the_next(changed):
    def dearer(content):
        content["costs"][0]["prices"].append(
            {"valid_from": date(2026, 2, 1), "version": "2026-02", "price_usd": 0.002}
        )

    pricing = load_pricing(changed(dearer))
    days = (date(2009, 12, 31), date(2026, 1, 31), date(2026, 2, 1))
    found = [pricing.price("message", "mail", day).price_usd for day in days]
    assert [None if x is None else str(x) for x in found] == [None, "0.0011", "0.002"]
    assert pricing.price("message", "mail", days[0]).why_unknown.startswith("no price of message")


def test_licences_infrastructure_and_reviewers_are_priced():
    """R161: program cost has all three."""
    pricing, day = load_pricing(), date(2026, 1, 1)
    for item, unit in (
        ("licence", "seat_day"),
        ("infrastructure", "day"),
        ("human_minute", "minute"),
    ):
        assert (pricing.price(item, unit, day).price_usd or 0) > 0


def test_the_pricing_model_is_explicit():
    """R212: the model, what counts, overage, environments and sandboxes are all in the file."""
    plan = load_pricing().plan(date(2026, 1, 1))
    assert plan.model == "hybrid"
    assert all(charge.about and charge.overage for charge in plan.charges)
    assert {place.name: place.is_billed for place in plan.environments} == {
        "production": True,
        "sandbox": False,
    }
    assert {reason.name for reason in plan.not_billed} >= {"failed", "unknown"}


def twice(content):
    content["costs"].append(content["costs"][0])


def nameless(content):
    content["costs"][0]["prices"][0] = {"valid_from": date(2026, 1, 1), "version": "x"}


def closed(content):
    content["plans"][0]["charges"][2]["overage"] = [{"up_to": 10, "price_usd": 1}]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (twice, r"pricing.yaml: .*message by mail has two prices from 2010-01-01"),
        (nameless, r"pricing.yaml: costs.0.prices.0.price_usd: Field required"),
        (closed, r"conversations: `up_to` rises from tier to tier, and the last has none"),
    ],
)
def test_a_fault_in_the_file_is_one_sentence(change, sentence, changed):
    with pytest.raises(PipelineError, match=sentence):
        load_pricing(changed(change))


def test_a_day_before_every_plan_is_refused():
    with pytest.raises(PipelineError, match="no plan for this day; the first is valid from 2010"):
        load_pricing().plan(date(2009, 1, 1))


def test_a_file_that_is_not_there_is_said(tmp_path):
    with pytest.raises(PipelineError, match="there is no such file of prices"):
        load_pricing(tmp_path / "none.yaml")
