"""dbt's manifest, parsed ahead: Dagster and the semantic layer read it, and never dbt's files."""

import hashlib
import os
import shutil
from pathlib import Path

from pipelines.errors import PipelineError

DBT_PROJECT = Path(__file__).resolve().parents[1] / "dbt"
"""The project that ships with this package."""

MANIFESTS = ("semantic_manifest.json", "manifest.json")
"""What is kept of a parse."""

QUIET = (
    "--quiet",
    "--no-use-colors",
    "--no-version-check",
    "--no-send-anonymous-usage-stats",
    "--log-level-file=none",
)
"""Global options of every dbt command here: no log file, no network, no colours."""


def ensure_manifest(project: Path = DBT_PROJECT) -> Path:
    """Returns the project's `manifest.json`, parsed again when a file of the project changed.

    A whole parse every time: a partial one meets the metrics of a changed file twice and fails.
    """
    target = project / "target"
    stamp = target / "fingerprint"
    fingerprint = fingerprint_of(project)
    is_current = stamp.exists() and stamp.read_text(encoding="utf-8") == fingerprint
    if not is_current or not all((target / name).exists() for name in MANIFESTS):
        _parse(project, target)
        _write(stamp, fingerprint)
    return target / "manifest.json"


def fingerprint_of(project: Path) -> str:
    """Returns a hash of the project's files, what dbt writes there itself left out."""
    digest = hashlib.sha256()
    for path in sorted(project.rglob("*")):
        parts = path.relative_to(project).parts
        if path.is_file() and parts[0] not in {"target", "logs"}:
            digest.update("/".join(parts).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _parse(project: Path, target: Path) -> None:
    """Parses into a folder of this process, so that two at once do not mix their files."""
    from dbt.cli.main import dbtRunner

    draft = target / f"parse-{os.getpid()}"
    folders = (f"--project-dir={project}", f"--profiles-dir={project}", f"--target-path={draft}")
    answer = dbtRunner().invoke([*QUIET, "--no-partial-parse", "parse", *folders])
    if not answer.success:
        raise PipelineError(f"{project}: dbt cannot parse it; {answer.exception}")
    for name in MANIFESTS:
        (draft / name).replace(target / name)
    shutil.rmtree(draft)


def _write(path: Path, text: str) -> None:
    draft = path.with_suffix(f".{os.getpid()}")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)
