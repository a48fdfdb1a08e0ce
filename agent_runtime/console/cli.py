"""`parley serve`: the web side."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from agent_runtime.commands import WorkspaceOption
from agent_runtime.settings import Settings, load_settings

serve = typer.Typer(add_completion=False, rich_markup_mode="rich")


@serve.callback(invoke_without_command=True)
def _serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8080,
    workspace: WorkspaceOption = None,
    enter: Annotated[
        bool, typer.Option("--open", help="Print a link that lets you into the demo's console.")
    ] = False,
    worker: Annotated[
        bool, typer.Option("--worker/--no-worker", help="Run a worker that answers and sends.")
    ] = True,
) -> None:
    """Serve what people reach over HTTP: the console, chat, web forms, unsubscribing.

    The console is at http://127.0.0.1:8080/console/; its accounts are made with
    `parley people add`. A worker runs beside it, answers what comes in and sends what is
    approved, and ends with it; try it at http://127.0.0.1:8080/chat/demo. Where workers run on
    machines of their own, leave it out with --no-worker.

    Put a proxy that speaks TLS before it, and set PARLEY_PUBLIC_URL to its address.

    Example: [bold]parley serve --host 127.0.0.1 --port 8080[/bold]

    Example: [bold]parley serve --workspace out/demo --open[/bold]

    Example: [bold]parley serve --no-worker[/bold]
    """
    import uvicorn

    from agent_runtime.console.beside import Beside, beside, running
    from agent_runtime.console.serve import MAX_MESSAGE, open_app
    from agent_runtime.console.settled import settle
    from agent_runtime.lifeline import one_of

    settings = load_settings(workspace)
    app = open_app(settings, host=host, is_demo=enter)
    found = beside(settings) if worker else Beside({}, "No worker, as you asked.")
    with one_of(settings.workspace / "serve.lock"), running(settings, found):
        typer.echo(found.says)
        if enter:
            _print_entry(settings, host, port)
        settle()
        # The path of a request holds the token, so it is not logged.
        uvicorn.run(
            app,
            host=host,
            port=port,
            ws_max_size=MAX_MESSAGE,
            timeout_graceful_shutdown=3,
            log_level="warning",
            access_log=False,
        )


def _print_entry(settings: Settings, host: str, port: int) -> None:
    from agent_runtime.clock import read_now
    from agent_runtime.coaching.demo import fill_demo
    from agent_runtime.console.people.demo import open_demo
    from agent_runtime.status import open_store
    from agent_runtime.versions import versions_at

    store, at = open_store(settings), datetime.now(UTC)
    secret = open_demo(settings, store, host=host, now=at)
    fill_demo(store, versions=versions_at(settings), now=read_now(store.engine), at=at)
    typer.echo("The console of the demo; the link lets you in once:")
    typer.echo(f"  http://{host}:{port}/console/enter/{secret}")
