"""The page of a readout: one HTML file without scripts, which opens anywhere and prints."""

from pathlib import Path

from jinja2 import Environment

from experiments.canonical import canonical_json
from experiments.pages import templates_in
from experiments.readout import Readout
from experiments.report import words
from experiments.report.pictures import Pictures, missing_values
from experiments.spec import Spec

TEMPLATES = Path(__file__).parent / "templates"


def render_page(readout: Readout, spec: Spec, *, digest: str = "") -> str:
    """Returns the page as HTML; all that strangers wrote is escaped.

    Args:
        readout: What the analysis says.
        spec: The question that it answers.
        digest: SHA-256 of the readout's JSON file, so that the two can be told to belong together.
    """
    first_line, deviations = words.status(readout)
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            readout=readout,
            spec=spec,
            spec_json=canonical_json(spec.content),
            hypothesis=" ".join(spec.hypothesis.split()),
            first_line=first_line,
            deviations=deviations,
            headline=words.headline(readout),
            answers=words.answers(readout),
            pictures=Pictures(readout),
            missing=missing_values(readout),
            contrasts=words.contrasts(readout),
            is_shown=not readout.is_hidden and not readout.srm.is_mismatch,
            digest=digest,
        )
    )


def _environment() -> Environment:
    environment = templates_in(TEMPLATES)
    environment.globals["words"] = words
    environment.filters["typeset"] = words.typeset
    return environment
