"""Puts figures into words for a reader: headline, units, placeholders."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from markupsafe import Markup, escape

from experiments import metric_words
from experiments.metric_words import DASH, difference_text
from pipelines.readouts.report import Figure, Report

PLACEHOLDER = re.compile(r"\[\[([A-Z]+(?:_[A-Z]+)*)(?:_\d+)?\]\]")
CODE = re.compile(r"`([^`]+)`")
ACRONYMS = {"icp": "ICP", "crm": "CRM", "id": "ID", "usd": "USD"}
LANGUAGES = {
    "en": "English",
    "es": "Spanish",
    "de": "German",
    "fr": "French",
    "pt": "Portuguese",
    "it": "Italian",
}


def answer(report: Report) -> tuple[str, str]:
    """Returns the verdict and the sentence under it."""
    lift, primary = report.lift, report.readout.primary
    if report.holdout_sends:
        return (
            "Do not use this result.",
            f"{report.holdout_sends:,} messages of the agent went to the {report.control}, so it "
            "no longer shows what happens without the agent.",
        )
    if report.readout.srm.is_mismatch:
        return (
            "Do not use this result.",
            "The arms are not of the sizes that were promised, so something lost or moved people.",
        )
    if lift.effect is None or lift.ci_low is None or lift.ci_high is None:
        return "Nothing can be said yet.", f"{capital(report.readout.verdict)}."
    interval = f"95% interval {points(lift.ci_low)} to {points(lift.ci_high)}"
    change = f"{points(lift.effect)} per 100 {people(report.unit)}, {interval}."
    if lift.ci_low > 0:
        extra = f"About {primary.total:,.0f} meetings would not have happened without the agent"
        return "Yes.", f"{extra}: {change}"
    if lift.ci_high < 0:
        return "No.", f"With the agent there were fewer meetings: {change}"
    return "Not shown.", f"The difference may be nothing, its interval includes zero: {change}"


def people(unit: str) -> str:
    """Returns what is randomised, in the plural."""
    return "accounts" if unit == "account" else "people"


def points(share: float) -> str:
    """Returns a difference of shares in points, with its sign."""
    return f"{100 * share:+.1f}".replace("-", "−")


def difference(number: float | None, *, is_share: bool) -> str:
    """Returns a difference with its sign, shares in points; a dash while it is hidden."""
    if number is None:
        return "–"
    return points(number) if is_share else f"{number:+,.2f}".replace("-", "−")


def mean(number: float | None, *, is_share: bool) -> str:
    """Returns a mean, shares as a percentage; a dash while it is hidden."""
    if number is None:
        return "–"
    return percent(number, 1) if is_share else f"{number:,.2f}"


def percent(part: float, whole: float) -> str:
    """Returns a share as a percentage; a dash where there is no whole."""
    if not whole:
        return DASH
    share = 100 * part / whole
    return f"{share:.0f}%" if share in {0, 100} else f"{share:.1f}%"


def value(figure: Figure | None, unit: str) -> str:
    """Returns a metric's value as people write it; a dash where there is none."""
    return metric_words.value_text(figure.value if figure else None, unit)


def basis(figure: Figure | None, unit: str) -> str:
    """Returns what a value rests on, in small print."""
    if figure is None:
        return "nothing to count"
    if figure.value is None:
        return figure.reason.partition(":")[0]
    return metric_words.basis_text(figure.numerator, figure.denominator, figure.n, unit)


def redacted(text: str) -> Markup:
    """Returns a text as HTML, its placeholders as small labels."""
    short = text if len(text) <= 900 else f"{text[:900].rstrip()} …"
    return Markup(PLACEHOLDER.sub(_label, str(escape(short))))


def humanised(name: str) -> str:
    """Returns a reason code or column as words."""
    return capital(" ".join(ACRONYMS.get(word, word) for word in name.split("_")))


def named(value: str | None, dimension: str) -> str:
    """Returns the value of a dimension as words."""
    return metric_words.group_text(value, dimension)


def dimension(name: str) -> str:
    """Returns a dimension as words."""
    return {"reason_against": "reason"}.get(name, name.replace("_", " "))


def measured(number: float | None, unit: str) -> str:
    """Returns a value with its unit."""
    return metric_words.value_text(number, unit)


def change(line: Mapping[str, Any]) -> str:
    """Returns by how much a metric moved, with its interval; nothing where that is not known.

    The interval of a count is told in whole things.
    """
    moved, low, high, unit = (line.get(name) for name in ("change", "ci_low", "ci_high", "unit"))
    if moved is None:
        return ""
    is_whole = unit not in {"share", "USD"} and moved == int(moved)
    said = difference_text(moved, unit or "", is_whole=is_whole)
    if low is None or high is None:
        return said
    ends = (difference_text(end, unit or "", is_whole=is_whole) for end in (low, high))
    return f"{said} ({' to '.join(ends).replace(' points', '')})"


def stretch(days: Sequence[str]) -> str:
    """Returns a stretch of days, from its first and its last as ISO dates."""
    first, last = map(date.fromisoformat, days)
    is_near = (first.year, first.month) == (last.year, last.month)
    start = f"{first:%-d}" if is_near else f"{first:%-d %B}"
    return f"{start} to {last:%-d %B %Y}"


def whole(number: float | None) -> str:
    """Returns a number without digits after the point; a dash where there is none."""
    return DASH if number is None else f"{number:,.0f}".replace("-", "−")


def coded(text: str) -> Markup:
    """Returns a sentence as HTML, what stands between backticks as code."""
    return Markup(CODE.sub(r"<code>\1</code>", str(escape(text))))


def language(code: str) -> str:
    """Returns the name of a language, or its code."""
    return LANGUAGES.get(code, code)


def capital(text: str) -> str:
    """Returns the text with a capital first letter, the rest as it is."""
    return text[:1].upper() + text[1:]


def _label(match: re.Match[str]) -> str:
    return f'<span class="placeholder">{match[1].replace("_", " ").lower()}</span>'
