"""The vendor's descriptions as one, for a proxy that watches every request and answer.

Each file has components of its own under names that others use too, so they are renamed. What an
account answers and the descriptions do not know is allowed in `_allow_what_is_answered`, and
nowhere else.
"""

import json
from pathlib import Path

from hubspot_description import BY_HAND


def one_description(folder):
    """Returns all descriptions in a folder as one OpenAPI document."""
    paths, components = {}, {}
    given = {file.name: file for at in (BY_HAND, Path(folder)) for file in at.glob("*.json")}
    for file in sorted(given.values(), key=lambda one: one.name):
        text = file.read_text(encoding="utf-8")
        for kind in ("schemas", "responses"):
            text = text.replace(f"#/components/{kind}/", f"#/components/{kind}/{file.stem}.")
        described = json.loads(text)
        paths |= described["paths"]
        for kind, named in described["components"].items():
            prefix = f"{file.stem}." if kind in ("schemas", "responses") else ""
            components.setdefault(kind, {}).update({prefix + n: v for n, v in named.items()})
        version = described["openapi"]
    info = {"title": "HubSpot", "version": "3"}
    document = {"openapi": version, "info": info, "paths": paths, "components": components}
    _allow_what_is_answered(document)
    return document


def _allow_what_is_answered(document):
    """Lets an account answer what its descriptions leave out.

    - A property that is empty is null, where the descriptions know text alone.
    - OAuth scopes per operation name one of several that would do; which one a token has is no
      matter of a proxy that sees a private app's token alone.
    """
    for schema in document["components"]["schemas"].values():
        held = schema.get("properties", {}).get("properties")
        if held and isinstance(held.get("additionalProperties"), dict):
            held["additionalProperties"]["nullable"] = True
    bearer = {"type": "http", "scheme": "bearer"}
    document["components"]["securitySchemes"] = {"private_app_token": bearer}
    for methods in document["paths"].values():
        for operation in methods.values():
            operation["security"] = [{"private_app_token": []}]
