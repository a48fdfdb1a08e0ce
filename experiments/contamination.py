"""What may have blurred the arms, as `parley experiment contamination` leaves it in a file."""

import json
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from experiments.errors import ExperimentError


class Blur(BaseModel):
    """One kind of contamination: how often, and what it does to the reading."""

    model_config = ConfigDict(frozen=True)

    kind: str
    count: int = Field(ge=0)
    is_measured: bool = True
    """False where nothing was kept by which it could be counted."""
    reading: str


def read_contamination(path: Path, experiment_id: str) -> tuple[Blur, ...]:
    """Returns the kinds of one experiment, without their examples, which name people.

    Raises:
        ExperimentError: The file is no such report, or another experiment's.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        found = tuple(
            Blur(kind=kind, **{k: row[k] for k in ("count", "is_measured", "reading") if k in row})
            for kind, row in content["contamination"].items()
        )
        other = content["experiment_id"]
    except OSError as error:
        raise ExperimentError(f"{path}: the file cannot be read ({error.strerror})") from None
    except (ValueError, KeyError, TypeError, AttributeError, ValidationError):
        raise ExperimentError(
            f"{path}: the file is no report on contamination; `parley experiment contamination` "
            "writes one for each experiment"
        ) from None
    if other != experiment_id:
        raise ExperimentError(
            f"{path}: the file tells of the experiment {other!r}, but {experiment_id!r} is analysed"
        )
    return found
