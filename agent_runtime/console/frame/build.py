"""Joins the areas into one application: found by their folders, checked, and behind one gate."""

import pkgutil
from functools import cache
from importlib import import_module

from fastapi import Depends, FastAPI
from starlette.routing import Mount

from agent_runtime import console
from agent_runtime.console.frame import routes as own
from agent_runtime.console.frame.cookies import ROOT
from agent_runtime.console.frame.declared import Area, Menu, check, declaration_of
from agent_runtime.console.frame.fault_pages import add_faults
from agent_runtime.console.frame.gate import enforce
from agent_runtime.console.frame.headers import Headers
from agent_runtime.console.frame.office import Office


@cache
def areas() -> tuple[Area, ...]:
    """Returns the `AREA` of every folder of the console that has an `area.py`, in order."""
    found = []
    for folder in pkgutil.iter_modules(console.__path__):
        name = f"{console.__name__}.{folder.name}.area"
        if folder.ispkg and _exists(name):
            found.append(import_module(name).AREA)
    return tuple(sorted(found, key=lambda area: (area.order, area.name)))


def build_mounts(office: Office, found: tuple[Area, ...] | None = None) -> tuple[Mount, ...]:
    """Returns the console, and the pages of every other root, as one mount each.

    Args:
        office: What the pages need.
        found: The areas to serve; those of `areas` unless a test has its own.

    Raises:
        UndeclaredRoute: a route does not say who may use it.
    """
    found = areas() if found is None else found
    roots = dict.fromkeys((ROOT, *(area.root for area in found)))
    return tuple(
        _mount(root, office, tuple(area for area in found if area.root == root)) for root in roots
    )


def scopes() -> frozenset[str]:
    """Returns every scope that a service token may hold: those that routes ask for."""
    endpoints = (
        endpoint for area in areas() for pages in area.pages for *_, endpoint in pages.routes
    )
    declared = (declaration_of(endpoint) for endpoint in endpoints)
    return frozenset(told.scope for told in declared if told and told.scope)


def _mount(root: str, office: Office, found: tuple[Area, ...]) -> Mount:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, dependencies=[Depends(enforce)])
    own_pages = (own.pages,) if root == ROOT else ()
    for pages in (*own_pages, *(pages for area in found for pages in area.pages)):
        for path, method, endpoint in pages.routes:
            app.add_api_route(path, endpoint, methods=[method], response_model=None)
    check(app.routes)
    app.state.office = office
    app.state.menu = Menu(found)
    app.state.fault = next((area.fault for area in found if area.fault), None)
    add_faults(app)
    return Mount(root, Headers(app, office))


def _exists(name: str) -> bool:
    from importlib.util import find_spec

    return find_spec(name) is not None
