"""Whether a version of the agent may become champion: `champion.yaml` beside this, as pure code."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field

from experiments.champion import (
    Condition,
    Judgement,
    MacroF1,
    Stops,
    macro_f1_condition,
    stops_condition,
)
from experiments.evaluation.cases import Case, paired
from experiments.evaluation.figures import Difference, Figure, differences, figures_of
from experiments.evaluation.measures import Value

FILE = Path(__file__).with_name("champion.yaml")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Margin(_Part):
    """By how much a share may fall; the whole 95% interval of the difference must say so."""

    margin: float = Field(ge=0, le=1)


class Grounding(_Part):
    """What drafts may claim, and what may get through."""

    margin: float = Field(ge=0, le=1)
    false_out: int = Field(ge=0)
    caught_lost: int = Field(ge=0)
    blocked_margin: float = Field(ge=0, le=1)


class Answered(_Part):
    """How often a language model must answer."""

    at_least: float = Field(ge=0, le=1)


class Cost(_Part):
    """What a message may cost."""

    at_most: float = Field(gt=0)
    or_usd: float = Field(ge=0)


class Latency(_Part):
    """How long a message may take."""

    at_most: float = Field(gt=0)
    or_ms: float = Field(ge=0)


class AgentRule(_Part):
    """What a challenger must show."""

    version: int = Field(ge=1)
    stops: Stops
    intents: MacroF1
    adherence: Margin
    objections: Margin
    grounding: Grounding
    tone: Margin
    answered: Answered
    cost: Cost
    latency: Latency


def load_rule(path: Path = FILE) -> AgentRule:
    """Returns the rule as it is written down."""
    return AgentRule.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))


def judge(
    champion: Sequence[Case],
    challenger: Sequence[Case],
    *,
    rule: AgentRule,
    usd: Value | None = None,
) -> Judgement:
    """Holds a challenger against the champion on the cases that both were measured on.

    Args:
        champion: What the champion made of each case.
        challenger: What the challenger made of it.
        rule: What must hold.
        usd: What a case cost; None where a price is not known.

    Raises:
        ExperimentError: the two were not measured on the same cases.
    """
    before, after = paired(champion, challenger)
    moved = differences(before, after, usd=usd)
    was = {one.name: one for one in figures_of(before, usd=usd)}
    now = {one.name: one for one in figures_of(after, usd=usd)}
    conditions = (
        *_readings(before, after, rule),
        _margin("adherence", moved, rule.adherence.margin),
        _margin("objections", moved, rule.objections.margin),
        *_grounding(after, moved, now, rule.grounding),
        _margin("tone", moved, rule.tone.margin),
        _answered(now["answered"], rule.answered),
        _cost(was, now, rule.cost),
        _latency(was["latency_p95_ms"], now["latency_p95_ms"], rule.latency),
    )
    return Judgement(rule.version, len(before), conditions)


def _readings(
    before: Sequence[Case], after: Sequence[Case], rule: AgentRule
) -> Iterator[Condition]:
    labelled = [(o, n) for o, n in zip(before, after, strict=True) if o.truth]
    if not labelled:
        yield Condition("stops", holds=False, figure="no labelled text was read")
        return
    old, new = [o.answer for o, _ in labelled], [n.answer for _, n in labelled]
    yield stops_condition(old, new, rule.stops)
    yield macro_f1_condition(old, new, rule.intents)


def _margin(name: str, moved: dict[str, Difference], margin: float) -> Condition:
    found = moved.get(name)
    if found is None or found.low is None or found.value is None or found.high is None:
        return Condition(name, holds=False, figure="no case of the set says anything of it")
    return Condition(
        name,
        found.low >= -margin,
        f"difference {found.value:+.3f} ({found.low:+.3f} to {found.high:+.3f}) over {found.n}, "
        f"{found.gained} won and {found.lost} lost; not below -{margin:g}",
    )


def _grounding(
    after: Sequence[Case], moved: dict[str, Difference], now: dict[str, Figure], rule: Grounding
) -> Iterator[Condition]:
    drafted = now["grounding"]
    if drafted.value is not None and drafted.low is not None:
        found = moved.get("grounding")
        was = drafted.value - found.value if found and found.value is not None else 1.0
        yield Condition(
            "grounding",
            drafted.low >= was - rule.margin,
            f"{drafted.value:.3f} of the sentences drafted in {drafted.n} turns are supported, at "
            f"least {drafted.low:.3f}, after {was:.3f}; margin {rule.margin:g}",
        )
    out = sum(case.let_through for case in after)
    yield Condition(
        "false claims out",
        out <= rule.false_out,
        f"{out} would go out, at most {rule.false_out}",
    )
    caught, blocked = moved.get("false_caught"), moved.get("honest_blocked")
    if caught is not None:
        yield Condition(
            "false claims caught",
            caught.lost <= rule.caught_lost,
            f"{caught.lost} of {caught.n} lost, at most {rule.caught_lost}",
        )
    if blocked is not None and blocked.value is not None:
        yield Condition(
            "honest drafts blocked",
            blocked.value <= rule.blocked_margin,
            f"share {blocked.value:+.3f} over {blocked.n}, margin {rule.blocked_margin:g}",
        )


def _answered(now: Figure, rule: Answered) -> Condition:
    if now.value is None:
        return Condition("answered", holds=True, figure="no language model is asked")
    return Condition(
        "answered",
        now.value >= rule.at_least,
        f"{now.value:.3f} of {now.n} questions, at least {rule.at_least:g}",
    )


def _cost(was: dict[str, Figure], now: dict[str, Figure], rule: Cost) -> Condition:
    """A price that is not known is no price of nothing: then the tokens alone must tell."""
    usd, tokens = now.get("cost_usd"), now["tokens"]
    if usd is not None and usd.value is not None:
        before = was["cost_usd"].value or 0.0
        return Condition(
            "cost",
            usd.value <= max(before * rule.at_most, rule.or_usd),
            f"{usd.value:.5f} USD a message after {before:.5f}, at most {rule.at_most:g} times "
            f"that or {rule.or_usd:g}",
        )
    before, value = was["tokens"].value or 0.0, tokens.value or 0.0
    why = "; the price of a token is not known, put it into pricing.yaml"
    return Condition(
        "cost",
        value <= before * rule.at_most,
        f"{value:,.0f} tokens a message after {before:,.0f}, at most {rule.at_most:g} times that"
        f"{why if value > before * rule.at_most else ''}",
    )


def _latency(was: Figure, now: Figure, rule: Latency) -> Condition:
    before, value = was.value or 0.0, now.value or 0.0
    return Condition(
        "latency",
        value <= max(before * rule.at_most, rule.or_ms),
        f"p95 {value:,.0f} ms after {before:,.0f}, at most {rule.at_most:g} times that or "
        f"{rule.or_ms:,.0f}",
    )
