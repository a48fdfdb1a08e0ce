import importlib.util

import pytest


@pytest.fixture(scope="module")
def page(repository):
    spec = importlib.util.spec_from_file_location(
        "requirements_page", repository / "docs/requirements_page.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def small(tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "tests/deep").mkdir(parents=True)
    (tmp_path / "docs/requirements.yaml").write_text('R1: "One | two"\nR2: "Two"\nR3: "Three"\n')
    (tmp_path / "tests/deep/test_things.py").write_text(
        'def test_one():\n    """R1: shows it."""\n\n\n'
        'async def test_more():\n    """R2-R3: shows both."""\n\n\n'
        'class TestAll:\n    """R3: as a whole."""\n\n'
        '    def test_part(self):\n        """Shows nothing."""\n\n\n'
        'def helper():\n    """R1 is not shown by a helper."""\n'
    )
    return tmp_path


def test_every_requirement_is_listed_with_the_tests_that_show_it(page, small):
    assert page.main([], small) == 0

    text = (small / "docs/requirements.md").read_text()
    assert "| R1 | One \\| two | `tests/deep/test_things.py::test_one` |" in text
    assert "| R2 | Two | `tests/deep/test_things.py::test_more` |" in text
    assert (
        "| R3 | Three | `tests/deep/test_things.py::TestAll`<br>"
        "`tests/deep/test_things.py::test_more` |" in text
    )
    assert "3 of 3 are shown by a test." in text


def test_a_stale_page_fails_the_check(page, small, capsys):
    assert page.main(["--check"], small) == 1
    page.main([], small)
    assert page.main(["--check"], small) == 0

    (small / "tests/deep/test_more.py").write_text('def test_x():\n    """R1: too."""\n')

    assert page.main(["--check"], small) == 1
    assert "is stale; run python docs/requirements_page.py" in capsys.readouterr().err


def test_a_number_that_is_no_requirement_is_refused(page, small, capsys):
    (small / "tests/deep/test_more.py").write_text('def test_x():\n    """R99: what?"""\n')

    assert page.main([], small) == 2
    assert "test_more.py::test_x: the docstring names R99" in capsys.readouterr().err


def test_the_list_of_requirements_is_whole(page, repository):
    requirements = page.yaml.safe_load((repository / "docs/requirements.yaml").read_text())

    assert list(requirements) == [f"R{number}" for number in range(1, 278)]
    assert all(isinstance(text, str) and "\n" not in text for text in requirements.values())
