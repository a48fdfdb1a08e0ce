"""Replayed turns as logged turns: what was done then, and what new versions would do now."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import polars as pl

from pipelines.off_policy.turns import KNOWN, OPTIONS, TURNS, LoggedTable

UNTOLD = "what only the language model could say"
"""The option of a turn of which the new versions cannot say what they do."""

_Name = tuple[str, str, str]
"""Action, reason and hash of the words."""


def of_replay(table: pl.DataFrame, *, last_event_at: datetime) -> tuple[LoggedTable, pl.DataFrame]:
    """Returns the logged turns of a replay, and their options with `policy` of the new versions.

    Each turn stands on the history that it had. A turn that the new versions stop, or let wait, is
    another option than the same words sent.

    Args:
        table: One row a turn, as `parley replay` makes it: `thread_id`, `person_id`, `turn_id`,
            `at`, `campaign_id`, what was known, `candidates` (a list of `action`, `reason`,
            `words` and the chances `then` and `now`), and `action_`, `reason_`, `words_` and
            `decision_`, each with `then` and `now`.
        last_event_at: Of all traces.
    """
    # A touch that had to wait is decided again under the same id: the last word counts.
    last = table.unique(["thread_id", "turn_id"], keep="last", maintain_order=True)
    done = last.filter(pl.col("decision_then") != "defer")
    acted = done.filter(pl.col("decision_then") == "allow")["thread_id"].unique()
    kept = done.filter(pl.col("thread_id").is_in(acted.implode()))
    absent = [name for name in TURNS if name not in kept.columns]
    turns = kept.with_columns(
        (pl.col("thread_id") + "/" + pl.col("turn_id")).alias("turn"),
        pl.col("thread_id").alias("thread"),
        pl.col("person_id").alias("cluster"),
        pl.col("campaign_id").alias("campaign"),
        *(
            pl.lit(None, TURNS[name]).alias(name)
            for name in absent
            if name not in ("turn", "thread", "cluster", "campaign")
        ),
    )
    rows = [row for told in turns.iter_rows(named=True) for row in _options(told)]
    options = pl.DataFrame(rows, schema=OPTIONS | {"policy": pl.Float64})
    known = turns.select("turn", "thread", "cluster", "at", "campaign", *KNOWN)
    return LoggedTable(known, options.drop("policy"), last_event_at), options


def _options(told: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    then, now = _chances(told, "then"), _chances(told, "now")
    chosen = _chosen(told, "then")
    for rank, name in enumerate(dict.fromkeys((*then, *now))):
        yield {
            "turn": told["turn"],
            "rank": rank,
            "action": name,
            "texts": [],
            "logged": then.get(name, 0.0),
            "is_chosen": name == chosen,
            "policy": now.get(name, 0.0),
        }


def _chances(told: Mapping[str, Any], when: str) -> dict[str, float]:
    """What was done how likely; what took the place of every candidate was certain."""
    chosen = _chosen(told, when)
    if told[f"decision_{when}"] != "allow":
        return {chosen: 1.0}
    found: dict[str, float] = {}
    for one in told["candidates"]:
        if one[when] > 0:
            name = _said(one["action"], one["reason"], one["words"])
            found[name] = found.get(name, 0.0) + one[when]
    rest = 1.0 - sum(found.values())
    if rest > 1e-9:
        found[chosen] = found.get(chosen, 0.0) + rest
    # Traces from before exploration name a candidate also where a person took over in its place.
    return found if chosen in found else {chosen: 1.0}


def _chosen(told: Mapping[str, Any], when: str) -> str:
    action, decision = told[f"action_{when}"], told[f"decision_{when}"]
    if action is None:
        return UNTOLD
    reason = told[f"reason_{when}"]
    if decision != "allow":
        return f"{action} ({reason}, {decision})"
    return _said(action, reason, told[f"words_{when}"])


def _said(action: str, reason: str, words: str) -> str:
    return f"{action} ({reason}) {words[:6]}".rstrip()
