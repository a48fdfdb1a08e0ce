"""Who reads a page, in which language, and the page itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from agent_runtime.channels.email.page_links import Reader, reader_of
from agent_runtime.channels.email.signing import Keyring, read_keyring
from agent_runtime.console.frame.noting import note
from agent_runtime.console.frame.office import Office
from agent_runtime.console.frame.render import render
from agent_runtime.console.one_button import asked_for
from agent_runtime.data_requests.controller import Controller, controller_of
from agent_runtime.domain import Contact, Session
from agent_runtime.library.content import LOCALES
from agent_runtime.settings import Settings
from agent_runtime.suppression import stop_of
from agent_runtime.words import read_words

ROOT = "/for-you"
TABS = ("choices", "meeting", "about", "data", "survey")
PATHS = {"choices": "", "meeting": "/meeting", "about": "/about", "data": "/data"} | {
    "survey": "/survey"
}
LANG = "lang"

Words = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Seen:
    """For whom a page is made."""

    token: str
    reader: Reader
    contact: Contact
    session: Session | None
    language: str
    is_recent: bool
    """Whether the link shows more than how to stop."""
    is_stopped: bool

    def path(self, tab: str) -> str:
        """Returns the address of one of their pages."""
        return f"{ROOT}/{self.token}{PATHS[tab]}"


def see(request: Request, office: Office, token: str) -> Seen | None:
    """Returns who reads; None where a token is not ours or its person is not known any more."""
    reader = reader_of(token, keyring_of(office.settings, office.key))
    if reader is None or reader.tenant_id != office.store.tenant_id:
        return None
    with office.store.begin() as tx:
        contact = tx.contact_of(reader.person_id)
        if contact is None:
            return None
        session = tx.session_of(contact.person_id)
        return Seen(
            token=token,
            reader=reader,
            contact=contact,
            session=session,
            language=language_of(request, contact, session),
            is_recent=reader.is_recent(office.clock()),
            is_stopped=bool(stop_of(tx, contact).reason),
        )


def not_seen(request: Request, office: Office, token: str) -> Response:
    """Returns the page for whom `see` does not know: a broken link, or somebody erased."""
    reader = reader_of(token, keyring_of(office.settings, office.key))
    is_erased = False
    if reader is not None and reader.tenant_id == office.store.tenant_id:
        with office.store.begin() as tx:
            is_erased = bool(tx.suppressed(reader.person_id))
    return said(request, office, "gone" if is_erased else "invalid", status=404)


def show(request: Request, office: Office, seen: Seen, tab: str, **values: Any) -> Response:
    """Returns one of the pages of a person; a link that is too old shows only how to stop."""
    if tab != "choices" and not seen.is_recent:
        return said(request, office, "old", status=410, seen=seen)
    tabs = [name for name in TABS if seen.is_recent or name == "choices"]
    return page(
        request,
        office,
        f"prospects/{tab}.html",
        seen.language,
        words=words_of(tab, seen.language),
        here=seen.path(tab),
        address=masked(seen.contact.email),
        tabs=[(seen.path(name), name, name == tab) for name in tabs],
        seen=seen,
        **values,
    )


def page(
    request: Request, office: Office, name: str, language: str, *, status: int = 200, **values: Any
) -> Response:
    """Returns a page out of a template in a language."""
    shown = {"address": "", "tabs": [], "here": request.url.path} | values
    response = render(
        request,
        name,
        status=status,
        lang=language,
        languages=[(code, words_of("common", code)["language"]) for code in LOCALES],
        common=words_of("common", language),
        to=lambda path: with_language(path, language),
        controller=controller(office),
        **shown,
    )
    # The address is a key: it must not be handed on to where a link leads.
    response.headers["referrer-policy"] = "no-referrer"
    return response


def said(
    request: Request, office: Office, what: str, *, status: int = 200, seen: Seen | None = None
) -> Response:
    """Returns a page that says one thing of `common`: its title and its sentence."""
    language = seen.language if seen else language_of(request)
    common = words_of("common", language)
    to = seen.path("choices") if seen else ""
    return page(
        request,
        office,
        "prospects/said.html",
        language,
        status=status,
        title=common[f"{what}_title"],
        text=filled(common[what], office),
        back=with_language(to, language) if to else "",
    )


def fault(request: Request, status: int) -> Response:
    """Returns what a person outside reads of a request that could not be answered."""
    kinds = {404: "missing", 405: "missing", 429: "often", 422: "wrong"}
    what = kinds.get(status, "wrong" if status < 500 else "broken")
    return said(request, request.app.state.office, what, status=status)


def back_to(seen: Seen, tab: str, outcome: str) -> Response:
    """Returns to a page after an act, which then says what came of it."""
    path = with_language(f"{seen.path(tab)}?said={outcome}", seen.language)
    return RedirectResponse(path, status_code=303)


def by_reader(request: Request, seen: Seen, detail: str = "") -> None:
    """Tells the audit log whose act it was: by id, as everything there."""
    note(request, record=f"person:{seen.contact.person_id}", detail=detail, actor="prospect")


def language_of(
    request: Request, contact: Contact | None = None, session: Session | None = None
) -> str:
    """Returns what they chose, else what we write to them in, else what their browser asks for."""
    wanted = (
        request.query_params.get(LANG, ""),
        session.language if session else "",
        contact.language[:2].lower() if contact else "",
    )
    common = read("common")
    return next((one for one in wanted if one in LOCALES), None) or asked_for(request, common)


def with_language(path: str, language: str) -> str:
    """Returns an address that keeps the language; there are no cookies to keep it."""
    return f"{path}{'&' if '?' in path else '?'}{LANG}={language}"


def filled(text: str, office: Office, **values: str) -> str:
    """Returns a sentence with who we are and other values in it."""
    told = controller(office)
    return text.format_map({"email": told.email, "name": told.name} | values)


def masked(email: str) -> str:
    """Returns an address that its owner knows and nobody else learns.

    >>> masked("ada.king@alder.example")
    'a•••@alder.example'
    """
    name, at, domain = email.partition("@")
    return f"{name[:1]}•••@{domain}" if at else ""


def keyring_of(settings: Settings, key: str) -> Keyring:
    """Returns the keys that sign links; a workspace without any signs by its own."""
    return read_keyring(settings.signing_keys) or Keyring((("0", key),))


def controller(office: Office) -> Controller:
    """Returns who is responsible."""
    return controller_of(office.settings.workspace)


def words_of(name: str, language: str) -> Words:
    """Returns the sentences of a page in a language."""
    return read(name)[language]


@cache
def read(name: str) -> Mapping[str, Words]:
    """Returns the sentences of a page in all languages."""
    return read_words(f"prospects/{name}")
