"""Opens the console of a workspace: its parts, out of the settings."""

from datetime import timedelta

from agent_runtime.clock import read_now
from agent_runtime.console.frame.hosts import hosts_of
from agent_runtime.console.frame.office import Office
from agent_runtime.console.keeping import chat_key
from agent_runtime.console.people.oidc import provider_of
from agent_runtime.console.people.sessions import Lifetime
from agent_runtime.library.catalog import company_library
from agent_runtime.settings import Settings
from agent_runtime.store.approval_lines import fill_lines
from agent_runtime.store.sql import SqlStore
from agent_runtime.versions import versions_at


def open_office(settings: Settings, store: SqlStore, *, host: str, is_demo: bool) -> Office:
    """Returns what the pages need.

    Args:
        settings: Which workspace, and who signs in how.
        store: Its store.
        host: On which address it listens.
        is_demo: Whether anybody at this machine may enter by a link.

    Raises:
        ParleyError: the OpenID provider is half set up.
    """
    key = chat_key(settings)
    with store.begin() as tx:
        fill_lines(tx)
    return Office(
        store=store,
        library=company_library(settings.paths.library),
        versions=versions_at(settings),
        settings=settings,
        key=key,
        clock=lambda: read_now(store.engine),
        lifetime=Lifetime(
            timedelta(minutes=settings.session_idle_min), timedelta(hours=settings.session_hours)
        ),
        hosts=hosts_of(settings, host),
        provider=provider_of(settings, key),
        is_demo=is_demo,
    )
