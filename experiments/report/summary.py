"""A readout as the console shows it: figures in words, and places of intervals; no script."""

from dataclasses import asdict
from typing import Any

from experiments.readout import MetricReadout, Readout
from experiments.report import words
from experiments.report.forest import Forest
from experiments.report.pictures import Pictures
from experiments.spec import Spec


def summary(readout: Readout, spec: Spec) -> dict[str, Any]:
    """Returns what the page of a readout says in short, as JSON values.

    While the readout hides its effects none of its figures is there.
    """
    first_line, deviations = words.status(readout)
    is_shown = not readout.is_hidden and not readout.srm.is_mismatch
    pictures, made = Pictures(readout), readout.reproduction
    question = " ".join(spec.hypothesis.split()) or (
        f"Does {', '.join(spec.treated)} change {spec.primary.metric} against {spec.control}?"
    )
    return {
        "format": 1,
        "id": spec.id,
        "version": readout.version,
        "question": question,
        "mode": readout.mode,
        "unit": spec.unit,
        "control": spec.control,
        "window": _window(readout, spec),
        "as_registered": first_line,
        "deviations": list(deviations),
        "headline": words.headline(readout),
        "answers": list(words.answers(readout)),
        "is_shown": is_shown,
        "arms": [
            {
                "name": arm,
                "is_control": arm == spec.control,
                "observed": count,
                "expected": readout.srm.expected[arm],
            }
            for arm, count in readout.srm.observed.items()
        ],
        "sample_ratio": _ratio(readout),
        "is_mismatch": readout.srm.is_mismatch,
        "primary": _places(pictures.primary()) if is_shown else None,
        "secondary": list(map(_places, pictures.secondary())) if is_shown else [],
        "guardrails": list(map(_places, pictures.guardrails())) if is_shown else [],
        "segments": list(map(_places, pictures.segments())) if is_shown else [],
        "lines": [_line(row) for row in readout.metrics] if is_shown else [],
        "blurs": None
        if readout.contamination is None
        else [blur.model_dump() for blur in readout.contamination],
        "money": [words.capital(x.verdict) for x in readout.money or ()] if is_shown else [],
        "command": made.command if made else "",
        "code_version": made.code_version if made else "",
        "data_version": made.units_sha256 if made else "",
    }


def _places(picture: Forest) -> dict[str, Any]:
    return asdict(picture)


def _ratio(readout: Readout) -> str:
    if readout.srm.is_mismatch:
        return f"{words.said(readout.srm.verdict)}."
    return (
        "The arms have the sizes that were promised, as near as chance allows "
        f"(p = {words.p_value(readout.srm.p_value)})."
    )


def _window(readout: Readout, spec: Spec) -> str:
    days = readout.windows.days if readout.windows else spec.primary.window_days
    if not days:
        return ""
    said = f"Each unit is watched for {days} days from its assignment"
    if readout.windows is None:
        return f"{said}."
    if readout.windows.are_closed:
        return f"{said}; all windows are closed."
    return f"{said}; the last one closes on {readout.windows.last_closes_at:%-d %B %Y, %H:%M} UTC."


def _line(row: MetricReadout) -> dict[str, Any]:
    share = row.is_share
    return {
        "metric": row.metric,
        "role": row.role,
        "arm": row.arm,
        "control": row.control,
        "n_arm": row.n_arm,
        "n_control": row.n_control,
        "value": row.effect,
        "low": row.ci_low,
        "high": row.ci_high,
        "change": row.relative,
        "mean_arm": words.mean(row.mean_arm, is_share=share),
        "mean_control": words.mean(row.mean_control, is_share=share),
        "effect": words.effect(row.effect, is_share=share) + (" points" if share else ""),
        "interval": words.interval(row.ci_low, row.ci_high, is_share=share),
        "relative": words.relative(row),
        "p_value": words.p_value(row.p_adjusted if row.role == "secondary" else row.p_value),
        "state": words.state(row.verdict),
        "said": words.typeset(words.said(row.verdict)),
    }
