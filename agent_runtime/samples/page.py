"""Sample threads as a page that a buyer can be sent: the words, and who approved them."""

from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from agent_runtime.library.catalog import Library
from agent_runtime.library.content import Content
from agent_runtime.library.playbook import Playbook
from agent_runtime.samples.icp import Icp
from agent_runtime.samples.play import Thread


def page_of(threads: Sequence[Thread], icp: Icp, playbook: Playbook, library: Library) -> str:
    """Returns the page; it loads nothing from anywhere."""
    pages = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined
    )
    ours = [line for thread in threads for line in thread.ours]
    return pages.get_template("samples.html.j2").render(
        threads=threads,
        icp=icp,
        playbook=playbook,
        ours=len(ours),
        unapproved=sum(not line.is_approved for line in ours),
        texts=texts_behind(threads, library),
    )


def texts_behind(threads: Sequence[Thread], library: Library) -> list[Content]:
    """Returns the approved texts that the threads are made of, each once, by id."""
    named = {
        (fact.partition("@")[0], thread.dialogue.language)
        for thread in threads
        for line in thread.lines
        for fact in line.facts
    }
    found = {
        name: content
        for name, language in sorted(named)
        if (content := library.contents.get((name, language))) is not None
    }
    return list(found.values())
