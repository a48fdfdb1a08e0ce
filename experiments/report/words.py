"""Puts the figures of a readout into words."""

import re

from experiments.plain_numbers import signed
from experiments.readout import MetricReadout, Readout

NONE = "none"
_HYPHEN_MINUS = re.compile(r"(?<![\w.,)])-(?=\d)")


def typeset(text: str) -> str:
    """Returns a text with minus signs before its negative numbers."""
    return _HYPHEN_MINUS.sub("−", text)


def capital(text: str) -> str:
    """Returns the text with a capital first letter, unless it begins with a column or arm."""
    if "_" in text.partition(" ")[0]:
        return text
    return text[:1].upper() + text[1:]


def mean(value: float | None, *, is_share: bool) -> str:
    """Returns a mean, shares in percent."""
    if value is None:
        return NONE
    return f"{value * 100:.3g}%" if is_share else typeset(signed(value).removeprefix("+"))


def effect(value: float | None, *, is_share: bool) -> str:
    """Returns a difference with its sign, shares in percentage points."""
    if value is None:
        return NONE
    return typeset(signed(value * 100, 3) if is_share else signed(value))


def interval(low: float | None, high: float | None, *, is_share: bool = False) -> str:
    """Returns an interval as its two ends, or that there is none."""
    if low is None or high is None:
        return "no interval"
    return f"{effect(low, is_share=is_share)} to {effect(high, is_share=is_share)}"


def relative(row: MetricReadout) -> str:
    """Returns the effect in percent of the base's mean, with its interval."""
    if row.relative is None:
        return NONE
    middle = typeset(f"{row.relative:+.1%}")
    if row.relative_ci_low is None or row.relative_ci_high is None:
        return f"{middle} (no interval)"
    return typeset(f"{middle} ({row.relative_ci_low:+.1%} to {row.relative_ci_high:+.1%})")


def p_value(value: float | None) -> str:
    """Returns a p-value; tiny ones only as a bound."""
    if value is None:
        return NONE
    return "<\u00a00.001" if value < 0.001 else f"{value:.2g}"


def unit(*, is_share: bool) -> str:
    """Returns what an effect is counted in."""
    return "percentage points" if is_share else "per unit"


def status(readout: Readout) -> tuple[str, tuple[str, ...]]:
    """Returns the first line of the page, and one sentence for each deviation."""
    if readout.deviations is None:
        return (
            "Not checked against a registry, since none was given: nothing here shows that the "
            "question was asked before the answer was known.",
            (),
        )
    if readout.deviations:
        count = len(readout.deviations)
        said = "1 deviation" if count == 1 else f"{count} deviations"
        return f"{said} from what was registered:", readout.deviations
    known = readout.reproduction.registration if readout.reproduction else None
    if known is None:
        return "As registered.", ()
    sent = readout.reproduction.first_send if readout.reproduction else None
    since = (
        f"no edit after the first send on {sent:%-d %B %Y, %H:%M} UTC"
        if sent
        else "no first send is known, so edits after it were not looked for"
    )
    return (
        f"As registered: version {known.version}, approved by {known.approver}, "
        f"{known.registered_at:%-d %B %Y, %H:%M} UTC; {since}.",
        (),
    )


def headline(readout: Readout) -> str:
    """Returns the answer in a few words, over all arms against the control."""
    rows = against_control(readout)
    if readout.srm.is_mismatch:
        return "Not shown: the arms may not be comparable"
    if readout.is_hidden or all(row.verdict.startswith("not shown yet") for row in rows):
        return "Not shown yet"
    shown = [row.arm for row in rows if row.verdict.startswith("shown")]
    if not shown:
        return "Not shown"
    rest = [row.arm for row in rows if row.arm not in shown]
    if rest:
        return f"Shown for {', '.join(shown)}; not for {', '.join(rest)}"
    return "Shown"


def answers(readout: Readout) -> tuple[str, ...]:
    """Returns the sentences under the headline: one an arm, or why there is none."""
    if readout.srm.is_mismatch:
        return (f"{said(readout.srm.verdict)}.",)
    if readout.is_hidden and readout.windows:
        return (f"{said(readout.windows.verdict)}.",)
    left = readout.windows.left_out.removeprefix("; ") if readout.windows else ""
    rows = against_control(readout)
    sentences = (said(row.verdict) if len(rows) == 1 else row.verdict for row in rows)
    return (
        *(typeset(capital(s)) + "." for s in sentences),
        *([f"{capital(left)}."] if left else []),
    )


def said(verdict: str) -> str:
    """Returns a verdict without the word that the headline says already."""
    return capital(verdict.partition(": ")[2] or verdict)


def state(verdict: str) -> str:
    """Returns the word of a verdict before its colon."""
    return capital(verdict.partition(":")[0])


def against_control(readout: Readout) -> list[MetricReadout]:
    """Returns the rows of the primary metric that compare with the control."""
    control = readout.primary.control
    return [row for row in readout.metrics if row.role == "primary" and row.control == control]


def contrasts(readout: Readout) -> list[MetricReadout]:
    """Returns the rows that compare two treated arms."""
    return [row for row in readout.metrics if row.control != readout.primary.control]
