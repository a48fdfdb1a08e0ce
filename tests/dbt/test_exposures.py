"""Who reads the marts is written down in dbt, so that a change of one shows whom it meets."""

import json

import pytest

from pipelines.manifest import ensure_manifest

READERS = {
    "dashboard_sales",
    "dashboard_revops",
    "dashboard_learning",
    "dashboard_leadership",
    "notebooks",
    "stop_rules",
}


@pytest.fixture(scope="module")
def manifest():
    return json.loads(ensure_manifest().read_text(encoding="utf-8"))


def parents(node) -> set[str]:
    return set(node["depends_on"]["nodes"])


def test_each_reader_is_an_exposure_with_an_owner_and_marts(manifest):
    """R182: dashboards, notebooks and the sensor that stops campaigns share one set of marts."""
    exposures = {node["name"]: node for node in manifest["exposures"].values()}
    assert set(exposures) == READERS
    folders = {manifest["nodes"][n]["fqn"][1] for e in exposures.values() for n in parents(e)}
    assert folders == {"marts", "metrics"}
    assert all(node["owner"]["name"] and node["description"] for node in exposures.values())


def test_every_mart_behind_a_metric_has_a_reader(manifest):
    read = set().union(*(parents(node) for node in manifest["exposures"].values()))
    behind = {
        model
        for node in manifest["semantic_models"].values()
        for model in parents(node)
        if node["name"] in _with_metrics(manifest)
    }
    assert len(behind) > 10
    assert behind - read == set()


def _with_metrics(manifest) -> set[str]:
    return {
        parent.rpartition(".")[2]
        for metric in manifest["metrics"].values()
        for parent in parents(metric)
    }
