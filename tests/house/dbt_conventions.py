"""How models are named, described, keyed and layered, as rules to which dbt-score holds them."""

import re

from dbt_score import Exposure, Model, RuleViolation, rule, rule_filter

NAMES = {
    "staging": r"stg_{folder}__[a-z_]+",
    "intermediate": r"int_[a-z]+_[a-z_]+",
    "marts": r"(dim|fct)_[a-z_]+",
    "metrics": r"metric_[a-z_]+",
}
"""Folder below `models/` to what its models are called; `{folder}` is the folder below that."""

PROMISED = ("marts", "metrics")
"""Folders that people outside the project read."""


def _folders(model: Model) -> list[str]:
    return model.original_file_path.split("/")[1:-1]


@rule_filter
def is_promised(model: Model) -> bool:
    """Models that people outside the project read."""
    return _folders(model)[0] in PROMISED


@rule
def is_named_by_its_layer(model: Model) -> RuleViolation | None:
    """A name says the layer, and of a staging model its source."""
    layer, folder = _folders(model)[0], _folders(model)[-1]
    pattern = NAMES[layer].format(folder=folder)
    if not re.fullmatch(pattern, model.name):
        return RuleViolation(f"A model of {layer}/ is called {pattern}.")
    return None


@rule
def says_its_grain_first(model: Model) -> RuleViolation | None:
    """A description begins with what a row is."""
    if not model.description.startswith("One row per "):
        return RuleViolation("The description begins with `One row per`.")
    return None


@rule(rule_filters={is_promised()})
def has_a_tested_key(model: Model) -> RuleViolation | None:
    """One column, or several together, tell rows apart, and a test says so."""
    kinds = [{test.type for test in column.tests} for column in model.columns]
    together = {test.type for test in model.tests}
    if "unique_together" in together or any({"unique", "not_null"} <= kind for kind in kinds):
        return None
    return RuleViolation("No column is tested as unique and not_null.")


@rule(rule_filters={is_promised()})
def keeps_a_contract(model: Model) -> RuleViolation | None:
    """Columns and types are promised, so that a change of one fails the build."""
    if not model.config.get("contract", {}).get("enforced"):
        return RuleViolation("The contract is not enforced.")
    return None


@rule
def reads_the_lake_in_staging_only(model: Model) -> RuleViolation | None:
    """A source is renamed and cast in one place; staging reads nothing that is built of it."""
    read = model.depends_on["nodes"]
    layer = _folders(model)[0]
    if layer != "staging" and any(name.startswith("source.") for name in read):
        return RuleViolation("Only staging reads sources.")
    if layer == "staging" and any(
        not name.split(".")[-1].startswith("stg_") for name in read if name.startswith("model.")
    ):
        return RuleViolation("Staging reads sources and staging only.")
    return None


@rule
def has_an_owner_and_what_it_reads(exposure: Exposure) -> RuleViolation | None:
    """Somebody can be asked before a mart of theirs changes."""
    if not exposure.owner.get("name") or not exposure.depends_on["nodes"]:
        return RuleViolation("An exposure has an owner and the marts that it reads.")
    return None
