"""The change log as one HTML page, without scripts; it opens anywhere and prints."""

from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from markupsafe import Markup

from experiments.pages import templates_in
from experiments.report.page import TEMPLATES as REPORT
from pipelines.changes.change import NOBODY, Change

TEMPLATES = Path(__file__).parent / "templates"


def render_changes(changes: Sequence[Change], *, since: str = "") -> str:
    """Returns the page; all that people wrote is escaped.

    Args:
        changes: The newest first.
        since: From which day on, as it was asked for.
    """
    days = [(day, list(found)) for day, found in groupby(changes, key=lambda one: one.at.date())]
    styles = (REPORT / "report.css", TEMPLATES / "changes.css")
    return (
        templates_in(TEMPLATES)
        .get_template("changes.html.j2")
        .render(
            css=Markup("\n".join(path.read_text("utf-8") for path in styles)),
            days=days,
            n=len(changes),
            kinds=Counter(one.kind for one in changes).most_common(),
            measured=sum(bool(one.effect) for one in changes),
            unsigned=sum(one.by == NOBODY and one.kind != "in force" for one in changes),
            since=since,
            nobody=NOBODY,
        )
    )
