from collections import Counter
from datetime import date
from pathlib import Path

import polars as pl
import pytest
import yaml
from exported_rows import read_rows

from agent_runtime.sandbox.adopt import adopt
from agent_runtime.sandbox.adopted.adoption import load_adoption
from agent_runtime.sandbox.adopted.mapped_people import adoption_of_mapping
from agent_runtime.sandbox.errors import SandboxError
from agent_runtime.sandbox.people import load_people

PEOPLE_COLUMNS = (
    "contact_ref,account_ref,first_name,last_name,email,phone,title,seniority,country,language,"
    "time_zone,owner_name,basis,synthetic"
)

ACCOUNTS = """account,sector,office_location
Acme,retail,United States
"Löwe & Co",software,Germany
Nowhere Ltd,media,Atlantis
"""
DEALS = """opportunity_id,account,sales_agent,deal_stage,close_date
1,Acme,Zoe Lane,Won,12/31/2017
2,Acme,Al Berg,Won,3/1/2017
3,Acme,Al Berg,Lost,11/1/2017
4,Löwe & Co,Zoe Lane,Won,1/5/2017
"""
MAPPING = {
    "mapping": "mine",
    "version": 1,
    "source": "mine",
    "files": [
        {
            "path": "accounts.csv",
            "routes": [
                {
                    "table": "accounts",
                    "fields": {
                        "account_id": "account",
                        "name": "account",
                        "country": {"column": "office_location", "choices": {"Germany": "DE"}},
                    },
                }
            ],
        },
        {
            "path": "deals.csv",
            "routes": [
                {
                    "table": "opportunities",
                    "fields": {
                        "opportunity_id": "opportunity_id",
                        "account_id": "account",
                        "owner_id": "sales_agent",
                    },
                }
            ],
        },
    ],
}
CONTACTS = """Id,Name,Mail,Country,Zone
c1,Eva Krüger,Eva.Krueger@firma.de,Germany,Europe/Berlin
c2,Jo Page,  jo@page.co.uk ,GB,Mars/Olympus
c3,Ann Gone,,US,
c4,Bad Mail,bad.mail@@x,US,
c5,Eva Again,eva.krueger@firma.de,DE,
c6,In Box,in@box.example,DE,
"""


@pytest.fixture
def accounts_export(tmp_path: Path) -> Path:
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "accounts.csv").write_text(ACCOUNTS, encoding="utf-8")
    (folder / "deals.csv").write_text(DEALS, encoding="utf-8")
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(MAPPING), encoding="utf-8")
    return folder


@pytest.fixture
def contacts_export(tmp_path: Path) -> Path:
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "contacts.csv").write_text(CONTACTS, encoding="utf-8")
    frame = pl.DataFrame({"who": ["x@real.com", None, "no address"], "n": [1, 2, 3]})
    frame.write_parquet(folder / "visits.parquet")
    (folder / "old.zip").write_bytes(b"PK")
    columns = {"full_name": "Name", "email": "Mail", "country": "Country", "time_zone": "Zone"}
    adoption = {"people": [{"file": "contacts.csv", "key": "Id", "columns": columns}]}
    (tmp_path / "people.yaml").write_text(yaml.safe_dump(adoption), encoding="utf-8")
    return folder


def test_an_account_without_people_gets_two_invented_ones(accounts_export, tmp_path):
    report = adopt(accounts_export, tmp_path / "run", str(tmp_path / "mine.yaml"), 1)
    rows = read_rows(tmp_path / "run" / "exports" / "people.csv")
    assert ",".join(rows[0]) == PEOPLE_COLUMNS
    assert Counter(row["account_ref"] for row in rows) == {
        "Acme": 2,
        "Löwe & Co": 2,
        "Nowhere Ltd": 2,
    }
    assert all(row["synthetic"] == "true" for row in rows)
    assert len({row["email"] for row in rows}) == len({row["contact_ref"] for row in rows}) == 6
    assert (report.people, report.synthetic_people, report.accounts) == (6, 6, 3)
    assert report.last_date == date(2017, 12, 31)


