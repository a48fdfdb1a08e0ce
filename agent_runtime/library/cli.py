"""`parley playbook`: check, show, describe to editors, and train the model that reads mail."""

import json
import os
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from agent_runtime.drafting.examples_cli import app as examples
from agent_runtime.errors import ParleyError
from agent_runtime.library.catalog import PACKAGE, load_library, own_libraries, read_library
from agent_runtime.library.checks import cross_problems, expiry_problems
from agent_runtime.library.content import Content, Locale
from agent_runtime.library.diff import differences
from agent_runtime.library.page import handoff_rows, handoff_table, page_of
from agent_runtime.library.playbook import MoveTable, Playbook
from agent_runtime.library.scenario import Scenario
from agent_runtime.samples.cli import samples

app = typer.Typer(name="playbook", help="What the agent may do and say.", no_args_is_help=True)

app.add_typer(examples, name="examples")
app.command()(samples)

Folder = Annotated[
    Path, typer.Option("--library", help="Folder with playbooks/, content/ and scenarios/.")
]
Own = Annotated[
    Path | None,
    typer.Option("--own", help="Folder of your own libraries on top, such as WORKSPACE/library."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]

_SCHEMAS = {
    "playbook": Playbook,
    "moves": MoveTable,
    "content": Content,
    "scenario": Scenario,
}


@app.command()
def lint(
    *,
    library: Folder = PACKAGE,
    own: Own = None,
    at: Annotated[datetime | None, typer.Option(help="Expiry as of then; default: now.")] = None,
    as_json: AsJson = False,
) -> None:
    """Check every playbook, text and scenario against each other; exits 2 on a problem.

    Example: parley playbook lint --library agent_runtime
    """
    read = read_library(library, *(own_libraries(own) if own else ()))
    now = at.replace(tzinfo=UTC) if at else datetime.now(UTC)
    problems = [*cross_problems(read), *expiry_problems(read, now=now)]
    counts = {
        "playbooks": len(read.playbooks),
        "texts": len(read.contents),
        "scenarios": len(read.scenarios),
        "content_hash": read.content_hash,
    }
    if as_json:
        typer.echo(json.dumps({**counts, "problems": problems}))
    elif problems:
        raise ParleyError("\n".join(problems))
    else:
        typer.echo(", ".join(f"{count} {name}" for name, count in counts.items()))
    if problems:
        raise typer.Exit(2)


@app.command()
def export(
    playbook: Annotated[str, typer.Argument(help="Id of the playbook.")],
    *,
    scorm: Annotated[Path, typer.Option(help="The zip file to write, a SCORM 1.2 package.")],
    library: Folder = PACKAGE,
    own: Own = None,
) -> None:
    """Write a playbook's training notes as a course for a learning management system.

    Example: parley playbook export inbound_response --scorm inbound.zip
    """
    from agent_runtime.library.scorm import write_scorm

    read = read_library(library, *(own_libraries(own) if own else ()))
    lessons = write_scorm(read, read.playbook(playbook), scorm)
    typer.echo(f"wrote {scorm}: {len(lessons)} lessons")


@app.command()
def show(
    playbook: Annotated[str, typer.Argument(help="Id of the playbook.")],
    *,
    language: Annotated[Locale, typer.Option(help="Language of the texts.")] = "en",
    library: Folder = PACKAGE,
    own: Own = None,
    as_json: AsJson = False,
) -> None:
    """Show one playbook as a page: five parts, stages, every row in words, every text.

    Example: parley playbook show icp_prospecting --language de
    """
    loaded = load_library(library, *(own_libraries(own) if own else ()))
    found = loaded.playbook(playbook)
    if as_json:
        typer.echo(found.model_dump_json(indent=2))
        return
    typer.echo(page_of(loaded, found, language=language))


@app.command()
def diff(
    playbook: Annotated[str, typer.Argument(help="Id of the playbook.")],
    other: Annotated[Path, typer.Argument(help="Library folder to compare with: the proposal.")],
    *,
    library: Folder = PACKAGE,
) -> None:
    """Say what another version of a playbook would do otherwise: fields, rows, wording.

    Example: parley playbook diff nurture out/demo/library
    """
    changes = list(differences(read_library(library), read_library(other), playbook))
    typer.echo("\n".join(changes) if changes else f"{playbook} is the same in both")


@app.command()
def handoffs(*, library: Folder = PACKAGE, as_json: AsJson = False) -> None:
    """Show one table: which intents, signals and stages hand over, to whom, in which playbook.

    Example: parley playbook handoffs
    """
    rows = handoff_rows(load_library(library))
    typer.echo(json.dumps(rows, indent=2) if as_json else handoff_table(rows))


@app.command()
def schema(
    kind: Annotated[
        Literal["playbook", "moves", "content", "scenario"], typer.Argument(help="Which file.")
    ],
) -> None:
    """Print the JSON schema of a kind of file, for editors that complete and check.

    Example: parley playbook schema playbook > playbook.schema.json
    """
    typer.echo(json.dumps(_SCHEMAS[kind].model_json_schema(), indent=2))


@app.command()
def train(
    *,
    cache: Annotated[Path, typer.Option(help="Where vectors and models are kept.")] = Path(
        "out/cache"
    ),
    report: Annotated[bool, typer.Option(help="Also say how well it reads (slower).")] = False,
    ship: Annotated[
        bool,
        typer.Option(help="Write vectors and opinions of changed training texts beside them."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Train the embedded model and compile phrases ahead of their first use.

    Does nothing that was done already.

    Example: parley playbook train --report

    Example: parley playbook train --ship
    """
    from agent_runtime.models import embedded, evaluation, opinions, training
    from agent_runtime.models.embedding import E5Embedder, HashingEmbedder
    from agent_runtime.models.shipped_vectors import ShippedVectors
    from agent_runtime.prepare import read_word_files

    read_word_files()
    threads = E5Embedder(threads=os.cpu_count() or 1)
    if ship:
        vectors = embedded.cached_embedder(threads, cache)
        embedded.ship_vectors(vectors)
        for matter in opinions.MATTERS:
            opinions.ship_opinion(matter, ShippedVectors.load(embedded.SHIPPED, vectors))
    model = embedded.load_embedded_model(cache=cache, embedder=threads)
    said: dict[str, object] = {"model": model.version, "abstain_below": model.abstain_below}
    if report:
        examples = training.read_training()
        vectors = embedded.cached_embedder(E5Embedder(), cache)
        without = HashingEmbedder(dimensions=4096)
        said["cross_validated"] = asdict(evaluation.cross_validate(examples, vectors))
        said["without_sentence_vectors"] = asdict(evaluation.cross_validate(examples, without))
    typer.echo(json.dumps(said, indent=None if as_json else 2))
