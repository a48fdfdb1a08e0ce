"""What a proposal must be before it may go live; one sentence a problem."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from agent_runtime.errors import ParleyError
from agent_runtime.library.catalog import PACKAGE, Library, own_libraries, read_library
from agent_runtime.library.checks import cross_problems, expiry_problems
from agent_runtime.library.content import Content
from agent_runtime.models.language import LanguageModel
from agent_runtime.script.people import has_personal_data
from agent_runtime.script.rehearsal import rehearse
from agent_runtime.script.shelf import PENDING, Shelf, write_whole
from agent_runtime.script.wording import BLANK_LEFT


def problems_of(
    files: dict[str, str], shelf: Shelf, model: LanguageModel, *, now: datetime
) -> list[str]:
    """Returns all that is wrong with a script as it would go live, beside everything that is.

    Args:
        files: The script's files, approved, by relative path.
        shelf: Whose library it would join.
        model: Reads the buyer's lines of the scenarios.
        now: What has expired by then may not go live.
    """
    with TemporaryDirectory() as folder:
        staged = write_whole(Path(folder) / "staged", files)
        try:
            alone = read_library(staged)
            library = read_library(PACKAGE, *own_libraries(shelf.library), staged)
        except ParleyError as error:
            return [str(error).replace(f"{staged}/", "")]
        found = [*cross_problems(library), *expiry_problems(alone, now=now)]
        rehearsed = [] if found else _scenarios(alone, library, model, now=now)
        return [*_texts(alone), *found, *rehearsed]


def _texts(alone: Library) -> Iterator[str]:
    for content in alone.contents.values():
        for problem in _text(content):
            yield f"content/{content.locale}/{content.id}.md: {problem}"
    if not alone.playbooks:
        yield "playbooks: there is none; import the script again."


def _text(content: Content) -> Iterator[str]:
    whole = f"{content.subject}\n{content.body}"
    if content.claim.startswith(PENDING):
        yield (
            f"field claim: {content.claim[:90]!r} waits for a person; write in one English "
            "sentence what the text claims and can prove, or change the text."
        )
    if has_personal_data(whole):
        yield "field body: it holds a placeholder of personal data; write it without the person."
    if blank := BLANK_LEFT.search(whole):
        yield f"field body: the blank {blank[0]} is not filled; write what belongs there."
    if content.body.count("?") > 1:
        asked = content.body.count("?")
        yield f"field body: it asks {asked} questions; a mail asks one, so leave one of them."


def _scenarios(
    alone: Library, library: Library, model: LanguageModel, *, now: datetime
) -> Iterator[str]:
    for scenario in alone.scenarios:
        for difference in rehearse(scenario, library, model, now=now):
            yield f"{difference} Mend the text, the playbook's row or the scenario."