def test_invented_people_live_where_their_account_is(accounts_export, tmp_path):
    report = adopt(accounts_export, tmp_path / "run", str(tmp_path / "mine.yaml"), 1)
    rows = {r["contact_ref"]: r for r in read_rows(tmp_path / "run" / "exports" / "people.csv")}
    german = rows["lowe-co-1"]
    assert (german["country"], german["time_zone"]) == ("DE", "Europe/Berlin")
    assert german["email"].endswith("@lowe-co.example")
    assert rows["acme-2"]["time_zone"].startswith("America/")
    assert report.unknown_countries == {"Atlantis": 2}


def test_the_owner_is_whoever_has_most_deals_with_the_account(accounts_export, tmp_path):
    adopt(accounts_export, tmp_path / "run", str(tmp_path / "mine.yaml"), 1)
    rows = {r["contact_ref"]: r for r in read_rows(tmp_path / "run" / "exports" / "people.csv")}
    assert rows["acme-1"]["owner_name"] == "Al Berg"
    assert rows["lowe-co-1"]["owner_name"] == "Zoe Lane"
    assert rows["nowhere-ltd-1"]["owner_name"] == ""


def test_the_truth_holds_the_same_people_as_the_export(accounts_export, tmp_path):
    adopt(accounts_export, tmp_path / "run", str(tmp_path / "mine.yaml"), 1)
    rows = read_rows(tmp_path / "run" / "exports" / "people.csv")
    people = load_people(tmp_path / "run" / "sandbox" / "people.parquet")
    assert [p.email for p in people] == [row["email"] for row in rows]
    assert [p.owner_slug for p in people][:2] == ["al-berg", "al-berg"]
    assert all(p.in_crm and not p.opted_out_before for p in people)


def test_the_same_seed_adopts_the_same_people(accounts_export, tmp_path):
    for name, seed in (("one", 1), ("two", 1), ("other", 2)):
        adopt(accounts_export, tmp_path / name, str(tmp_path / "mine.yaml"), seed)
    one, two, other = (
        (tmp_path / name / "exports" / "people.csv").read_bytes()
        for name in ("one", "two", "other")
    )
    assert one == two != other


def test_real_addresses_are_moved_into_the_sandbox_and_the_move_is_recorded(
    contacts_export, tmp_path
):
    report = adopt(contacts_export, tmp_path / "run", str(tmp_path / "people.yaml"), 1)
    text = (tmp_path / "run" / "exports" / "contacts.csv").read_text(encoding="utf-8")
    assert text == CONTACTS.replace("firma.de", "firma.de.example").replace(
        "page.co.uk", "page.co.uk.example"
    )
    visits = pl.read_parquet(tmp_path / "run" / "exports" / "visits.parquet")
    assert visits["who"].to_list() == ["x@real.com.example", None, "no address"]
    replaced = read_rows(tmp_path / "run" / "sandbox" / "replaced_addresses.csv")
    assert {row["address"]: row["sandbox_address"] for row in replaced} == {
        "Eva.Krueger@firma.de": "Eva.Krueger@firma.de.example",
        "eva.krueger@firma.de": "eva.krueger@firma.de.example",
        "jo@page.co.uk": "jo@page.co.uk.example",
        "x@real.com": "x@real.com.example",
    }
    assert report.addresses_replaced == 4
    assert report.left_out == ("old.zip",)
    assert not (tmp_path / "run" / "exports" / "old.zip").exists()


def test_real_people_keep_what_is_known_and_are_not_counted_as_synthetic(contacts_export, tmp_path):
    report = adopt(contacts_export, tmp_path / "run", str(tmp_path / "people.yaml"), 1)
    people = {p.email: p for p in load_people(tmp_path / "run" / "sandbox" / "people.parquet")}
    assert set(people) == {
        "eva.krueger@firma.de.example",
        "jo@page.co.uk.example",
        "in@box.example",
    }
    eva = people["eva.krueger@firma.de.example"]
    assert (eva.first_name, eva.last_name, eva.country) == ("Eva", "Krüger", "DE")
    assert people["jo@page.co.uk.example"].time_zone == "Europe/London"
    assert (report.people, report.synthetic_people, report.without_address) == (3, 0, 2)
    rows = read_rows(tmp_path / "run" / "exports" / "people.csv")
    assert {row["synthetic"] for row in rows} == {"false"}
    assert {row["contact_ref"] for row in rows} == {"c1", "c2", "c6"}


