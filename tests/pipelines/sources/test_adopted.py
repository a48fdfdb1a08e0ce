"""People and reps that the sandbox attaches fill the gaps of an export, and are told apart."""

import pytest

from pipelines.sources.adopted import HEADERS, with_adopted_files
from pipelines.sources.mapping import load_mapping
from pipelines.sources.reader import read_file
from pipelines.transforms.canonical import build

PEOPLE = """\
contact_ref,account_ref,first_name,last_name,email,phone,title,seniority,country,language,\
time_zone,owner_name,basis,synthetic
c1,,Ann,Orr,ann.orr@home.example,,,,US,en,America/Chicago,Rep One,consent,true
"""
OWNERS = """\
owner_id,name,email,territory,team,active
r1,Rep One,rep.one@northbeam.example,,Sandbox,true
"""
LEADS = """\
ProspectID,LeadOrigin,LeadSource,TotalVisits,TotalTime,PageViews,Specialization,Occupation,Converted
c1,API,Google,3,300,1,Select,Student,0
c2,API,google,3,300,1,Finance,,1
"""


@pytest.fixture
def folder(tmp_path):
    for name, text in (("people", PEOPLE), ("owners", OWNERS), ("leads", LEADS)):
        (tmp_path / f"{name}.csv").write_text(text, "utf-8")
    return tmp_path


def test_the_files_of_the_sandbox_join_any_mapping(folder):
    mapping = with_adopted_files(load_mapping("x_education"), folder)
    raw = {file.path: read_file(folder / file.path, file) for file in mapping.files}

    made = build(raw, mapping, tenant_id="t", now=None)
    first, second = made.tables["contacts"].sort("contact_id").iter_rows(named=True)

    assert [file.path for file in mapping.files] == ["leads.csv", "owners.csv", "people.csv"]
    assert (first["email"], first["owner_id"], first["synthetic"]) == (
        "ann.orr@home.example",
        "r1",
        True,
    )
    assert (first["x_occupation"], first["x_specialization"]) == ("Student", None)
    assert (second["email"], second["synthetic"]) == (None, False)
    assert made.tables["consents"].get_column("basis").to_list() == ["consent"]


def test_a_file_of_the_same_name_that_is_somebody_elses_is_left_alone(folder):
    (folder / "people.csv").write_text("id,name\n1,Ann\n", "utf-8")
    mapping = load_mapping("x_education")

    assert [f.path for f in with_adopted_files(mapping, folder).files] == [
        "leads.csv",
        "owners.csv",
    ]


def test_without_such_files_the_mapping_is_as_it_was(tmp_path):
    mapping = load_mapping("maven_crm")

    assert with_adopted_files(mapping, tmp_path) is mapping


def test_the_headers_are_those_that_the_mapping_reads():
    for file in load_mapping("adopted").files:
        assert {column for _, column in file.columns()} <= set(HEADERS[file.path].split(","))
