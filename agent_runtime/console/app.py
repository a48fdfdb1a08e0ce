"""One web application out of the routes of its parts."""

from collections.abc import Iterable

from starlette.applications import Starlette
from starlette.routing import BaseRoute


def build_app(*parts: Iterable[BaseRoute]) -> Starlette:
    """Returns an application that serves the routes of all parts, the first match first.

    A part is a function of its module that takes what it needs and returns routes, such as
    `unsubscribe.routes`; the composition root `console.serve` joins them.
    """
    return Starlette(routes=[route for part in parts for route in part])
