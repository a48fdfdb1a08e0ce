"""Routes of the console, each with who may use it: one that says nothing does not start."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from fastapi.routing import APIRoute

from agent_runtime.console.frame.roles import Role

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_MARK = "__declared__"

Endpoint = Callable[..., Any]


class UndeclaredRoute(RuntimeError):
    """A route that does not say who may use it: a mistake of ours, so the console stays down."""


@dataclass(frozen=True, slots=True)
class Declared:
    """What a route says of itself."""

    action: str
    """`area.what`, as the audit log names it."""
    roles: frozenset[Role] = frozenset()
    """Who may use it when signed in."""
    is_public: bool = False
    """Whether it needs nobody to be signed in."""
    is_signed: bool = False
    """Whether its address holds a signed token: proof enough, so no cookie is looked at or set."""
    scope: str = ""
    """What a service token must hold to use it; empty: no token may."""
    is_audited: bool = False
    """Whether the audit log has it; all that changes something is there without being asked."""
    rate: str = "600/minute"
    """How often one caller may use it, as `limits` reads it."""


class Pages:
    """The routes of one area; each is declared with its roles, or as public.

    Args:
        prefix: Path below `/console`, such as `/approvals`; empty for the root.
        area: Name of the area, the first part of the names of its actions.
    """

    def __init__(self, prefix: str = "", *, area: str) -> None:
        self.prefix = prefix
        self.area = area
        self.routes: list[tuple[str, str, Endpoint]] = []
        """Path below `/console`, method and function of each."""

    def get(self, path: str, **declared: Any) -> Callable[[Endpoint], Endpoint]:
        """Declares a page or fragment that changes nothing; keywords as in `route`."""
        return self.route(path, "GET", **declared)

    def post(self, path: str, **declared: Any) -> Callable[[Endpoint], Endpoint]:
        """Declares an act: it needs the form's token, and the audit log has it."""
        return self.route(path, "POST", **declared)

    def route(
        self,
        path: str,
        method: str,
        *,
        roles: frozenset[Role] = frozenset(),
        public: bool = False,
        signed: bool = False,
        scope: str = "",
        audited: bool | None = None,
        rate: str = "600/minute",
    ) -> Callable[[Endpoint], Endpoint]:
        """Declares a route.

        Args:
            path: Below the prefix of the area.
            method: `GET` changes nothing; every other method is an act.
            roles: Who may use it; see `frame.roles.roles` and `EVERYBODY`.
            public: Nobody needs to be signed in.
            signed: Public as well, for prospects: the address holds a token that the page itself
                checks, and by which a form is known; there are no cookies.
            scope: A service token with this scope may use it too.
            audited: The audit log has it although it changes nothing, as an export; False for a
                form that only asks, whose words do not belong into an address.
            rate: How often one caller may use it.

        Raises:
            UndeclaredRoute: it says neither who may use it nor that all may, or both.
        """
        if bool(roles) == (public or signed):
            raise UndeclaredRoute(
                f"{method} {path} of {self.area}: give it roles, or say that it is public."
            )

        def declare(endpoint: Endpoint) -> Endpoint:
            action = f"{self.area}.{endpoint.__name__.strip('_')}"
            told = Declared(
                action=action,
                roles=roles,
                is_public=public or signed,
                is_signed=signed,
                scope=scope,
                is_audited=method not in SAFE_METHODS if audited is None else audited,
                rate=rate,
            )
            setattr(endpoint, _MARK, told)
            self.routes.append((f"{self.prefix}{path}", method, endpoint))
            return endpoint

        return declare


@dataclass(frozen=True, slots=True)
class Entry:
    """A place in the navigation, for those whose role may go there."""

    label: str
    path: str
    icon: str
    roles: frozenset[Role]
    key: str = ""
    """Letter that goes there after `g`."""
    count: str = ""
    """Name of the count of `home.counts` that stands beside it; empty: none."""


@dataclass(frozen=True, slots=True)
class Area:
    """One folder of the console, found by its `area.py`, which holds one of these as `AREA`."""

    name: str
    pages: tuple[Pages, ...]
    order: int
    """Place in the navigation."""
    entries: tuple[Entry, ...] = ()
    root: str = "/console"
    """Where its pages are mounted; pages for prospects have a root of their own."""
    fault: Callable[..., Any] | None = None
    """Answers what goes wrong below its root, of (request, status), for who is no user of ours."""
    title: str = ""
    """Heading of its entries; areas with the same heading stand together."""


@dataclass(frozen=True, slots=True)
class Menu:
    """The navigation: groups of entries, as far as a role may use them."""

    areas: tuple[Area, ...]

    def of(self, role: Role) -> list[tuple[str, list[Entry]]]:
        """Returns headings with the entries that a role sees."""
        groups: dict[str, list[Entry]] = {}
        for area in self.areas:
            mine = [entry for entry in area.entries if role in entry.roles]
            if mine:
                groups.setdefault(area.title, []).extend(mine)
        return list(groups.items())


def declaration_of(endpoint: Any) -> Declared | None:
    """Returns what a route's function says of itself; None where it says nothing."""
    return getattr(endpoint, _MARK, None)


def check(routes: Iterable[Any]) -> tuple[tuple[APIRoute, Declared], ...]:
    """Returns every route with its declaration.

    Raises:
        UndeclaredRoute: one has none.
    """
    found = []
    for route in routes:
        told = declaration_of(getattr(route, "endpoint", None))
        if told is None or not isinstance(route, APIRoute):
            raise UndeclaredRoute(
                f"{getattr(route, 'path', route)}: routes of the console are made by "
                "`Pages`, with the roles that may use them."
            )
        found.append((route, told))
    return tuple(found)
