"""The page that leads to all samples."""

from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from agent_runtime.channels.voice.samples.sample import SYNTHETIC, Sample
from agent_runtime.channels.voice.timeline.drawing import drawing_of
from agent_runtime.channels.voice.timeline.page import clock, plain, words


def write_index(samples: Sequence[Sample], folder: Path) -> Path:
    """Writes the page, and returns its path."""
    pages = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters |= {"clock": clock, "plain": plain, "words": words}
    found = [(sample, drawing_of(sample.timeline)) for sample in samples]
    path = folder / "index.html"
    page = pages.get_template("index.html.j2").render(samples=found, note=SYNTHETIC)
    path.write_text(page, encoding="utf-8")
    return path
