"""Names under which the console may be asked for."""

from urllib.parse import urlsplit

from agent_runtime.settings import Settings

LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]", "::1"})


def hosts_of(settings: Settings, *more: str) -> frozenset[str]:
    """Returns the host names of a console: loopback, its public address, and more."""
    public = urlsplit(settings.public_url).hostname or ""
    return LOOPBACK | {name for name in (public, *more) if name and name != "0.0.0.0"}
