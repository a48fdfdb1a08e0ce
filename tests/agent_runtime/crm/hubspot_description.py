"""Checks each request and answer of the stand-in against the vendor's own OpenAPI descriptions."""

import json
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from openapi_core import Config, OpenAPI
from openapi_core.testing import MockRequest, MockResponse

LOGGED = ("emails", "communications", "calls", "notes", "tasks", "meetings")
FILE_OF = {
    "/crm/v3/objects/contacts": "contacts",
    "/crm/v3/objects/companies": "companies",
    "/crm/v3/objects/0-3": "deals",
    "/crm/v3/objects/tickets": "tickets",
    **{f"/crm/v3/objects/{name}": name for name in LOGGED},
    "/crm/v3/pipelines": "pipelines",
    "/crm/v3/properties": "properties",
    "/crm/v3/owners": "crmOwners",
    "/crm/v3/lists": "lists",
    "/crm/v4": "associations",
    "/communication-preferences/v4": "subscriptions",
}
BY_HAND = Path(__file__).with_name("by_hand")
"""Descriptions after the vendor's reference, of what it has no OpenAPI description of here."""
HOST = "https://api.hubapi.com"


class Description:
    """A witness; `violations` says what was not as described, `seen` what was checked.

    Args:
        folder: Where the descriptions lie.
        scopes: Those of the token; an operation that none of its alternatives allows is a
            violation.
    """

    def __init__(self, folder, scopes):
        self.violations = []
        self.seen = []
        self._scopes = set(scopes)
        self._folder = folder
        self._known = {}

    def __call__(self, request, status, answer):
        method, target, raw = request
        url = urlsplit(target)
        name = next((f for prefix, f in FILE_OF.items() if url.path.startswith(prefix)), None)
        if name is None:
            self.violations.append((method, url.path, "described nowhere"))
            return
        if name not in self._known:
            described = described_in(self._folder, name)
            # openapi-core takes no body of "*/*" for JSON.
            for error in described["components"]["responses"].values():
                error["content"] = {"application/json": error["content"]["*/*"]}
            # openapi-core cannot read oauth2: the scopes are asked here instead.
            for operation in operations(described):
                needed = [alternative["oauth2"] for alternative in operation.pop("security", [])]
                if not any(self._scopes.issuperset(scopes) for scopes in needed):
                    operation["responses"] = {"403": {"description": "not with these scopes"}}
            self._known[name] = OpenAPI.from_dict(
                described,
                config=Config(
                    spec_validator_cls=None, additional_properties_default_policy="forbid"
                ),
            )
        asked = MockRequest(HOST, method, url.path, args=dict(parse_qsl(url.query)), data=raw)
        api = self._known[name]
        try:
            api.validate_request(asked)
            api.validate_response(asked, MockResponse(answer, status))
        except Exception as error:
            why = [*getattr(error.__cause__, "schema_errors", ())] or error.__cause__ or error
            self.violations.append((method, url.path, status, str(why)[:600]))
        self.seen.append((method, url.path, status))


def described_in(folder, name):
    """Returns a description of the vendor, or the one by hand where there is none."""
    path = folder / f"{name}.json"
    found = path if path.exists() else BY_HAND / path.name
    return json.loads(found.read_text(encoding="utf-8"))


def operations(described):
    for methods in described["paths"].values():
        yield from methods.values()
