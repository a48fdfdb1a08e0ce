"""Who is responsible for people's data: the company's own file, or that of the sandbox company."""

from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent_runtime.authored import load_yaml
from agent_runtime.errors import ParleyError

PACKAGED = Path(__file__).with_name("controller.yaml")
NAME = "controller.yaml"


class ControllerError(ParleyError):
    """A file of the controller that cannot be used."""


class Controller(BaseModel):
    """Name and address of who decides why and how data is used (GDPR art. 13(1)(a) and (b))."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    address: str = Field(min_length=1)
    email: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    """Where a person of ours answers questions about data."""
    officer: str = ""
    """The data protection officer, where there is one."""
    authority: str = ""
    """Where one may complain."""


def controller_of(workspace: Path) -> Controller:
    """Returns the company's own controller where there is one, else the packaged one.

    Raises:
        ControllerError: the file lacks something that the law wants said.
    """
    own = workspace / NAME
    path = own if own.exists() else PACKAGED
    return _read(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=8)
def _read(path: Path, _changed: int) -> Controller:
    try:
        return Controller.model_validate(load_yaml(path.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        raise ControllerError(f"{path}: not YAML ({str(error).split(chr(10))[0]}).") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(map(str, first["loc"])) or "the file"
        raise ControllerError(f"{path}: field {field}: {first['msg']}.") from None
