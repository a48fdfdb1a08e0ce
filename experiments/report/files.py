"""From an analysis to its files: the JSON with what it stands on, and the page beside it."""

import hashlib
from pathlib import Path

from experiments.contamination import read_contamination
from experiments.readout import Readout
from experiments.report_file import write_report
from experiments.reproduction import Sources, deviations_of, reproduction
from experiments.spec import Spec


def completed(readout: Readout, spec: Spec, sources: Sources) -> Readout:
    """Returns the readout with its deviations, contamination and what gives it again.

    Raises:
        ExperimentError: The registry or the report on contamination cannot be used.
    """
    blurred = sources.contamination
    return readout.model_copy(
        update={
            "deviations": deviations_of(spec, sources),
            "contamination": read_contamination(blurred, spec.id) if blurred else None,
            "reproduction": reproduction(spec, sources),
        }
    )


def write_readout(readout: Readout, spec: Spec, *, out: Path, html: Path | None = None) -> str:
    """Writes the JSON, and the page where one is asked for; returns the JSON file's SHA-256."""
    content = readout.model_dump_json(indent=2) + "\n"
    digest = hashlib.sha256(content.encode()).hexdigest()
    write_report(out, content)
    if html is not None:
        from experiments.report.page import render_page

        write_report(html, render_page(readout, spec, digest=digest))
    return digest
