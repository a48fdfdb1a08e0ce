"""A throw-away Postgres server on loopback, for tests."""

import os
import pwd
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory


@contextmanager
def running_postgres(initdb: str) -> Iterator[str]:
    """Starts a server and yields the URL of its database; nothing of it stays."""
    tools = Path(initdb).resolve().parent
    # Postgres refuses to run as root.
    user = pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None
    with TemporaryDirectory(prefix="parley-postgres-") as folder:
        if user is not None:
            os.chown(folder, user, -1)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]

        def run(tool: str, *arguments: str) -> None:
            command = [str(tools / tool), "-D", f"{folder}/data", *arguments]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, user=user, cwd=folder)

        run("initdb", "-U", "parley", "-A", "trust", "-E", "UTF8")
        options = f"-c listen_addresses=127.0.0.1 -p {port} -k {folder} -c fsync=off"
        run("pg_ctl", "-w", "-l", f"{folder}/log", "-o", options, "start")
        try:
            yield f"postgresql+psycopg://parley@127.0.0.1:{port}/postgres"
        finally:
            run("pg_ctl", "-w", "-m", "immediate", "stop")
