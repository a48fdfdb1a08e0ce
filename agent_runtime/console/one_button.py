"""A page of one sentence and at most one button: looking at it changes nothing."""

from collections.abc import Mapping
from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}
"""The address is a key to one act: it must not be kept, handed on or found."""

Words = Mapping[str, Mapping[str, str]]
"""Sentences of a page by language and kind, with `title` and `button`."""


def asked_for(request: Request, words: Words) -> str:
    """Returns the first language of ours that the browser asks for."""
    wanted = request.headers.get("accept-language", "").lower().split(",")
    return next((part.strip()[:2] for part in wanted if part.strip()[:2] in words), "en")


def page(words: Words, kind: str, language: str, *, status: int = 200) -> HTMLResponse:
    """Returns the page that says one thing; `ask` has the button."""
    lang = language if language in words else "en"
    text = words[lang]
    button = (
        f'<form method="post"><button>{escape(text["button"])}</button></form>'
        if kind == "ask"
        else ""
    )
    return HTMLResponse(
        f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{escape(text["title"])}</title>'
        "<style>body{font:18px/1.5 sans-serif;max-width:34em;margin:3em auto;padding:0 1em}"
        "button{font:inherit;padding:.6em 1.2em}</style></head>"
        f"<body><main><p>{escape(text[kind])}</p>{button}</main></body></html>",
        status_code=status,
        headers=_HEADERS,
    )
