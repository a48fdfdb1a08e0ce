"""Which new versions somebody names: `playbook=…`, `prompt=…`, `model=…`, `policy=…`."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import yaml

from agent_runtime.authored import load_yaml
from agent_runtime.errors import ParleyError
from agent_runtime.settings import Settings

Kind = Literal["playbook", "prompt", "model", "policy"]
KINDS: tuple[Kind, ...] = get_args(Kind)

_VERSION = re.compile(r"([a-z_]+)@(\d+)")


@dataclass(frozen=True, slots=True)
class Named:
    """New versions by kind, as they were written; none means the installed one."""

    playbook: tuple[str, ...] = ()
    """Files, folders with playbooks and texts, or `id@version` of a proposal in the workspace."""
    prompt: tuple[str, ...] = ()
    """A file."""
    model: tuple[str, ...] = ()
    """Weights or training texts, `intent@version` of the registry, or name of a language model."""
    policy: tuple[str, ...] = ()
    """See `replaying.policy.policy_of`."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is named, so that old turns run through what is installed."""
        return not (self.playbook or self.prompt or self.model or self.policy)

    def __str__(self) -> str:
        """Returns what is named as it is written on the command line."""
        pairs = [f"{kind}={one}" for kind in KINDS for one in getattr(self, kind)]
        return " ".join(pairs) or "what is installed"


def named_in(given: Sequence[str]) -> Named:
    """Returns the versions of a command line.

    Raises:
        ParleyError: a part is no `kind=value`, or two prompts are named.
    """
    found: dict[str, list[str]] = {kind: [] for kind in KINDS}
    for one in given:
        kind, sign, value = one.partition("=")
        if kind not in found or not sign or not value:
            raise ParleyError(f"--with {one}: write one of {', '.join(f'{k}=…' for k in KINDS)}.")
        found[kind].append(value)
    if len(found["prompt"]) > 1:
        raise ParleyError(f"--with prompt: {', '.join(found['prompt'])} are two; name one.")
    return Named(**{kind: tuple(values) for kind, values in found.items()})


def playbooks_of(named: Named, settings: Settings) -> tuple[Path, ...]:
    """Returns the files and folders of the playbooks that are named.

    Raises:
        ParleyError: a file is not there, a folder holds nothing, or no proposal has that version.
    """
    return tuple(filter(None, (_playbook(one, settings) for one in named.playbook)))


def models_of(named: Named, registered: Callable[[str, int], Path]) -> tuple[Path | None, str]:
    """Returns the folder or file of a trained model and the name of a language model.

    Args:
        named: What is named.
        registered: Returns the weights of a version in the registry of models.

    Raises:
        ParleyError: two of one kind are named, or a path is not there.
    """
    trained: list[Path] = []
    asked: list[str] = []
    for one in named.model:
        version = _VERSION.fullmatch(one)
        path = Path(one)
        if version:
            trained.append(registered(version[1], int(version[2])))
        elif path.exists():
            trained.append(path)
        elif one.startswith((".", "/", "~")) or path.suffix == ".npz":
            raise ParleyError(
                f"--with model={one}: the path does not exist; name weights or texts."
            )
        else:
            asked.append(one)
    if len(trained) > 1 or len(asked) > 1:
        raise ParleyError(
            f"--with model: {', '.join(named.model)}: name one trained model and one language "
            "model at most."
        )
    return next(iter(trained), None), next(iter(asked), "")


def _playbook(given: str, settings: Settings) -> Path | None:
    version = _VERSION.fullmatch(given)
    if version:
        return _version(version[1], int(version[2]), settings)
    path = Path(given)
    if not path.exists():
        raise ParleyError(
            f"--with playbook={given}: neither a file nor a folder nor id@version; name one."
        )
    if path.is_dir() and not any(path.glob("playbooks/**/*.yaml")) | any(
        path.glob("content/*/*.md")
    ):
        raise ParleyError(
            f"--with playbook={given}: the folder holds no playbooks/*.yaml and no "
            "content/LANGUAGE/*.md; name one that does."
        )
    return path


def _version(playbook: str, version: int, settings: Settings) -> Path | None:
    """The folder of the proposal that holds a version; None where that version is installed."""
    from agent_runtime.library.catalog import PACKAGE, own_libraries

    installed = (PACKAGE, *own_libraries(settings.paths.library))
    found: dict[int, Path | None] = {}
    proposals = sorted(settings.paths.proposals.glob("**/playbooks/*.yaml"))
    for file in (*proposals, *(f for root in installed for f in root.glob("playbooks/*.yaml"))):
        written = _written(file)
        if written.get("id") == playbook:
            found[written.get("version", 0)] = file.parents[1] if file in proposals else None
    if version not in found:
        there = ", ".join(f"{playbook}@{one}" for one in sorted(found)) or "none of that name"
        raise ParleyError(
            f"--with playbook={playbook}@{version}: no such version is installed or proposed in "
            f"{settings.paths.proposals}; there is {there}. A file can be named as well."
        )
    return found[version]


def _written(file: Path) -> dict[str, Any]:
    try:
        written = load_yaml(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):
        return {}
    return written if isinstance(written, dict) else {}
