"""Prices of a language model's tokens: worked out, written beside the others, never over them."""

import json
import re
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from pipelines.costs.cli import app
from pipelines.costs.price_list import SHIPPED, load_pricing
from pipelines.costs.token_prices import UNITS, Gpu, per_million, write_prices
from pipelines.errors import PipelineError

DAY = date(2026, 11, 27)
RATES = st.decimals("0.01", "100000", places=2)
GPU = Gpu(
    hour_usd=Decimal("3.60"),
    input_per_s=Decimal(10_000),
    output_per_s=Decimal(1_000),
    busy=Decimal("0.5"),
    cached_share=Decimal("0.1"),
)


@pytest.fixture
def prices(tmp_path):
    path = tmp_path / "pricing.yaml"
    path.write_bytes(SHIPPED.read_bytes())
    return path


def run(*words):
    ran = CliRunner().invoke(app, ["llm", *words])
    if isinstance(ran.exception, PipelineError):
        raise ran.exception
    assert ran.exit_code == 0, ran.output
    return ran.output


def test_a_gpu_hour_is_shared_out_over_the_tokens_of_its_busy_part():
    """R205: 3.60 an hour, busy half of it, is 0.002 for a second of work."""
    assert GPU.prices() == {
        "input_token": Decimal("2.000E-7"),
        "cached_token": Decimal("2.000E-8"),
        "output_token": Decimal("0.000002000"),
    }


@given(RATES, RATES, RATES, st.decimals("0.01", "1", places=2))
def test_a_second_of_reading_or_of_writing_costs_the_same(hour, read, written, busy):
    gpu = Gpu(
        hour_usd=hour, input_per_s=read, output_per_s=written, busy=busy, cached_share=Decimal(0)
    )
    found = gpu.prices()
    second = float(hour) / 3600 / float(busy)
    assert float(found["input_token"] * read) == pytest.approx(second, rel=1e-3)
    assert float(found["output_token"] * written) == pytest.approx(second, rel=1e-3)
    assert found["cached_token"] == 0


def test_prices_are_written_beside_the_others_and_hold_from_their_day(prices):
    write_prices(prices, GPU.prices(), valid_from=DAY)
    known = load_pricing(prices)
    assert {u: known.price("model_token", u, DAY).price_usd for u in UNITS} == GPU.prices()
    before = known.price("model_token", "input_token", date(2026, 11, 26))
    assert "parley costs llm sets one" in before.why_unknown
    row = re.compile(r"\{valid_from: 2026-11-27[^}]*\},\n {14}")
    assert row.sub("", prices.read_text("utf-8")) == SHIPPED.read_text("utf-8")


def test_a_price_that_has_held_is_never_changed(prices):
    write_prices(prices, GPU.prices(), valid_from=DAY)
    written = prices.read_bytes()
    with pytest.raises(PipelineError, match=r"two prices from 2026-11-27.*a later day"):
        write_prices(prices, per_million(*map(Decimal, (1, 0, 2))), valid_from=DAY)
    assert prices.read_bytes() == written
    assert list(prices.parent.iterdir()) == [prices]


def test_the_command_writes_nothing_unless_it_is_told_to(prices):
    words = ("--per-million", "0.15,0.02,0.60", "--prices", str(prices), "--json")
    assert not json.loads(run(*words))["written"]
    assert prices.read_bytes() == SHIPPED.read_bytes()
    said = json.loads(run(*words, "--write", "--valid-from", "2026-11-27"))
    assert said["price_usd"]["output_token"] == "0.0000006"
    price = load_pricing(prices).price("model_token", "cached_token", DAY)
    assert price.price_usd == Decimal("2E-8")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--gpu-hour", "2"], "--input-tokens-per-second '': this must be a number"),
        (["--per-million", "1,2"], "give three"),
        (["--per-million", "1,0,2", "--valid-from", "today"], "give a day as 2026-11-27"),
        (
            [
                "--gpu-hour",
                "2",
                "--input-tokens-per-second",
                "0",
                "--output-tokens-per-second",
                "1",
            ],
            "--input-tokens-per-second '0': this must be above 0",
        ),
    ],
)
def test_a_mistake_is_one_sentence(words, sentence):
    with pytest.raises(PipelineError, match=sentence):
        run(*words)
