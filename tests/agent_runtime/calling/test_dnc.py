"""Do-not-call lists out of files: counted, dated, and never half read."""

import json
from datetime import date

import pytest
from conversation_world import NOW
from typer.testing import CliRunner

from agent_runtime.calling.dnc import DncError, country_of_list, import_list, read_list
from agent_runtime.calling.dnc_cli import dnc
from agent_runtime.clock import write_now
from agent_runtime.store.engine import open_engine
from agent_runtime.store.memory import MemoryStore

TODAY = NOW.date()


@pytest.fixture
def run(tmp_path):
    """Runs `parley dnc` on a workspace whose clock is the tests'."""
    write_now(open_engine(f"sqlite:///{tmp_path}/runtime.db"), NOW)

    def call(*arguments):
        done = CliRunner().invoke(dnc, [*arguments, "--workspace", str(tmp_path)])
        return done.exit_code, done.output or str(done.exception)

    return call


def written(tmp_path, text, name="list.txt"):
    path = tmp_path / name
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize(
    "text",
    [
        "2125550123\n(415) 555-0199\n",
        "212,5550123\n415,5550199\n",
        "name;Phone\nAna;+1 212 555 0123\nBo;415-555-0199\n",
        "# downloaded\n\n+12125550123\n+14155550199\n+14155550199\n",
    ],
)
def test_the_usual_forms_of_a_list_are_read(tmp_path, text):
    found = read_list(written(tmp_path, text), country="US")
    assert found.numbers == {"+12125550123", "+14155550199"}
    assert found.bad == ()


def test_a_row_that_is_no_number_is_named_with_its_line(tmp_path):
    found = read_list(written(tmp_path, "2125550123\nnot one\n123\n"), country="US")
    assert [str(bad) for bad in found.bad] == [
        "line 2: 'not one' is no telephone number",
        "line 3: '123' is no telephone number",
    ]


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "number\n"])
def test_an_empty_list_is_refused_since_it_would_free_everybody(tmp_path, text):
    with pytest.raises(DncError, match="would let everybody be called"):
        read_list(written(tmp_path, text), country="US")


def test_what_is_no_file_is_said_in_one_sentence(tmp_path):
    with pytest.raises(DncError, match="no such file"):
        read_list(tmp_path / "nowhere", country="US")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DncError, match="UTF-8"):
        read_list(tmp_path / "bytes", country="US")
    with pytest.raises(DncError, match="national-us"):
        country_of_list("National US")


def test_a_list_never_grows_older_or_comes_from_the_future(tmp_path):
    store = MemoryStore("t")
    found = read_list(written(tmp_path, "2125550123\n"), country="US")
    at = {"source": "f", "now": NOW}
    import_list(store, "t", "national-us", found, as_of=date(2026, 1, 10), **at)
    with pytest.raises(DncError, match="still to come"):
        import_list(store, "t", "national-us", found, as_of=date(2026, 1, 14), **at)
    with pytest.raises(DncError, match="import a newer file"):
        import_list(store, "t", "national-us", found, as_of=date(2026, 1, 9), **at)


def test_a_dry_run_counts_and_changes_nothing(tmp_path, run):
    path = written(tmp_path, "2125550123\n4155550199\n")
    code, said = run(
        "import", str(path), "--list", "national-us", "--as-of", "2026-01-10", "--dry-run"
    )
    assert (code, "2 rows, 2 numbers would be imported, 0 before, 0 malformed" in said) == (0, True)
    assert run("check", "+12125550123")[0] == 0


def test_an_imported_list_is_asked_and_shown_with_its_age(tmp_path, run):
    path = written(tmp_path, "2125550123\n")
    assert run("import", str(path), "--list", "national-us", "--as-of", "2025-12-12")[0] == 0
    assert run("check", "+1 212 555 0123") == (1, "+12125550123: on national-us\n")
    code, said = run("show")
    assert code == 0
    assert "STALE: 32 days old and may be 31" in said
    assert "national-gb    never imported: nobody is called in GB" in said
    shown = json.loads(run("show", "--json")[1])
    assert shown["lists"][0]["numbers"] == 1
    assert shown["missing"]["CA"] == "national-ca"


def test_a_malformed_row_stops_the_import_unless_it_is_left_out_by_name(tmp_path, run):
    path = written(tmp_path, "2125550123\noops\n")
    base = ("import", str(path), "--list", "national-us", "--as-of", "2026-01-10")
    code, said = run(*base)
    assert code == 1
    assert "line 2: 'oops' is no telephone number" in said
    assert run("check", "+12125550123")[0] == 0
    assert run(*base, "--skip-malformed")[0] == 0
    assert run("check", "+12125550123")[0] == 1
    told = json.loads(run(*base, "--json")[1])
    assert (told["imported"], told["before"]) == (False, 1)
    assert told["malformed"] == [{"line": 2, "said": "oops"}]


def test_a_number_can_be_put_on_our_own_list(run):
    assert run("add", "+493012345678") == (0, "+493012345678: listed\n")
    assert run("add", "+493012345678") == (0, "+493012345678: was listed already\n")
    assert run("check", "+493012345678") == (1, "+493012345678: on internal\n")
    assert "no number with its country" in run("add", "12")[1]
