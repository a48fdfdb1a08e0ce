"""Who reads the marts is written down in dbt, so that a change of one shows whom it meets."""

import json

import pytest

from pipelines.manifest import ensure_manifest
from pipelines.readouts.dashboards.definitions import ORDER, find_dashboard

READERS = {*(f"dashboard_{name}" for name in ORDER), "notebooks", "stop_rules"}


@pytest.fixture(scope="module")
def manifest():
    return json.loads(ensure_manifest().read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def read(manifest) -> dict[str, set[str]]:
    """The marts that each exposure names."""
    return {node["name"]: parents(node) for node in manifest["exposures"].values()}


@pytest.fixture(scope="module")
def behind(manifest) -> dict[str, set[str]]:
    """The marts that each metric is made of, also by way of the metrics in its formula."""
    nodes = manifest["metrics"] | manifest["semantic_models"]

    def marts(name: str) -> set[str]:
        if name.startswith("model."):
            return {name}
        return set().union(*map(marts, parents(nodes[name])))

    return {node["name"]: marts(key) for key, node in manifest["metrics"].items()}


def parents(node) -> set[str]:
    return set(node["depends_on"]["nodes"])


def test_each_reader_is_an_exposure_with_an_owner_and_marts(manifest, read):
    """R182: dashboards, notebooks and the sensor that stops campaigns share one set of marts."""
    assert set(read) == READERS
    folders = {manifest["nodes"][name]["fqn"][1] for marts in read.values() for name in marts}
    assert folders == {"marts", "metrics"}
    exposures = manifest["exposures"].values()
    assert all(node["owner"]["name"] and node["description"] for node in exposures)


@pytest.mark.parametrize("name", ORDER)
def test_a_dashboard_names_every_mart_behind_its_metrics(name, read, behind):
    needed = set().union(*(behind[metric] for metric in find_dashboard(name).metrics))
    assert needed
    assert needed - read[f"dashboard_{name}"] == set()


def test_every_mart_behind_a_metric_has_a_reader(read, behind):
    assert set().union(*behind.values()) - set().union(*read.values()) == set()
