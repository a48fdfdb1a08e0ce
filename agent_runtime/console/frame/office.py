"""What all pages need: the store, the clocks, the texts, the key and who signs in how."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request

from agent_runtime.console.door import Gate, Rates
from agent_runtime.console.frame.hosts import LOOPBACK
from agent_runtime.console.people.passwords import Passwords
from agent_runtime.console.people.sessions import Lifetime
from agent_runtime.console.people.users import User
from agent_runtime.library.catalog import Library
from agent_runtime.log import Versions
from agent_runtime.settings import Settings
from agent_runtime.store.sql import SqlStore

if TYPE_CHECKING:
    from agent_runtime.console.people.oidc import Provider


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who uses a page: somebody of ours, or a program by its token."""

    user: User
    csrf: str
    """What a form of theirs carries; empty for a program."""
    token: str = ""
    """Name of the service token; empty for people."""

    @property
    def name(self) -> str:
        """Under which decisions and the audit log know them."""
        return f"token:{self.token}" if self.token else self.user.email


@dataclass(frozen=True, slots=True)
class Office:
    """The parts that the pages share; made once, at the start of `parley serve`."""

    store: SqlStore
    library: Library
    versions: Versions
    settings: Settings
    key: str
    """Signs forms and short-lived cookies."""
    clock: Callable[[], datetime]
    """The time of campaigns and threads; in the sandbox it is simulated."""
    wall_clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    """Real time, by which sessions and tokens end, and which the audit log keeps."""
    lifetime: Lifetime = field(default_factory=Lifetime)
    passwords: Passwords = field(default_factory=Passwords)
    gate: Gate = field(default_factory=lambda: Gate(Rates()))
    hosts: frozenset[str] = LOOPBACK
    """Names under which it may be asked for, so that no foreign name is turned onto it."""
    provider: "Provider | None" = None
    """Where people sign in by OpenID Connect; None where nothing is set up."""
    is_demo: bool = False
    """Whether anybody at this machine may enter by a link, as a user of the demo."""


def office_of(request: Request) -> Office:
    """Returns the office of the application that a request came to."""
    return request.app.state.office


def signed_in(request: Request) -> SignedIn:
    """Returns who asks; the gate has let them in before a page is called.

    Raises:
        RuntimeError: the page is public, so there may be nobody.
    """
    who = getattr(request.state, "who", None)
    if who is None:
        raise RuntimeError(f"{request.url.path} is public; ask `request.state.who` instead.")
    return who


TheOffice = Annotated[Office, Depends(office_of)]
Who = Annotated[SignedIn, Depends(signed_in)]
