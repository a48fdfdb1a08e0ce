"""Writes docs/requirements.md: every requirement with the tests that show it.

A test shows a requirement when its docstring, or that of its class, says so: "R168: ...",
"R88, R90: ..." or "R88-R91: ...". Tests are read, not imported.

Usage: python docs/requirements_page.py [--check]
"""

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import yaml

REPOSITORY = Path(__file__).parents[1]
MENTION = re.compile(r"\bR(\d{1,3})\b(?:\s*[-\u2013]\s*R(\d{1,3})\b)?")


def main(arguments: list[str], repository: Path = REPOSITORY) -> int:
    """Returns 0, or 1 where the page is stale, or 2 where a test names an unknown requirement."""
    requirements = yaml.safe_load((repository / "docs/requirements.yaml").read_text("utf-8"))
    shown = tests_by_requirement(repository / "tests", repository)
    if unknown := sorted(set(shown) - set(requirements)):
        tests = ", ".join(shown[unknown[0]])
        sys.stderr.write(f"{tests}: the docstring names {unknown[0]}, which is no requirement\n")
        return 2
    page = repository / "docs/requirements.md"
    text = page_text(requirements, shown)
    if "--check" not in arguments:
        page.write_text(text, "utf-8")
        return 0
    if not page.exists() or page.read_text("utf-8") != text:
        sys.stderr.write(f"{page} is stale; run python docs/requirements_page.py\n")
        return 1
    return 0


def tests_by_requirement(tests: Path, repository: Path) -> dict[str, list[str]]:
    """Returns the ids of the tests that show each requirement, sorted."""
    shown: dict[str, list[str]] = defaultdict(list)
    for path in sorted(tests.rglob("test_*.py")):
        tree = ast.parse(path.read_text("utf-8"), str(path))
        for name, docstring in _docstrings(tree):
            for number in sorted(_numbers(docstring)):
                shown[f"R{number}"].append(f"{path.relative_to(repository).as_posix()}::{name}")
    return {requirement: sorted(ids) for requirement, ids in shown.items()}


def page_text(requirements: dict[str, str], shown: dict[str, list[str]]) -> str:
    """Returns the page: one row a requirement, in the order of their numbers."""
    rows = [
        f"| {number} | {_cell(text)} | {'<br>'.join(f'`{i}`' for i in shown.get(number, []))} |"
        for number, text in requirements.items()
    ]
    return "\n".join(
        [
            "# Requirements",
            "",
            "What Parley must do, and the tests that show it. Generated from `requirements.yaml` "
            "and the tests' docstrings by `python docs/requirements_page.py`.",
            "",
            f"{len(shown)} of {len(requirements)} are shown by a test.",
            "",
            "| Number | Requirement | Shown by |",
            "| --- | --- | --- |",
            *rows,
            "",
        ]
    )


def _docstrings(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in tree.body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() if node.name.startswith("test"):
                yield node.name, ast.get_docstring(node) or ""
            case ast.ClassDef() if node.name.startswith("Test"):
                yield node.name, ast.get_docstring(node) or ""
                for inner in node.body:
                    if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef):
                        yield f"{node.name}::{inner.name}", ast.get_docstring(inner) or ""
            case _:
                pass


def _numbers(docstring: str) -> set[int]:
    numbers: set[int] = set()
    for first, last in MENTION.findall(docstring):
        numbers.update(range(int(first), int(last or first) + 1))
    return numbers


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
