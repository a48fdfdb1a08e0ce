"""Base models are never trained with customers' data; a language model is only asked (R276)."""

import ast
import inspect
from importlib.metadata import requires
from pathlib import Path

from pipelines.models.kinds import KINDS

ROOT = Path(__file__).parents[3]
PACKAGES = ("agent_runtime", "experiments", "pipelines")
TRAINERS = {"torch", "transformers", "peft", "trl", "accelerate", "deepspeed", "tensorflow", "jax"}
STORES = ("agent_runtime.store", "agent_runtime.knowledge", "pipelines", "sqlalchemy", "duckdb")


def imports_of(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def sources(*folders):
    return [path for folder in folders for path in (ROOT / folder).rglob("*.py")]


def test_no_library_that_could_train_a_language_model_is_used_or_needed():
    used = {name.partition(".")[0] for path in sources(*PACKAGES) for name in imports_of(path)}
    needed = {line.split(";")[0].split("[")[0].strip().lower() for line in requires("parley") or ()}

    assert used & TRAINERS == set()
    assert not any(one.startswith(tuple(TRAINERS)) for one in needed)


def test_a_server_is_asked_for_answers_and_for_nothing_that_trains():
    """The client's doors to fine-tuning, files and batches are never opened."""
    doors = {"fine_tuning", "fine_tunes", "files", "uploads", "batches", "load_lora_adapter"}
    opened = {
        node.attr
        for path in sources("agent_runtime/models", "agent_runtime/asking")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute)
    }

    assert "completions" in opened, "this test looks at the code that asks"
    assert opened & doors == set()


def test_models_that_ship_learn_from_files_of_the_product_and_can_reach_no_store():
    """They are built from a folder of labelled texts; nothing else is handed to them."""
    reached = {
        (path.name, name)
        for path in sources("agent_runtime/models", "agent_runtime/hearing")
        for name in imports_of(path)
        if name.startswith(STORES)
    }

    assert reached == set()
    for kind in KINDS.values():
        assert list(inspect.signature(kind.build).parameters) == ["training", "cache"]
