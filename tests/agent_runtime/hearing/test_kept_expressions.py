import re
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_runtime.words.kept import compiled

SOURCES = (
    r"(?<![\w/])(?:stop|(?P<who>no one) (?:\S+ ){0,3}?asked)(?!\w)",
    r"^(a|b)\1$",
    "[äöü]+$",
)


@pytest.fixture(autouse=True)
def _python_keeps_modules(monkeypatch):
    monkeypatch.setattr("sys.dont_write_bytecode", False)


def kept_in(folder: Path) -> list[Path]:
    return sorted((folder / "__pycache__").glob("*"))


@pytest.mark.parametrize("flags", [0, re.MULTILINE, re.IGNORECASE])
def test_kept_expressions_equal_what_the_standard_library_compiles(tmp_path, flags):
    afresh = [re.compile(source, flags) for source in SOURCES]
    assert compiled("opt_out/en.groups", SOURCES, flags, folder=tmp_path) == afresh
    read_back = compiled("opt_out/en.groups", SOURCES, flags, folder=tmp_path)
    assert read_back == afresh
    assert [p.groupindex for p in read_back] == [p.groupindex for p in afresh]
    found = read_back[0].search("but no one of us asked")
    assert found
    assert (found["who"], found.lastgroup) == ("no one", "who")


def test_expressions_are_compiled_once(tmp_path, monkeypatch):
    compiled("a", SOURCES, folder=tmp_path)
    monkeypatch.setattr("agent_runtime.words.kept._code_of", lambda *_: pytest.fail("again"))
    assert len(compiled("a", SOURCES, folder=tmp_path)) == len(SOURCES)


def test_an_edited_word_file_replaces_what_was_kept(tmp_path):
    compiled("a", SOURCES, folder=tmp_path)
    before = kept_in(tmp_path)
    assert compiled("a", ["halt"], folder=tmp_path) == [re.compile("halt")]
    assert compiled("a", ["halt"], folder=tmp_path) == [re.compile("halt")]
    assert compiled("a", ["halt"], re.MULTILINE, folder=tmp_path)[0].flags & re.MULTILINE
    assert kept_in(tmp_path) == before


@given(st.integers(0, 4000), st.binary(max_size=8))
def test_a_damaged_file_is_compiled_again(tmp_path_factory, at, noise):
    folder = tmp_path_factory.mktemp("words")
    compiled("a", SOURCES, folder=folder)
    (path,) = kept_in(folder)
    path.write_bytes(path.read_bytes()[:at] + noise)
    assert compiled("a", SOURCES, folder=folder) == [re.compile(source) for source in SOURCES]


def test_a_python_that_keeps_no_modules_keeps_no_expressions(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    assert compiled("a", SOURCES, folder=tmp_path) == [re.compile(source) for source in SOURCES]
    assert not kept_in(tmp_path)


def test_a_folder_that_nobody_may_write_to_is_no_trouble(tmp_path):
    (tmp_path / "__pycache__").write_text("a file where the folder should be")
    assert compiled("a", SOURCES, folder=tmp_path) == [re.compile(source) for source in SOURCES]


def test_another_python_compiles_by_itself(tmp_path, monkeypatch):
    def without_inner_names(name: str) -> ModuleType:
        return ModuleType(name)

    monkeypatch.setattr("agent_runtime.words.kept.import_module", without_inner_names)
    assert compiled("a", ["halt", "stop+"], folder=tmp_path) == [
        re.compile("halt"),
        re.compile("stop+"),
    ]