def test_the_export_itself_is_not_touched(contacts_export, tmp_path):
    before = {path: path.read_bytes() for path in contacts_export.iterdir()}
    adopt(contacts_export, tmp_path / "run", str(tmp_path / "people.yaml"), 1)
    assert {path: path.read_bytes() for path in contacts_export.iterdir()} == before


def test_an_adoption_beside_the_mapping_wins_over_its_routes(accounts_export, tmp_path):
    adoption = {"people": [{"file": "accounts.csv", "key": "account", "per_row": 3}]}
    (tmp_path / "mine.adoption.yaml").write_text(yaml.safe_dump(adoption), encoding="utf-8")
    assert load_adoption(str(tmp_path / "mine.yaml")).people[0].per_row == 3


def test_the_companys_own_exports_can_be_adopted(box, tmp_path):
    report = adopt(box.exports, tmp_path / "run", "sandbox", 1)
    people = load_people(tmp_path / "run" / "sandbox" / "people.parquet")
    truth = {person.email: person for person in load_people(box.sandbox / "people.parquet")}
    assert len(people) > 3400
    assert report.addresses_replaced == report.synthetic_people == 0
    for person in people:
        assert truth[person.email].last_name == person.last_name


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"people": []}, r"bad.yaml: people = \[\]: .*at least 1 item"),
        ({"people": [{"file": "accounts.csv", "key": "Account"}]}, "column 'Account'.*sector"),
        ({"people": [{"file": "gone.csv", "key": "a"}]}, "gone.csv: .* names this file"),
        ({"people": [{"file": "accounts.csv", "key": "a", "colour": 1}]}, "colour = 1: Extra"),
    ],
)
def test_an_adoption_that_does_not_fit_is_refused_in_a_sentence(
    accounts_export, tmp_path, change, message
):
    path = tmp_path / "bad.yaml"
    path.write_text(yaml.safe_dump(change), encoding="utf-8")
    with pytest.raises(SandboxError, match=message):
        adopt(accounts_export, tmp_path / "run", str(path), 1)


@pytest.mark.parametrize(
    ("like", "message"),
    [
        ("salesforce", "not shipped; use one of maven_crm, sandbox, x_education"),
        ("gone.yaml", "there is no such file"),
    ],
)
def test_an_unknown_adoption_is_refused(accounts_export, tmp_path, like, message):
    with pytest.raises(SandboxError, match=message):
        adopt(accounts_export, tmp_path / "run", like, 1)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "accounts.csv: .* the file is empty"),
        (b"account,sector\nM\xfcller,retail\n", "0xfc is not UTF-8"),
        (b"account,sector\n" + b"x" * 10_000_000 + b",y\n", "field larger than"),
        (b"account,sector\n", "no row has a person"),
    ],
)
def test_a_broken_file_is_refused_in_a_sentence(accounts_export, tmp_path, content, message):
    (accounts_export / "accounts.csv").write_bytes(content)
    adoption = {"people": [{"file": "accounts.csv", "key": "account"}]}
    path = tmp_path / "plain.yaml"
    path.write_text(yaml.safe_dump(adoption), encoding="utf-8")
    with pytest.raises(SandboxError, match=message):
        adopt(accounts_export, tmp_path / "run", str(path), 1)


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(SandboxError, match="no such folder"):
        adopt(tmp_path / "gone", tmp_path / "run", "maven_crm", 1)


def test_an_export_with_a_people_file_is_refused_rather_than_overwritten(accounts_export, tmp_path):
    (accounts_export / "people.csv").write_text("a\n1\n")
    with pytest.raises(SandboxError, match=r"people.csv: .* rename it"):
        adopt(accounts_export, tmp_path / "run", str(tmp_path / "mine.yaml"), 1)


def test_a_mapping_without_people_or_accounts_is_refused():
    with pytest.raises(SandboxError, match="neither contacts nor accounts"):
        adoption_of_mapping("m.yaml", {"files": [{"path": "a.csv", "routes": []}]})
