"""What an evaluation measures: each figure, its unit, and which cases count for it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from experiments.evaluation.cases import Case

Unit = Literal["share", "score", "words", "tokens", "usd", "ms"]
Summary = Literal["share", "mean", "macro_f1", "p50", "p95"]
Better = Literal["higher", "lower", ""]

Value = Callable[[Case], float | None]
"""What a case counts for; None where it does not count."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure: how the values of its cases become it, and which way is better."""

    name: str
    title: str
    about: str
    unit: Unit
    summary: Summary
    better: Better
    value: Value


def _share(
    name: str, title: str, about: str, value: Value, *, better: Better = "higher"
) -> Measure:
    return Measure(name, title, about, "share", "share", better, value)


def _truth(case: Case) -> float | None:
    return float(case.said == case.truth) if case.truth else None


def _stop(case: Case) -> float | None:
    return float(case.heard_stop) if case.is_stop else None


def _expected(case: Case) -> float | None:
    return None if case.as_expected is None else float(case.as_expected)


def _objection(case: Case) -> float | None:
    return _expected(case) if case.is_objection else None


def _supported(case: Case) -> float | None:
    return case.supported / case.claims if case.claims else None


def _clean(case: Case) -> float | None:
    return float(not case.let_through) if case.words else None


def _caught(case: Case) -> float | None:
    return float(bool(case.is_caught)) if case.is_false else None


def _blocked(case: Case) -> float | None:
    return float(bool(case.is_caught)) if case.is_false is False else None


def _style(case: Case) -> float | None:
    return float(not case.slips) if case.words else None


def _by_itself(case: Case) -> float | None:
    return None if case.by_itself is None else float(case.by_itself)


def _answered(case: Case) -> float | None:
    return float(not case.failure) if case.asked else None


def _drafted(case: Case) -> float | None:
    return float(case.is_drafted) if case.asked and case.kind == "turn" else None


def _same(case: Case) -> float | None:
    return None if case.is_changed is None else float(not case.is_changed)


def _length(case: Case) -> float | None:
    return float(case.words) if case.words else None


def tokens_of(case: Case) -> float | None:
    """Returns the tokens of a buyer's turn or text, read and written; 0 where nobody was asked."""
    if case.kind not in ("turn", "text") or not case.latency_ms:
        return None
    return float(case.input_tokens + case.cached_tokens + case.output_tokens)


def _latency(case: Case) -> float | None:
    return case.latency_ms if case.kind in ("turn", "text") and case.latency_ms else None


MEASURES: tuple[Measure, ...] = (
    Measure(
        "intent_macro_f1",
        "Intents, macro-F1",
        "Mean F1 of the primary intent over intents, in labelled texts and scenarios.",
        "score",
        "macro_f1",
        "higher",
        _truth,
    ),
    _share("intent_accuracy", "Intents, accuracy", "Primary intents that are right.", _truth),
    _share("stops_heard", "Stops heard", "Texts that ask to stop, and are heard so.", _stop),
    _share(
        "objections",
        "Objections",
        "Turns on an objection that end as the playbook wants.",
        _objection,
    ),
    _share(
        "adherence",
        "Adherence to the playbook",
        "Turns of the scenario library that do, say and leave what the playbook wants.",
        _expected,
    ),
    _share(
        "grounding",
        "Drafts grounded",
        "Of a draft's sentences, those that stand on a fact that they name, or claim nothing.",
        _supported,
    ),
    _share(
        "nothing_false_out",
        "Messages without a false claim",
        "Messages of which every sentence is approved or supported.",
        _clean,
    ),
    _share(
        "false_caught",
        "False claims caught",
        "Labelled drafts with a falsehood, blocked at it.",
        _caught,
    ),
    _share(
        "honest_blocked",
        "Honest drafts blocked",
        "Labelled drafts without a falsehood in which something is blocked.",
        _blocked,
        better="lower",
    ),
    _share("tone", "Tone", "Messages without a departure from the style guide.", _style),
    Measure(
        "length_words",
        "Length, words",
        "Mean words of a message, without greeting and signature.",
        "words",
        "mean",
        "",
        _length,
    ),
    _share(
        "by_itself",
        "Without a person",
        "Messages that would go out without a person's leave.",
        _by_itself,
    ),
    _share(
        "answered",
        "Language model answered",
        "Questions to the language model with an answer that can be used.",
        _answered,
    ),
    Measure(
        "drafted",
        "In its own words",
        "Turns put to the language model in which its words are chosen.",
        "share",
        "share",
        "",
        _drafted,
    ),
    Measure(
        "tokens",
        "Tokens a message",
        "Mean tokens read and written for a message of a buyer.",
        "tokens",
        "mean",
        "lower",
        tokens_of,
    ),
    Measure(
        "latency_p50_ms",
        "Latency, median",
        "Of reading a message and deciding, the language model's time included.",
        "ms",
        "p50",
        "lower",
        _latency,
    ),
    Measure(
        "latency_p95_ms",
        "Latency, p95",
        "The same, one in twenty is slower.",
        "ms",
        "p95",
        "lower",
        _latency,
    ),
    Measure(
        "replays_same",
        "Old turns decided alike",
        "Old turns of the workspace that would be decided as they were.",
        "share",
        "share",
        "",
        _same,
    ),
)
"""In the order in which they are shown."""


def measures_with(usd: Value | None) -> tuple[Measure, ...]:
    """Returns the measures, the cost in dollars among them where it can be told."""
    if usd is None:
        return MEASURES
    about = "Mean cost of a message of a buyer, tokens by their prices."
    cost = Measure("cost_usd", "Cost a message", about, "usd", "mean", "lower", usd)
    place = next(n for n, one in enumerate(MEASURES) if one.name == "tokens") + 1
    return (*MEASURES[:place], cost, *MEASURES[place:])
