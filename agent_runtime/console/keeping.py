"""The key of chat windows and links, the same for the web side and for the worker's mails."""

import os
import secrets
from pathlib import Path

from agent_runtime.settings import Settings


def chat_key(settings: Settings) -> str:
    """Returns the key of the settings, or the one that the workspace keeps."""
    return settings.console_key or kept_key(settings.workspace / "console.key")


def kept_key(path: Path) -> str:
    """Returns the key of a workspace, made at its first use: links and windows outlive a restart.

    It is readable by its owner only. Of two processes that make it at once, both get the same.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    made = path.with_name(f"{path.name}.{os.getpid()}")
    if not path.exists():
        with open(made, "w", encoding="utf-8", opener=_private) as file:
            file.write(secrets.token_urlsafe(48))
        try:
            os.link(made, path)
        except FileExistsError:
            pass
        finally:
            made.unlink()
    return path.read_text(encoding="utf-8")


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
