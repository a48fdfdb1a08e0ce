"""Versions of models in MLflow's registry, with their aliases; the same content is one version."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlparse
from urllib.request import url2pathname

from experiments.errors import ExperimentError
from experiments.tracking import open_client

CHAMPION, CHALLENGER = "champion", "challenger"
_IDENTITY = "identity"


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """One registered version of a model."""

    name: str
    version: int
    identity: str
    """What it was made from and how: the same data and the same method have the same."""
    run_id: str
    folder: Path
    """Where its weights lie."""
    made_at: datetime
    aliases: tuple[str, ...] = ()
    tags: dict[str, str] = field(default_factory=dict)


def known(name: str, identity: str, *, database: Path) -> ModelVersion | None:
    """Returns the version that has this identity."""
    found = (v for v in versions(name, database=database) if v.identity == identity)
    return next(found, None)


def add_version(
    name: str, identity: str, run_id: str, tags: dict[str, str], *, about: str, database: Path
) -> ModelVersion:
    """Registers the artifacts of a run as a version; the same identity is never a new one.

    Args:
        name: The model.
        identity: See `ModelVersion.identity`.
        run_id: The training run whose artifacts are the weights.
        tags: Versions of data and code, hashes, the run of its evaluation.
        about: What the model is for.
        database: SQLite file of MLflow.
    """
    from mlflow.exceptions import MlflowException

    if standing := known(name, identity, database=database):
        return standing
    with open_client(database) as client:
        try:
            client.get_registered_model(name)
        except MlflowException:
            client.create_registered_model(name, description=about)
        source = client.get_run(run_id).info.artifact_uri or ""
        made = client.create_model_version(
            name, source, run_id=run_id, tags={**tags, _IDENTITY: identity}
        )
    return version_of(name, int(made.version), database=database)


def versions(name: str, *, database: Path) -> tuple[ModelVersion, ...]:
    """Returns every version of a model, the oldest first; none where it is not registered."""
    with open_client(database) as client:
        found = client.search_model_versions(f"name = '{name}'")
        aliases: dict[int, list[str]] = {}
        if found:
            for alias, number in client.get_registered_model(name).aliases.items():
                aliases.setdefault(int(number), []).append(alias)
    read = [
        ModelVersion(
            name=name,
            version=int(one.version),
            identity=one.tags.get(_IDENTITY, ""),
            run_id=one.run_id or "",
            folder=Path(url2pathname(urlparse(str(one.source)).path)),
            made_at=datetime.fromtimestamp(one.creation_timestamp / 1000, UTC),
            aliases=tuple(sorted(aliases.get(int(one.version), ()))),
            tags={key: value for key, value in one.tags.items() if key != _IDENTITY},
        )
        for one in found
    ]
    return tuple(sorted(read, key=lambda one: one.version))


def version_of(name: str, number: int, *, database: Path) -> ModelVersion:
    """Returns a version by its number.

    Raises:
        ExperimentError: there is no such version.
    """
    every = versions(name, database=database)
    found = next((one for one in every if one.version == number), None)
    if found is None:
        there = ", ".join(str(one.version) for one in every) or "none"
        raise ExperimentError(f"model {name}: there is no version {number}; there are {there}.")
    return found


def set_alias(name: str, alias: str, number: int | None, *, database: Path) -> None:
    """Points an alias to a version, or takes it away."""
    has = any(alias in one.aliases for one in versions(name, database=database))
    with open_client(database) as client:
        if number is not None:
            client.set_registered_model_alias(name, alias, str(number))
        elif has:
            client.delete_registered_model_alias(name, alias)
