"""The picture of what flows where follows the asset graph, and no system outside is missing."""

import importlib.util

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_runtime.settings import Settings
from pipelines.definitions import GROUPS, defs


@pytest.fixture(scope="module")
def page(repository):
    spec = importlib.util.spec_from_file_location(
        "data_flow_page", repository / "docs/data_flow_page.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def reachable(edges):
    found = set(edges)
    while more := {(a, d) for a, b in found for c, d in found if b == c} - found:
        found |= more
    return found


def test_the_picture_is_as_assets_and_systems_say(page, tmp_path, monkeypatch):
    """R196: every stage of the batch and every system outside, with what is in it of people."""
    monkeypatch.setenv("PARLEY_WORKSPACE", str(tmp_path))
    edges = page.group_edges(defs())
    text = page.page_of(page.outside(), edges)
    assert text == page.PAGE.read_text("utf-8"), "run python docs/data_flow_page.py"
    drawn = [line.split(" --> ") for line in text.splitlines() if line.startswith("      ")]
    assert {one for line in drawn for one in map(str.strip, line)} >= set(GROUPS)
    for one in page.outside():
        assert f'{one.id}["{one.name}"]' in text
        assert f"| {one.name} | {one.way} |" in text


def test_every_setting_that_names_another_system_is_drawn(page):
    """R196: who adds a connection says what flows over it."""
    drawn = {name for one in page.outside() for name in one.settings}
    assert page.addresses() == drawn
    assert drawn <= set(Settings.model_fields)


@given(st.sets(st.tuples(st.integers(0, 7), st.integers(0, 7)).filter(lambda e: e[0] < e[1])))
def test_leaving_out_the_shorter_ways_loses_no_flow(page, edges):
    kept = page.longest_ways(sorted(edges))
    assert reachable(kept) == reachable(edges)
    assert all(edge not in reachable(set(kept) - {edge}) for edge in kept)
