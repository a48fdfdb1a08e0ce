"""Evaluated versions of the agent in MLflow: one run and one registered version each."""

import csv
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from agent_runtime.settings import Workspace
from experiments.champion import Judgement
from experiments.evaluation.cases import Case, case_set, read_cases, write_cases
from experiments.evaluation.figures import Figure, figures_of
from experiments.evaluation.rule import judge, load_rule
from experiments.model_registry import (
    CHALLENGER,
    CHAMPION,
    ModelVersion,
    add_version,
    set_alias,
)
from experiments.tracking import log_evaluation, open_client
from pipelines.evaluation.costing import usd_by
from pipelines.evaluation.page import Against, render_evaluation
from pipelines.evaluation.setup import PARTS, Setup
from pipelines.evaluation.suite import Unit, units_hash
from pipelines.models.kinds import AGENT
from pipelines.models.registering import database_of

ABOUT = "The agent: prompt, language model, policy and playbooks together, as it was evaluated."
CASES, FIGURES, CONFUSION = "cases.jsonl", "figures.json", "confusion.csv"
_COLUMNS = ("id", "kind", "label", "shown", "truth", "said", "confidence", "as_expected", "departs")


def identity_of(setup: Setup, units: Sequence[Unit]) -> str:
    """Returns by what a version is told from others: its parts, the code and the cases."""
    return f"{setup.identity}|{units_hash(units)}"


def register(
    setup: Setup, identity: str, cases: Sequence[Case], workspace: Workspace, *, now: datetime
) -> ModelVersion:
    """Logs an evaluation as a run of MLflow, and registers the version as challenger.

    Args:
        setup: What was evaluated.
        identity: See `identity_of`; a version that is measured anew has another one.
        cases: What it made of each case.
        workspace: Where MLflow keeps its file and the artifacts.
        now: When.
    """
    database = database_of(workspace)
    figures = figures_of(cases, usd=usd_by(now.date()))
    tags = {
        **setup.parts,
        "server": setup.server,
        "data_version": case_set(cases),
        "code_version": setup.code,
        "cases": str(len(cases)),
    }
    with TemporaryDirectory() as name:
        run_id = log_evaluation(
            AGENT,
            _metrics(figures),
            tags,
            _files(Path(name), setup, cases, figures),
            database=database,
            artifacts=workspace.root / "mlartifacts" / AGENT,
            now=now,
        )
    if setup.mind.template is not None:
        _register_prompt(setup.parts["prompt"], setup.files["prompt.md"], run_id, database)
    version = add_version(
        AGENT, identity, run_id, {**tags, "evaluation_run": run_id}, about=ABOUT, database=database
    )
    if CHAMPION not in version.aliases:
        set_alias(AGENT, CHALLENGER, version.version, database=database)
    return version


def cases_of(version: ModelVersion) -> tuple[Case, ...]:
    """Returns what a registered version made of each case."""
    return read_cases(version.folder / CASES)


def judged(
    challenger: ModelVersion, crowned: ModelVersion | None, *, now: datetime
) -> Judgement | None:
    """Returns what the rule says of a version; nothing where there is no other champion."""
    if crowned is None or crowned.version == challenger.version:
        return None
    return against(crowned, cases_of(challenger), now=now).judgement


def against(other: ModelVersion, cases: Sequence[Case], *, now: datetime) -> Against:
    """Returns a version to compare with, and what the rule says of cases held against it.

    Raises:
        ExperimentError: it was measured on other cases.
    """
    usd, before = usd_by(now.date()), cases_of(other)
    label = ", ".join(f"{part} {other.tags[part]}" for part in PARTS)
    judgement = judge(before, cases, rule=load_rule(), usd=usd)
    return Against(label, figures_of(before, usd=usd), before, judgement, usd)


def _metrics(figures: Sequence[Figure]) -> dict[str, float]:
    found: dict[str, float] = {}
    for one in figures:
        ends = {one.name: one.value, f"{one.name}.low": one.low, f"{one.name}.high": one.high}
        found |= {name: value for name, value in ends.items() if value is not None}
        found[f"{one.name}.n"] = float(one.n)
    return found


def _files(
    folder: Path, setup: Setup, cases: Sequence[Case], figures: Sequence[Figure]
) -> list[Path]:
    written = [write_cases(folder / CASES, cases)]
    texts = {
        **setup.files,
        FIGURES: json.dumps([asdict(one) for one in figures], indent=2) + "\n",
        "evaluation.html": render_evaluation(setup.label, figures, cases),
    }
    for name, text in texts.items():
        path = folder / name
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return [*written, _table(folder / "cases.csv", cases), _confusion(folder / CONFUSION, cases)]


def _table(path: Path, cases: Sequence[Case]) -> Path:
    """One row a case, for whoever opens it as a table."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.DictWriter(file, _COLUMNS)
        rows.writeheader()
        rows.writerows({name: getattr(case, name) for name in _COLUMNS} for case in cases)
    return path


def _confusion(path: Path, cases: Sequence[Case]) -> Path:
    """How often each labelled intent (a row) was read as each (a column)."""
    read = [(case.truth, case.said) for case in cases if case.truth]
    names = sorted({name for pair in read for name in pair})
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["labelled", *names])
        for truth in names:
            rows.writerow([truth, *(read.count((truth, said)) for said in names)])
    return path


def _register_prompt(label: str, text: str, run_id: str, database: Path) -> None:
    """Keeps a prompt in MLflow's registry of prompts; the same text is one version."""
    name = label.partition("@")[0]
    with open_client(database) as client:
        there = {prompt.name for prompt in client.search_prompts()}
        kept = client.search_prompt_versions(name) if name in there else []
        if not any(version.tags.get("label") == label for version in kept):
            tags = {"label": label, "evaluation_run": run_id}
            client.register_prompt(name, text, commit_message=f"evaluated as {label}", tags=tags)
