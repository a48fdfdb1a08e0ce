"""The table at the end of a demo run."""

from typing import Any

from rich.table import Table


def final_table(report: dict[str, Any]) -> Table:
    """Returns what came in, what went out and what it was worth, beside the planted truth."""
    # Heavy, and whoever only asks for help needs none of it.
    from pipelines.readouts.report import Report
    from pipelines.readouts.worth import worth

    table = Table(title="What the agent was worth", show_header=False, title_justify="left")
    table.add_column(style="bold")
    table.add_column(justify="right")
    table.add_column()
    for row in report["records"]:
        refused = f"{row['merged']:,} merged, {row['quarantined']:,} quarantined"
        clean = not (row["merged"] or row["quarantined"])
        table.add_row(row["source"], f"{row['read']:,}", "rows" if clean else f"rows, {refused}")
    table.add_section()
    for arm, count in report["people"].items():
        table.add_row(f"randomised, {arm}", f"{count:,}", report.get("unit", "people"))
    table.add_section()
    messages, unknown = report["messages"], report["unknown"]
    table.add_row("mails of the agent", f"{messages['agent_sent']:,}", "sent")
    table.add_row("mails of people", f"{messages['human_sent']:,}", "sent from the human queue")
    table.add_row("mails in", f"{messages['inbound']:,}", f"of which {report['replies']:,} replies")
    table.add_row("UNKNOWN", f"{unknown['resolved']:,}", f"resolved, {unknown['open']:,} open")
    meetings = ", ".join(f"{n:,} {arm}" for arm, n in report["meetings"].items())
    table.add_row("meetings", f"{sum(report['meetings'].values()):,}", meetings)
    table.add_section()
    lift, planted = report["lift"], report["planted"]
    table.add_row("lift on meetings", _points(lift["effect"]), _interval(lift))
    if planted:
        table.add_row("planted truth", _points(planted["planted_effect"]), _covered(lift, planted))
    for amount in worth(Report.model_validate(report)):
        table.add_row(amount.label.lower(), amount.total, amount.said)
    table.add_row("agent mails to the holdout", f"{report['holdout_sends']:,}", "must be 0")
    return table


def _points(value: float) -> str:
    return f"{100 * value:+.1f} points"


def _interval(lift: dict[str, float | None]) -> str:
    if lift["ci_low"] is None or lift["ci_high"] is None:
        return "no interval: nobody met, in either arm"
    low, high = 100 * lift["ci_low"], 100 * lift["ci_high"]
    p_value = "" if lift["p_value"] is None else f", p = {lift['p_value']:.2g}"
    return f"95% interval {low:+.1f} to {high:+.1f}{p_value}"


def _covered(lift: dict[str, float | None], planted: dict[str, float]) -> str:
    if lift["ci_low"] is None or lift["ci_high"] is None:
        return ""
    inside = lift["ci_low"] <= planted["planted_effect"] <= lift["ci_high"]
    return "inside the interval" if inside else "outside the interval"
