"""The list of scopes follows from the requests that the code can make (R194)."""

import re
import subprocess
import sys

import pytest
from hubspot_description import FILE_OF, described_in, operations

from agent_runtime.tools.hubspot_layout import LOGGED, hubspot_layout
from agent_runtime.tools.hubspot_requests import REQUESTS, HubSpotRequest, scopes_of


def test_the_page_is_as_the_code_says(repository):
    page = [sys.executable, "docs/crm_scopes_page.py", "--check"]
    assert subprocess.run(page, cwd=repository, check=False).returncode == 0


def test_every_class_of_request_is_on_the_list_and_names_its_scopes():
    made = {one.__name__ for one in classes_under(HubSpotRequest)}
    assert made == {one.__name__ for one in REQUESTS}
    assert all(one.scopes(hubspot_layout()) and one.why for one in REQUESTS)


def classes_under(base):
    for one in base.__subclasses__():
        yield one
        yield from classes_under(one)


@pytest.mark.parametrize("one", REQUESTS, ids=lambda one: one.__name__)
def test_the_scopes_of_a_request_are_enough_by_the_vendors_description(shared_data, one):
    folder, scopes = shared_data / "../specs/hubspot", one.scopes(hubspot_layout())
    for kind in paths_of(one):
        path = one.shape.replace("{type}", kind)
        name = next(f for prefix, f in FILE_OF.items() if path.startswith(prefix))
        described = described_in(folder, name)
        assert [*operations(described)]
        found = [
            methods[one.method.lower()]
            for shape, methods in described["paths"].items()
            if fits(shape, path) and one.method.lower() in methods
        ]
        assert found, path
        needed = [set(way["oauth2"]) for way in found[0]["security"] if "oauth2" in way]
        assert any(way <= scopes for way in needed), (path, needed)


def paths_of(one):
    if "{type}" not in one.shape:
        return [""]
    layout = hubspot_layout()
    if one.__name__ in ("ReadMany", "UpsertMany", "LinkMany"):
        return [layout.records[kind].path for kind in LOGGED]
    return [layout.records[kind].path for kind in ("contact", "account", "deal", "ticket")]


def fits(shape, path):
    """Whether a path of the description is the one that a request goes to."""
    parts, ours = shape.split("/"), path.split("/")
    return len(parts) == len(ours) and all(
        one == two or re.fullmatch(r"\{.+\}", one) for one, two in zip(parts, ours, strict=True)
    )


def test_a_scope_that_nothing_needs_is_not_asked_for():
    """R235: the token may do what the requests need, and no more."""
    layout = hubspot_layout()
    needed = {scope for one in REQUESTS for scope in one.scopes(layout)}
    assert set(scopes_of(layout, with_setup=True)) == needed
