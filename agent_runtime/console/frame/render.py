"""Pages out of templates: each area has a folder `templates`, found as `area/name.html`."""

from datetime import datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, PrefixLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from agent_runtime.console.frame import cookies, csrf, shown, toasts
from agent_runtime.console.frame.assets import address_of
from agent_runtime.console.frame.office import Office

THEMES = ("auto", "light", "dark")
THEME = "parley_theme"


def render(request: Request, name: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """Returns a page, or a part of one, out of a template.

    Args:
        request: Whose answer it is.
        name: `area/name.html`.
        status: Of the answer.
        **values: What the template names; one that is missing is an error.
    """
    office: Office = request.app.state.office
    said, taken = toasts.take(request, office.key)
    theme = request.cookies.get(THEME, "auto")
    text = (
        environment()
        .get_template(name)
        .render(
            request=request,
            who=getattr(request.state, "who", None),
            csrf_token=getattr(request.state, "csrf", ""),
            now=office.clock(),
            is_demo=office.is_demo,
            playbook_names={one.id: one.name for one in office.library.playbooks.values()},
            toasts=said,
            theme=theme if theme in THEMES else "auto",
            path=request.url.path,
            status=status,
            menu=getattr(request.app.state, "menu", None),
            **values,
        )
    )
    response = HTMLResponse(text, status_code=status)
    if taken:
        toasts.clear(response, request)
    if visitor := getattr(request.state, "new_visitor", ""):
        cookies.put(response, request, csrf.ANONYMOUS, visitor)
    return response


@cache
def environment() -> Environment:
    """Returns the templates of all areas; what strangers wrote is escaped in every one."""
    console = Path(str(files("agent_runtime.console")))
    folders = {
        folder.parent.name: FileSystemLoader(folder) for folder in console.glob("*/templates")
    }
    made = Environment(
        loader=PrefixLoader(folders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        ago=_since_now(shown.ago),
        wait=_since_now(shown.wait),
        moment=shown.moment,
        day=shown.day,
        number=shown.number,
        percent=shown.percent,
        plain=shown.plain,
        playbook=_playbook,
        sentence=shown.sentence,
        initials=shown.initials,
    )
    made.globals.update(asset=address_of, csrf_field=_csrf_field)
    return made


@pass_context
def _playbook(context: Context, playbook_id: str) -> str:
    """Returns the name of a playbook; one that is not there any more has its id as words."""
    return context["playbook_names"].get(playbook_id) or shown.plain(playbook_id)


def _since_now(write: Any) -> Any:
    """A filter that counts from the page's own instant."""

    @pass_context
    def filtered(context: Context, at: datetime) -> Markup:
        return write(at, now=context["now"])

    return filtered


@pass_context
def _csrf_field(context: Context) -> Markup:
    """The hidden field of every form that posts."""
    return Markup('<input type="hidden" name="csrf" value="{}">').format(context["csrf_token"])
