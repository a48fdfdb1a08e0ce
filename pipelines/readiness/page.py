"""The checklist as one HTML page that prints well and loads nothing from elsewhere."""

from pathlib import Path

from markupsafe import Markup

from experiments.pages import templates_in
from pipelines.readiness.assess import Readiness

TEMPLATES = Path(__file__).parent / "templates"


def render_page(readiness: Readiness) -> str:
    """Returns the page."""
    css = (TEMPLATES / "readiness.css").read_text(encoding="utf-8")
    return (
        templates_in(TEMPLATES)
        .get_template("readiness.html.j2")
        .render(readiness=readiness, css=Markup(css))
    )
