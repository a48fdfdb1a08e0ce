"""What a case costs by the price list."""

from datetime import date

from experiments.evaluation.cases import Case
from experiments.evaluation.measures import Value

_TOKENS = ("input_token", "cached_token", "output_token")


def usd_by(day: date) -> Value | None:
    """Returns what a case costs by the prices of a day; None where a price is not known."""
    from pipelines.costs.price_list import load_pricing

    pricing = load_pricing()
    found = [pricing.price("model_turn", "turn", day).price_usd]
    found += [pricing.price("model_token", unit, day).price_usd for unit in _TOKENS]
    known = [float(price) for price in found if price is not None]
    if len(known) < len(found):
        return None
    turn, *tokens = known

    def usd(case: Case) -> float | None:
        if case.kind not in ("turn", "text") or not case.latency_ms:
            return None
        counts = (case.input_tokens, case.cached_tokens, case.output_tokens)
        return turn + sum(count * price for count, price in zip(counts, tokens, strict=True))

    return usd
