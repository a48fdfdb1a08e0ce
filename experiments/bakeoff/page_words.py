"""How the scorecard's page says figures."""

from dataclasses import dataclass
from typing import Any

from experiments.bakeoff.config import BakeOff
from experiments.bakeoff.report import Gap, Report, Row
from experiments.bakeoff.report import apart as primary_apart
from experiments.bakeoff.scorecard import Piece


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer on top of the page: a few words, and what they rest on."""

    head: str
    detail: str


def answers(report: Report) -> list[Answer]:
    """Returns the answers in order: who is out, the scorecard, the metric that decides."""
    plan = report.plan
    found = [
        Answer(f"{plan.label(name)} is out", f"It misses {', '.join(missed)}.")
        for name, missed in report.card.missed.items()
        if missed
    ]
    for versus in report.card.versus:
        if not any(report.card.missed[name] for name in (versus.arm, versus.base)):
            found.append(_split("Scorecard", versus.verdict))
    for name, waiting in report.card.unanswered.items():
        if waiting and not report.card.missed[name]:
            head = f"{plan.label(name)} cannot be chosen yet"
            found.append(Answer(head, f"Not shown so far: {', '.join(waiting)}."))
    metric = humanised(plan.primary.metric)
    if report.readout.srm.is_mismatch:
        found.append(_split(metric, report.readout.verdict))
        return found
    for row in report.between:
        who = f"{plan.label(row.arm)} and {plan.label(row.control)}"
        found.append(_split(f"{metric}, {who}", primary_apart(row)))
    return found


def sentence(text: str) -> str:
    """Returns a text with a capital and a full stop."""
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def humanised(name: str) -> str:
    """Returns a column's name as words."""
    words = name.replace("_", " ")
    return words[:1].upper() + words[1:]


def piece(one: Piece) -> str:
    """Returns one piece of evidence in words: what, how much, of how many."""
    kind, _, name = one.name.partition(".")
    title = f"{name.replace('_', ' ')} ({kind})" if name else kind
    if one.score is None:
        return f"{title}: missing"
    of = f"{one.count} of {one.asked} judged" if one.asked is not None else f"n = {one.count}"
    ci = f", {one.ci.low:.0f} to {one.ci.high:.0f}" if one.ci else ""
    return f"{title}: {one.score:.0f}{ci}, {of}"


def value(number: float | None, row: dict[str, Any]) -> str:
    """Returns a mean: a share in percent, anything else as it is."""
    if number is None:
        return "hidden"
    return f"{number:.0%}" if row["is_share"] else f"{number:.3g}"


def gap(number: float, row: dict[str, Any]) -> str:
    """Returns a difference: of shares in percentage points."""
    return f"{number * 100:+.1f} pts" if row["is_share"] else f"{number:+.3g}"


def plain(number: float, row: Row) -> str:
    """Returns a figure: a share in percent, anything else with three digits that matter."""
    if row.is_share:
        return f"{number:.1%}"
    return f"{number:,.0f}" if abs(number) >= 100 else f"{number:.3g}"


def apart(one: Gap, row: Row, plan: BakeOff) -> str:
    """Returns whether two candidates can be told apart by a figure."""
    scale, unit = (100, " pts") if row.is_share else (1, "")
    who = f"{plan.label(one.arm)} minus {plan.label(one.base)}: {one.difference * scale:+.2g}{unit}"
    if one.ci is None:
        return f"{who}, no interval"
    told = f"{who} ({one.ci.low * scale:+.2g} to {one.ci.high * scale:+.2g})"
    return f"yes, {told}" if one.is_told_apart else f"cannot be told apart, {told}"


def money(amount: float | None) -> str:
    """Returns an amount in USD, or that it is missing."""
    return "missing" if amount is None else f"${amount:,.2f}"


def _split(topic: str, verdict: str) -> Answer:
    """The first words of a verdict as the answer, the rest as its detail."""
    for mark in (" (", ": ", "; "):
        head, found, rest = verdict.partition(mark)
        if found:
            return Answer(sentence(f"{topic}: {head}"), sentence(rest.removesuffix(")")))
    return Answer(sentence(f"{topic}: {verdict}"), "")
