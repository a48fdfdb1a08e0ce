"""Prices of a language model's tokens: from what a GPU costs and does, or as a provider asks."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from pipelines.costs.price_list import load_pricing
from pipelines.errors import PipelineError

UNITS = ("input_token", "cached_token", "output_token")
MILLION = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpu:
    """What a machine of one's own costs and does.

    Attributes:
        hour_usd: Of all its GPUs together, for an hour.
        input_per_s: Tokens that it reads in a second, when it does nothing else.
        output_per_s: Tokens that it writes in a second, over all requests under way.
        busy: Share of the hours paid for in which it works, above 0 and up to 1.
        cached_share: Of an input token's price that one costs that was read before. It is not
            computed again, but its keys and values are kept and attended to.
    """

    hour_usd: Decimal
    input_per_s: Decimal
    output_per_s: Decimal
    busy: Decimal
    cached_share: Decimal

    def prices(self) -> dict[str, Decimal]:
        """Returns USD per token by unit; reading and writing share the machine's time."""
        second = self.hour_usd / 3600 / self.busy
        read, written = second / self.input_per_s, second / self.output_per_s
        found = (read, read * self.cached_share, written)
        return {unit: _rounded(price) for unit, price in zip(UNITS, found, strict=True)}


def per_million(read: Decimal, cached: Decimal, written: Decimal) -> dict[str, Decimal]:
    """Returns USD per token by unit, where a provider asks so much for a million of each."""
    asked = zip(UNITS, (read, cached, written), strict=True)
    return {unit: _rounded(price / MILLION) for unit, price in asked}


def write_prices(path: Path, prices: Mapping[str, Decimal], *, valid_from: date) -> None:
    """Adds prices to a file from a day on; everything else in it stays as it is written.

    Raises:
        PipelineError: the file prices no such token, or has a price from that day.
    """
    text = path.read_text(encoding="utf-8")
    for unit, price in prices.items():
        at = re.search(rf"unit: {unit}\b.*?prices: \[", text, re.DOTALL)
        if at is None:
            raise PipelineError(f"{path}: no `prices: [` follows `unit: {unit}`; add that item.")
        row = f"{{valid_from: {valid_from}, version: {valid_from:%Y-%m}, price_usd: {price:f}}}"
        text = f"{text[: at.end()]}{row},\n{' ' * 14}{text[at.end() :]}"
    draft = path.with_name(f"{path.name}.tmp")
    draft.write_text(text, encoding="utf-8")
    try:
        load_pricing(draft)
    except PipelineError as error:
        draft.unlink()
        raise PipelineError(
            f"{path} keeps its prices: {str(error).replace(draft.name, path.name)} A price that "
            "has held is not changed; give a later day by --valid-from."
        ) from None
    draft.replace(path)


def _rounded(price: Decimal) -> Decimal:
    """Four figures tell enough; a price of nothing stays nothing."""
    return Decimal(f"{price:.4g}")
