"""`parley playbook`: check, show, describe to editors, and train the model that reads mail."""

import json
import os
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from agent_runtime.errors import ParleyError
from agent_runtime.library.catalog import PACKAGE, load_library, read_library
from agent_runtime.library.checks import cross_problems, expiry_problems
from agent_runtime.library.content import Content
from agent_runtime.library.playbook import Move, MoveTable, Playbook
from agent_runtime.library.scenario import Scenario

app = typer.Typer(name="playbook", help="What the agent may do and say.", no_args_is_help=True)

Folder = Annotated[
    Path, typer.Option("--library", help="Folder with playbooks/, content/ and scenarios/.")
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
    at: Annotated[datetime | None, typer.Option(help="Expiry as of then; default: now.")] = None,
    as_json: AsJson = False,
) -> None:
    """Check every playbook, text and scenario against each other; exits 2 on a problem.

    Example: parley playbook lint --library agent_runtime
    """
    read = read_library(library)
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
def show(
    playbook: Annotated[str, typer.Argument(help="Id of the playbook.")],
    *,
    library: Folder = PACKAGE,
    as_json: AsJson = False,
) -> None:
    """Show one playbook as a page: goal, states, and what is done when what is heard.

    Example: parley playbook show icp_prospecting
    """
    loaded = load_library(library)
    found = loaded.playbook(playbook)
    if as_json:
        typer.echo(found.model_dump_json(indent=2))
        return
    typer.echo(_page(found))
    typer.echo("\nWhat is done, in order of precedence:")
    for group, move in loaded.moves(found):
        typer.echo(f"  [{group}] {_heard(move)} -> {_done(move)}")


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
    as_json: AsJson = False,
) -> None:
    """Train the embedded model ahead of its first use; does nothing when it is up to date.

    Example: parley playbook train --report
    """
    from agent_runtime.models import embedded, evaluation, training
    from agent_runtime.models.embedding import E5Embedder, HashingEmbedder

    threads = E5Embedder(threads=os.cpu_count() or 1)
    model = embedded.load_embedded_model(cache=cache, embedder=threads)
    said: dict[str, object] = {"model": model.version, "abstain_below": model.abstain_below}
    if report:
        examples = training.read_training()
        vectors = embedded.cached_embedder(E5Embedder(), cache)
        without = HashingEmbedder(dimensions=4096)
        said["cross_validated"] = asdict(evaluation.cross_validate(examples, vectors))
        said["without_sentence_vectors"] = asdict(evaluation.cross_validate(examples, without))
    typer.echo(json.dumps(said, indent=None if as_json else 2))


def _page(playbook: Playbook) -> str:
    lists = {
        "The agent": playbook.agent_actions,
        "It needs": playbook.inputs,
        "Success is": playbook.success,
        "To train": playbook.train,
        "States": [f"{name}: {state.about}" for name, state in playbook.states.items()],
    }
    lines = [f"{playbook.name} ({playbook.label}, {playbook.autonomy})", playbook.goal]
    lines.append(f"When it helps: {playbook.when_it_helps.strip()}")
    for title, entries in lists.items():
        lines += ["", f"{title}:", *(f"  - {entry}" for entry in entries)]
    return "\n".join(lines)


def _heard(move: Move) -> str:
    words = [*move.rules, *move.signals, *move.intents]
    words += ["a time was chosen"] * move.slot_chosen + ["not sure"] * move.unsure
    where = f" (in {', '.join(move.states)})" if move.states else ""
    return f"{', '.join(words)}{where}{', first time' if move.once else ''}"


def _done(move: Move) -> str:
    said = f" saying {' + '.join(move.say)}" if move.say else ""
    asked = " + the next question" if move.ask else ""
    routed = f", to {move.route_to}" if move.route_to else ""
    return f"{move.do}{said}{asked}{routed}; then {move.next} ({move.reason})"
