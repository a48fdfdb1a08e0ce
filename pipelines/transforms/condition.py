"""Conditions that people write, as Polars expressions.

The language is that of `agent_runtime.policies.contact_rules`, with the same three values: a
missing fact leaves a condition unknown (null), and unknown is not enough.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, get_args

import polars as pl

from agent_runtime.policies.contact_rules import Condition, Op
from pipelines.documents import did_you_mean
from pipelines.errors import PipelineError

OPS: tuple[str, ...] = get_args(Op)
_ORDERED = {"at_least", "at_most", "above", "below"}
_LISTS = {"in", "not_in"}
_BARE = {"present", "missing"}


class ConditionFault(PipelineError):
    """A condition that cannot be asked of these facts."""


def to_expression(condition: Condition) -> pl.Expr:
    """Returns the condition over columns named as its fields: true, false or unknown (null)."""
    if "all" in condition:
        return pl.all_horizontal([to_expression(part) for part in condition["all"]])
    if "any" in condition:
        return pl.any_horizontal([to_expression(part) for part in condition["any"]])
    if "not" in condition:
        return ~to_expression(condition["not"])
    fact = pl.col(condition["field"])
    return _EXPRESSIONS[condition["op"]](fact, condition.get("value"))


def describe(condition: Condition) -> str:
    """Returns the condition in words, for the reason why a record is in or out."""
    if "all" in condition:
        return " and ".join(_bracketed(part) for part in condition["all"])
    if "any" in condition:
        return " or ".join(_bracketed(part) for part in condition["any"])
    if "not" in condition:
        return f"not {_bracketed(condition['not'])}"
    words = [condition["field"], condition["op"].replace("_", " ")]
    if condition["op"] not in _BARE:
        value = condition["value"]
        words.append(", ".join(map(str, value)) if condition["op"] in _LISTS else str(value))
    return " ".join(words)


def check(condition: Any, schema: Mapping[str, pl.DataType], *, where: str) -> None:
    """Refuses a condition on a field that is not there, or with a value of another type.

    Args:
        condition: What somebody has written.
        schema: Fields and their types.
        where: File and rule, to begin the sentence with.

    Raises:
        ConditionFault: one sentence that names the rule, the field, the value and what is wrong.
    """
    for leaf in _leaves(condition, where):
        field, op = leaf["field"], leaf["op"]
        if field not in schema:
            raise ConditionFault(
                f"{where}: the field {field!r} is not known{did_you_mean(field, schema)}; "
                f"fields of {field.partition('.')[0]!r}: {_siblings(field, schema)}."
            )
        values = leaf.get("value", ()) if op in _LISTS else [leaf.get("value")]
        for value in values if op not in _BARE else ():
            _check_value(value, op, schema[field], f"{where}: {field} {op} {value!r}")


def fields_of(condition: Condition) -> tuple[str, ...]:
    """Returns the fields that a condition asks for, each once, in the order of writing."""
    return tuple(dict.fromkeys(leaf["field"] for leaf in _leaves(condition, "the condition")))


def _bracketed(part: Condition) -> str:
    return f"({describe(part)})" if "all" in part or "any" in part else describe(part)


def _leaves(condition: Any, where: str) -> Iterator[Condition]:
    if not isinstance(condition, Mapping):
        raise ConditionFault(f"{where}: {condition!r} is not a condition; write field, op, value.")
    for name in ("all", "any"):
        if name in condition:
            parts = condition[name]
            if not isinstance(parts, list | tuple) or not parts:
                raise ConditionFault(f"{where}: {name!r} needs a list of conditions.")
            for part in parts:
                yield from _leaves(part, where)
            return
    if "not" in condition:
        yield from _leaves(condition["not"], where)
        return
    unknown = set(condition) - {"field", "op", "value"}
    if unknown or "field" not in condition or "op" not in condition:
        raise ConditionFault(
            f"{where}: {dict(condition)!r} is not a condition; write field, op and value."
        )
    if condition["op"] not in OPS:
        raise ConditionFault(
            f"{where}: op {condition['op']!r} is not known"
            f"{did_you_mean(str(condition['op']), OPS)}; use {', '.join(OPS)}."
        )
    if condition["op"] in _LISTS and not isinstance(condition.get("value"), list | tuple):
        raise ConditionFault(
            f"{where}: {condition['field']} {condition['op']} {condition.get('value')!r}: "
            "this op needs a list."
        )
    if condition["op"] not in _BARE and condition.get("value") is None:
        raise ConditionFault(
            f"{where}: {condition['field']} {condition['op']} has no value to compare with."
        )
    yield condition


def _siblings(field: str, schema: Mapping[str, pl.DataType]) -> str:
    table = field.partition(".")[0]
    names = [name for name in schema if name.partition(".")[0] == table]
    return ", ".join(names) if names else f"none; there are {', '.join(_tables(schema))}"


def _tables(schema: Mapping[str, pl.DataType]) -> list[str]:
    return sorted({name.partition(".")[0] for name in schema})


def _check_value(value: Any, op: str, dtype: pl.DataType, said: str) -> None:
    if isinstance(dtype, pl.Boolean):
        fits, rule = isinstance(value, bool) and op not in _ORDERED, "true or false, with is"
    elif dtype.is_numeric():
        fits = isinstance(value, int | float) and not isinstance(value, bool)
        rule = "a number"
    elif isinstance(dtype, pl.String):
        fits, rule = isinstance(value, str) and op not in _ORDERED, "text, with is, in or contains"
    else:
        fits, rule = False, "present or missing only"
    if op == "contains" and not isinstance(dtype, pl.String):
        fits, rule = False, "a field of text for contains"
    if not fits:
        raise ConditionFault(f"{said}: the field needs {rule}.")


_EXPRESSIONS: Mapping[str, Callable[[pl.Expr, Any], pl.Expr]] = {
    "is": lambda fact, value: fact == value,
    "is_not": lambda fact, value: fact != value,
    "in": lambda fact, value: fact.is_in(list(value)),
    "not_in": lambda fact, value: ~fact.is_in(list(value)),
    "at_least": lambda fact, value: fact >= value,
    "at_most": lambda fact, value: fact <= value,
    "above": lambda fact, value: fact > value,
    "below": lambda fact, value: fact < value,
    "contains": lambda fact, value: fact.str.to_lowercase().str.contains(
        value.lower(), literal=True
    ),
    "present": lambda fact, _: fact.is_not_null(),
    "missing": lambda fact, _: fact.is_null(),
}
