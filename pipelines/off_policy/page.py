"""The page of off-policy readings: one HTML file without scripts that loads nothing."""

from collections.abc import Sequence
from pathlib import Path

from markupsafe import Markup

from experiments.figure_svg import figure_svg
from experiments.off_policy import PolicyReading
from experiments.off_policy_figures import overlap_figure, policies_figure
from experiments.pages import templates_in
from experiments.report.page import TEMPLATES as STYLE
from pipelines.off_policy.told import GUARDRAILS, chance, share, signed

TEMPLATES = Path(__file__).parent / "templates"

NAMES = {
    "positive_reply": "Positive reply",
    "meeting": "Meeting set",
    "opt_out": "Opt-out",
}


def write_page(readings: Sequence[PolicyReading], path: Path) -> None:
    """Writes the page."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render_page(readings), encoding="utf-8")


def render_page(readings: Sequence[PolicyReading]) -> str:
    """Returns the page; all that strangers wrote is escaped."""
    rewards = [one.reward for one in readings[0].rewards]
    pictures = {
        reward: figure_svg(
            policies_figure(readings, reward), title=f"{reward} by policy", width=760
        )
        for reward in rewards
    }
    overlaps = {
        reading.policy: figure_svg(
            overlap_figure(reading), title=f"chances under {reading.policy}", width=520
        )
        for reading in readings
        if len(reading.chances)
    }
    return (
        templates_in(TEMPLATES)
        .get_template("off_policy.html.j2")
        .render(
            css=Markup((STYLE / "report.css").read_text(encoding="utf-8")),
            readings=readings,
            rewards=rewards,
            names=NAMES,
            guardrails=GUARDRAILS,
            pictures=pictures,
            overlaps=overlaps,
            chance=chance,
            share=share,
            signed=signed,
        )
    )
