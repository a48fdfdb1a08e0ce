"""`parley notebook`: list the notebooks, begin a new one, and run one for its answer."""

import ast
import importlib.util
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from agent_runtime.commands import JsonOption
from experiments.errors import ExperimentError
from pipelines.documents import did_you_mean
from pipelines.errors import PipelineError

FOLDER = Path(__file__).parents[1] / "notebooks"
TEMPLATE = "template"

app = typer.Typer(add_completion=False, rich_markup_mode="rich", no_args_is_help=True)


@app.callback()
def _notebook() -> None:
    """Notebooks over a run: a question first, the answer last."""


@app.command("list")
def list_all(*, as_json: JsonOption = False) -> None:
    """List the notebooks, each with its question.

    Example: [bold]parley notebook list[/bold]
    """
    found = {path.stem: _question(path) for path in _shipped()}
    if as_json:
        typer.echo(json.dumps(found))
        return
    for name, question in found.items():
        typer.echo(f"{name:24}{question}")
    typer.echo("`parley notebook run NAME -w out/demo` gives the answer; `marimo edit` opens one")


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="The file to make, as my_question or a/b.py.")],
) -> None:
    """Begin a notebook: a copy of the template, which reads metrics, SQL and Polars.

    Example: [bold]parley notebook new why_fewer_replies[/bold]
    """
    path = Path(name).with_suffix(".py")
    if path.exists():
        raise PipelineError(f"{path}: there is such a file already; choose another name.")
    if not path.parent.is_dir():
        raise PipelineError(f"{path}: there is no folder {path.parent}; make it first.")
    shutil.copyfile(FOLDER / f"{TEMPLATE}.py", path)
    typer.echo(f"wrote {path}; open it with `marimo edit {path}`")


@app.command()
def run(
    name: Annotated[str, typer.Argument(help="A name of `list`, or a file of your own.")],
    *,
    workspace: Annotated[
        Path | None, typer.Option("--workspace", "-w", help="The run; default PARLEY_WORKSPACE.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Run all cells over a workspace and print the answer; a cell that fails exits with 2.

    Example: [bold]parley notebook run funnel_by_playbook -w out/demo[/bold]

    Example: [bold]parley notebook run my_question.py --json[/bold]
    """
    from agent_runtime.settings import load_settings
    from pipelines.manifest import ensure_manifest

    path, root = _path_of(name), load_settings(workspace).paths.root
    ensure_manifest()
    answer = _answer(path, root)
    typer.echo(json.dumps({"notebook": path.stem, "answer": answer}) if as_json else answer)


def _answer(path: Path, root: Path) -> str:
    """What the last cell calls `answer`, with the workspace put in as `path`."""
    try:
        _, defined = _load(path).app.run(defs={"path": str(root)})
    except ExperimentError:
        raise
    except Exception as error:
        raise PipelineError(
            f"{path}: a cell fails with {type(error).__name__}, {str(error) or 'no message'}; "
            f"`marimo edit {path}` shows which."
        ) from None
    if not isinstance(answer := defined.get("answer"), str):
        raise PipelineError(f"{path}: no cell defines `answer`, a text; the last one must.")
    return answer


def _load(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(f"notebook_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise PipelineError(f"{path}: this is no Python file.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _path_of(name: str) -> Path:
    names = [path.stem for path in _shipped()]
    if name in names:
        return FOLDER / f"{name}.py"
    own = Path(name)
    if own.suffix == ".py" and own.is_file():
        return own
    raise PipelineError(
        f"{name}: there is no such notebook{did_you_mean(name, names)}; "
        f"use a file, or one of {', '.join(names)}."
    )


def _shipped() -> Iterator[Path]:
    yield from sorted(FOLDER.glob("*.py"))


def _question(path: Path) -> str:
    """The first heading of the first text in the notebook."""
    texts = (
        node.value
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
    lines = (line.strip() for text in texts for line in text.splitlines())
    return next((line[2:] for line in lines if line.startswith("# ")), "")
