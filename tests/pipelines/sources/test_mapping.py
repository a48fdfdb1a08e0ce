"""Mappings are data that people write; a mistake is one sentence before anything is read."""

import pytest

from agent_runtime.sandbox.exports.layout import COLUMNS
from pipelines.errors import PipelineError
from pipelines.schemas import TABLES
from pipelines.sources.mapping import load_mapping

SHIPPED = ("sandbox", "maven_crm", "x_education", "adopted")

GOOD = """\
mapping: mine
version: 1
source: crm
files:
  - path: people.csv
    routes:
      - table: contacts
        fields: {contact_id: id, email: mail}
"""


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_mappings_load(name):
    assert load_mapping(name).mapping == name


def test_the_sandbox_mapping_reads_every_export_and_column_it_names():
    """R192: fields are mapped one by one; every file of the sandbox has its routes."""
    mapping = load_mapping("sandbox")
    named = {file.path: {column for _, column in file.columns()} for file in mapping.files}

    assert named.keys() == COLUMNS.keys()
    for path, columns in named.items():
        assert columns <= set(COLUMNS[path]), path


def test_the_sandbox_mapping_feeds_every_canonical_table():
    routes = [route for file in load_mapping("sandbox").files for route in file.routes]

    assert {route.table for route in routes} == set(TABLES)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("table: contacts", "table: people", ["table 'people' is not canonical", "contacts"]),
        ("email: mail", "mail: mail", ["contacts.mail is not a canonical column", "email"]),
        ("contact_id: id, ", "", ["contacts.contact_id is required"]),
        ("version: 1", "version: 0", ["version = 0", "greater than or equal to 1"]),
        ("source: crm\n", "", ["source", "Field required"]),
        ("path: people.csv", "path: ../people.csv", ["path", "../people.csv"]),
        ("email: mail", "email: {column: mail, const: x}", ["exactly one of column"]),
        ("email: mail", "email: {}", ["exactly one of column"]),
        ("email: mail", "email: {column: mail, parse: mail}", ["parse = 'mail'"]),
        ("email: mail", "email: {column: mail, lookup: people.id}", ["'people'"]),
        ("email: mail", "email: {column: mail, lookup: signals.topic}", ["built before signals"]),
        ("email: mail", "email: {column: mail, colour: red}", ["colour"]),
        ("mapping: mine", "mapping: [", ["not readable as YAML"]),
        ("mapping: mine", "- mine", ["YAML"]),
    ],
)
def test_a_mistake_is_one_sentence(tmp_path, before, after, words):
    path = tmp_path / "mine.yaml"
    path.write_text(GOOD.replace(before, after), "utf-8")

    with pytest.raises(PipelineError) as fault:
        load_mapping(str(path))

    sentence = str(fault.value)
    assert sentence.startswith("mine.yaml: ")
    assert [word for word in words if word not in sentence] == []
    assert "\n" not in sentence


def test_an_unknown_name_lists_what_is_shipped():
    with pytest.raises(PipelineError, match=r"did you mean 'sandbox'\?.*maven_crm"):
        load_mapping("sandbx")


def test_a_path_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(PipelineError, match="there is no such file"):
        load_mapping(str(tmp_path / "mine.yaml"))
