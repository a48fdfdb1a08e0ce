"""The last line of `parley demo`: one command that opens the console on what was played."""

from pathlib import Path

from pipelines.demo import opens_console


def test_the_command_is_the_one_that_was_called_and_opens_the_same_workspace():
    said = opens_console(".venv/bin/parley", Path("out/demo"), is_invented=True)
    assert said == ".venv/bin/parley serve --workspace out/demo --open"
    said = opens_console("/x/__main__.py", Path("out/my demo"), is_invented=True)
    assert said == "uv run parley serve --workspace 'out/my demo' --open"


def test_among_real_people_nobody_enters_without_an_account():
    said = opens_console("./parley", Path("w"), is_invented=False)
    assert said.startswith("./parley people add ")
    assert "--open" not in said
