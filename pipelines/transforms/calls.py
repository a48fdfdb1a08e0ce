"""The rules before dialling over whole tables: who may be called, and the first reason why not."""

from collections.abc import Mapping

import polars as pl

from agent_runtime.policies.calling.row import CALL_FACTS
from agent_runtime.policies.calling.rules import call_rules
from agent_runtime.policies.ruleset import RuleSet
from pipelines.transforms.eligibility import first_failing

CALL_FACT_TYPES: Mapping[str, pl.DataType] = {
    name: {bool: pl.Boolean(), str: pl.String(), int: pl.Int64()}[kind]
    for name, kind in CALL_FACTS.items()
}
"""Polars types of the facts that the rules of calls ask for."""


def with_call_reason(calls: pl.DataFrame, rules: RuleSet) -> pl.DataFrame:
    """Returns the rows with `reason`: the first rule that stops a call, empty where none does.

    Args:
        calls: The facts of `CALL_FACT_TYPES`, one row per call; null means that nobody knows.
        rules: Under which policy set.
    """
    return calls.with_columns(first_failing(call_rules(rules)).alias("reason"))
