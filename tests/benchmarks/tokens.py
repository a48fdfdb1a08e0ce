"""Tokens and money of a language model, per touch, answered turn and meeting, over the demo.

The demo's company is played in one process with a model that answers honestly beside the agent, so
that the prompts are those of real conversations. Tokens are counted with a real tokenizer, that of
multilingual E5; SmolLM2's on a real vLLM counted 3% fewer for the same prompts. Prices are those of
pricing.yaml, or where it has none those of an assumed GPU: the line says which, and every rate.
"""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from pipelines.costs.price_list import load_pricing
from pipelines.costs.token_prices import UNITS, Gpu
from tests.demo_questions import HonestOracle, play_demo

SIZE = 3_000
"""People, as `make demo` has."""

ASSUMED = Gpu(
    hour_usd=Decimal("2.10"),
    input_per_s=Decimal(20_000),
    output_per_s=Decimal(2_500),
    busy=Decimal("0.3"),
    cached_share=Decimal("0.1"),
)
"""A rented GPU of 80 GB with a model of 8 billion weights; assumed, measured by nobody here."""


def measure():
    with TemporaryDirectory() as folder:
        oracle = HonestOracle()
        store = play_demo(Path(folder), oracle, size=SIZE)
    costs = [event.payload for event in store.events if event.kind == "cost"]
    used = {unit: sum(c["quantity"] for c in costs if c["unit"] == unit) for unit in UNITS}
    per = {
        "touch": sum(
            event.kind == "message"
            and event.payload["state"] == "SENT"
            and event.payload["actor"] == "agent"
            for event in store.events
        ),
        "answered_turn": len(oracle.asked),
        "meeting": sum(m.state == "CONFIRMED" for m in store.meetings.values()),
    }
    prices, source = _prices()
    usd = sum(float(prices[unit]) * used[unit] for unit in UNITS)
    prompt = used["input_token"] + used["cached_token"]
    return {
        "counted": per,
        "cached_share": round(used["cached_token"] / prompt, 3),
        **{f"tokens_per_{name}": _each(used, count) for name, count in per.items()},
        **{f"usd_per_{name}": round(usd / count, 6) for name, count in per.items()},
        "usd": round(usd, 4),
        "usd_per_million": {unit: float(prices[unit] * 1_000_000) for unit in UNITS},
        "prices": source,
    }


def _each(used, count):
    names = {"input_token": "new", "cached_token": "cached", "output_token": "written"}
    return {names[unit]: round(used[unit] / count, 1) for unit in UNITS}


def _prices():
    pricing, today = load_pricing(), datetime.now(UTC).date()
    asked = {unit: pricing.price("model_token", unit, today).price_usd for unit in UNITS}
    known = {unit: price for unit, price in asked.items() if price is not None}
    if len(known) == len(UNITS):
        return known, "pricing.yaml"
    source = (
        f"assumed: {ASSUMED.hour_usd} USD a GPU hour, {ASSUMED.input_per_s} tokens read and "
        f"{ASSUMED.output_per_s} written a second, busy {ASSUMED.busy} of the time, a cached token "
        f"{ASSUMED.cached_share} of a new one; `parley costs llm` sets yours"
    )
    return ASSUMED.prices(), source
