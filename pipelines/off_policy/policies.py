"""Policies that can be said in a word: what would be done of the answers that were there."""

import re
from dataclasses import dataclass
from typing import Literal, cast

import polars as pl

from pipelines.errors import PipelineError

Kind = Literal["best", "even", "say", "never"]
"""best: always the best answer; even: each as often; say: this text wherever it could be said;
never: any other in its place."""

_SAID = re.compile(r"(best|even)|(say|never)=([A-Za-z0-9_.-]+)")


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy, as it is written on a command line."""

    kind: Kind
    text: str = ""

    def __str__(self) -> str:
        return f"{self.kind}={self.text}" if self.text else self.kind


def policy_of(said: str) -> Policy:
    """Returns the policy of a word.

    Raises:
        PipelineError: it is none.
    """
    found = _SAID.fullmatch(said)
    if found is None:
        raise PipelineError(
            f"--policy {said!r} is none; write best, even, say=TEXT or never=TEXT, where TEXT is "
            "the id of an approved text."
        )
    plain, kind, text = found.groups()
    return Policy(cast(Kind, plain or kind), text or "")


def with_policy(options: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Returns options with `policy`, the chance of each under a policy.

    Where a policy has nothing to say of a turn, it does what was done as often as it was done.

    Args:
        options: As in `LoggedTable`.
        policy: Which.

    Raises:
        PipelineError: the policy names a text that no turn could have said.
    """
    if policy.kind == "best":
        return options.with_columns((pl.col("rank") == 0).cast(pl.Float64).alias("policy"))
    if policy.kind == "even":
        return options.with_columns((1.0 / pl.len().over("turn")).alias("policy"))
    has_it = pl.col("texts").list.contains(policy.text)
    if not options.select(has_it.any()).item():
        raise PipelineError(
            f"--policy {policy}: no turn could have said {policy.text!r}; of texts that were tried "
            f"there are {', '.join(_tried(options)) or 'none: no turn was explored'}."
        )
    if policy.kind == "say":
        first = pl.col("rank").filter(has_it).min().over("turn")
        chosen = (pl.col("rank") == first).cast(pl.Float64)
        return options.with_columns(
            pl.when(has_it.any().over("turn"))
            .then(chosen)
            .otherwise(pl.col("logged"))
            .alias("policy")
        )
    kept = pl.when(has_it).then(0.0).otherwise(pl.col("logged"))
    rest = kept.sum().over("turn")
    return options.with_columns(
        pl.when(rest > 0).then(kept / rest).otherwise(pl.col("logged")).alias("policy")
    )


def _tried(options: pl.DataFrame) -> list[str]:
    """Texts that some turn chose among several."""
    several = options.filter(pl.len().over("turn") > 1)
    return several["texts"].explode().drop_nulls().unique().sort().to_list()[:12]
