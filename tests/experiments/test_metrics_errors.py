"""What a question to the semantic layer gets wrong is said in one sentence."""

from pathlib import Path

import duckdb
import pytest

from experiments.errors import ExperimentError
from experiments.metrics import list_metrics, read_metric
from experiments.semantic_layer import load_semantic_layer
from pipelines.manifest import ensure_manifest

NOWHERE = Path("nowhere.duckdb")


@pytest.fixture(scope="module", autouse=True)
def manifest() -> Path:
    return ensure_manifest()


def test_an_unknown_metric_names_those_that_come_close():
    with pytest.raises(
        ExperimentError, match="'meeting_set' is not defined; did you mean"
    ) as error:
        read_metric("meeting_set", warehouse=NOWHERE)
    assert "'meetings_set'" in str(error.value)


def test_an_unknown_dimension_names_those_that_come_close():
    with pytest.raises(ExperimentError, match=r"'meetings_set' cannot be .* by 'arms'.*'arm'"):
        read_metric("meetings_set", warehouse=NOWHERE, by=("arms",))


def test_an_unknown_filter_is_refused_like_a_dimension():
    with pytest.raises(ExperimentError, match="cannot be split or filtered by 'colour'"):
        read_metric("replies", warehouse=NOWHERE, where={"colour": "red"})


def test_a_value_that_could_be_a_template_is_refused():
    with pytest.raises(ExperimentError, match="must not contain a brace"):
        read_metric("replies", warehouse=NOWHERE, where={"arm": "{{ x }}"})


def test_a_missing_warehouse_says_who_builds_it(tmp_path):
    with pytest.raises(ExperimentError, match="there is no such file; the asset group `warehouse`"):
        read_metric("replies", warehouse=tmp_path / "warehouse.duckdb")


def test_a_warehouse_without_tables_is_named(tmp_path):
    path = tmp_path / "warehouse.duckdb"
    duckdb.connect(str(path)).close()
    with pytest.raises(ExperimentError, match="it lacks a table"):
        read_metric("replies", warehouse=path)


def test_a_warehouse_of_an_older_version_is_named(tmp_path):
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table fct_messages (message_id text)")
    with pytest.raises(ExperimentError, match="lacks a table or a column"):
        read_metric("replies", warehouse=path)


def test_an_unparsed_project_says_how_to_parse_it(tmp_path):
    with pytest.raises(ExperimentError, match="`dbt parse`"):
        list_metrics(tmp_path)


def test_a_quote_in_a_value_stays_a_value():
    from experiments.semantic_layer import Question

    sql = load_semantic_layer().sql(Question(metrics=("replies",), where=(("arm", ("o'neill",)),)))
    assert "'o''neill'" in sql


def test_every_metric_says_formula_unit_grain_and_owner():
    """R182: a definition without these is none."""
    definitions = list_metrics()
    assert len(definitions) > 30
    for definition in definitions:
        for field in ("label", "description", "formula", "unit", "grain", "owner"):
            assert getattr(definition, field), (definition.name, field)


def test_metric_names(snapshot):
    """The names are an interface: dashboards, notebooks and stop rules use them."""
    assert [definition.name for definition in list_metrics()] == snapshot
