"""Composition root of the web side: joins the store and the keys into one application."""

from importlib.metadata import version

from starlette.applications import Starlette

from agent_runtime.channels.email.signing import read_keyring
from agent_runtime.clock import read_now
from agent_runtime.console import unsubscribe
from agent_runtime.console.app import build_app
from agent_runtime.errors import ParleyError
from agent_runtime.policies import permit
from agent_runtime.settings import Settings
from agent_runtime.store.engine import open_engine
from agent_runtime.store.sql import SqlStore


def open_app(settings: Settings) -> Starlette:
    """Returns the application on the store of a workspace.

    Raises:
        ParleyError: no key is set with which a link could be checked.
    """
    keyring = read_keyring(settings.signing_keys)
    if keyring is None:
        raise ParleyError(
            "PARLEY_SIGNING_KEYS is empty, so no unsubscribe link could be told from a forged "
            "one; set it, for example to 1:$(openssl rand -hex 32)."
        )
    engine = open_engine(settings.store_url or f"sqlite:///{settings.paths.store}")
    store = SqlStore(engine, settings.tenant_id)
    versions = {"code": version("parley"), "policy": permit.VERSION}
    return build_app(
        unsubscribe.routes(store, keyring, versions, clock=lambda: read_now(engine)),
    )
