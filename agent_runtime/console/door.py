"""What every public page needs: the store, the key, who may call, and how often."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.requests import HTTPConnection

from agent_runtime.channels.email.confirm_link import ConfirmLink
from agent_runtime.channels.email.signing import read_keyring
from agent_runtime.clock import read_now
from agent_runtime.console.keeping import chat_key
from agent_runtime.intake import Intake
from agent_runtime.library.catalog import Library, company_library, load_library
from agent_runtime.log import Versions
from agent_runtime.newcomers import read_newcomers
from agent_runtime.opt_in import OptIn
from agent_runtime.ports import Store
from agent_runtime.settings import Settings
from agent_runtime.status import open_store
from agent_runtime.versions import versions_at


@dataclass(frozen=True, slots=True)
class Rates:
    """How much one visitor and one address of the internet may send; texts of `limits`."""

    visitor: str = "20/minute"
    address: str = "120/minute"
    form: str = "10/minute"
    sockets: int = 40
    """Chat windows that may be open at once from one address."""


class Gate:
    """Counts in this process who has sent how much."""

    def __init__(self, rates: Rates) -> None:
        self.rates = rates
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def may(self, rate: str, *who: str) -> bool:
        """Counts one event of somebody; False when it is one too many."""
        return self._limiter.hit(parse(rate), *who)


@dataclass(frozen=True, slots=True)
class Door:
    """The parts that the chat and the forms share."""

    store: Store
    intake: Intake
    versions: Versions
    clock: Callable[[], datetime]
    key: str
    origins: frozenset[str] = frozenset()
    """Pages that may embed the widget and send forms: scheme, host and port."""
    form_key: str = ""
    """Signs the webhooks of servers; empty: none is accepted."""
    gate: Gate = field(default_factory=lambda: Gate(Rates()))
    confirm_link: Callable[[str, str], str] | None = None
    """Address of the page that confirms a consent; None where no public address is set."""
    library: Callable[[], Library] = load_library

    @property
    def opt_in(self) -> OptIn:
        """Takes in the consents of forms and chats."""
        return OptIn(self.versions, self.key, self.confirm_link, self.library)

    def lets_in(self, request: HTTPConnection) -> bool:
        """Says whether a browser calls from a page on the list, or from our own."""
        origin = request.headers.get("origin", "")
        own = urlsplit(origin).netloc == request.headers.get("host", "") != ""
        return origin in self.origins or own


def open_door(settings: Settings) -> Door:
    """Returns the door of a workspace.

    Raises:
        ParleyError: there is no run in this workspace.
    """
    store = open_store(settings)
    with store.begin() as tx:
        newcomers = read_newcomers(tx, settings.tenant_id)
    library = company_library(settings.paths.library)
    versions = versions_at(settings)
    return Door(
        store=store,
        intake=Intake(store, newcomers, versions),
        versions=versions,
        clock=lambda: read_now(store.engine),
        key=chat_key(settings),
        origins=frozenset(o.strip().rstrip("/") for o in settings.console_origins.split(",") if o),
        form_key=settings.form_key,
        confirm_link=_confirm_link(settings),
        library=lambda: library,
    )


def _confirm_link(settings: Settings) -> ConfirmLink | None:
    keyring = read_keyring(settings.signing_keys)
    if keyring is None or not settings.public_url:
        return None
    return ConfirmLink(settings.public_url, keyring, settings.tenant_id)


def caller(request: HTTPConnection) -> str:
    """Returns from where somebody calls; behind a proxy uvicorn has put the true address there."""
    return request.client.host if request.client else ""
