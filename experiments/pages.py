"""Templates of pages: what they fill in is escaped, and a name that they miss is an error."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined


def templates_in(folder: Path, *, is_html: bool = True) -> Environment:
    """Returns the templates of a folder; only those that are no HTML escape nothing."""
    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=is_html,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
