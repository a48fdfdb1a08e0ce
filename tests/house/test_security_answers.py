"""The answers to a buyer's questionnaire name tests, and those are there."""

import ast
import re

MENTION = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")


def test_every_test_that_an_answer_names_exists(repository):
    named = MENTION.findall((repository / "docs/security.md").read_text("utf-8"))
    assert len(named) >= 15
    for file, test in named:
        tree = ast.parse((repository / file).read_text("utf-8"))
        there = {one.name for one in tree.body if isinstance(one, ast.FunctionDef)}
        assert {test} <= {"", *there}, f"{file}::{test}"
