"""`parley serve`: the web side."""

from typing import Annotated

import typer

from agent_runtime.commands import WorkspaceOption
from agent_runtime.settings import load_settings

serve = typer.Typer(add_completion=False, rich_markup_mode="rich")


@serve.callback(invoke_without_command=True)
def _serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8080,
    workspace: WorkspaceOption = None,
) -> None:
    """Serve what people reach over HTTP: unsubscribing with one click.

    Put a proxy that speaks TLS before it, and set PARLEY_PUBLIC_URL to its address.

    Example: [bold]parley serve --host 127.0.0.1 --port 8080[/bold]
    """
    import uvicorn

    from agent_runtime.console.serve import open_app

    # The path of a request holds the token, so it is not logged.
    uvicorn.run(open_app(load_settings(workspace)), host=host, port=port, access_log=False)
