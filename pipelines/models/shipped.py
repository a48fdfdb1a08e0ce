"""Whether what the runtime loads is the registered champion. Nothing is fetched at run time."""

from dataclasses import dataclass

from agent_runtime.settings import Workspace
from pipelines.models.decisions import champion_of
from pipelines.models.kinds import Kind


@dataclass(frozen=True, slots=True)
class Shipped:
    """What ships of a model, beside its champion."""

    model: str
    identity: str
    champion: int | None
    is_champion: bool
    says: str


def shipped(workspace: Workspace, kind: Kind) -> Shipped:
    """Compares the shipped weights, or what they are made from, with the champion's."""
    identity = kind.shipped_identity()
    crowned = champion_of(workspace, kind.name)
    if crowned is None:
        says = (
            f"no version is champion; `parley model register {kind.name}`, then "
            f"`parley model promote {kind.name} --who … --why …`"
        )
        return Shipped(kind.name, identity, None, is_champion=False, says=says)
    is_it = crowned.tags["model"] == identity
    says = f"the runtime loads version {crowned.version}, {identity[:40]}"
    if not is_it:
        says = (
            f"version {crowned.version} ({crowned.tags['model'][:40]}) is champion, and the "
            f"runtime loads {identity[:40]}; put the champion's training texts and weights into "
            "agent_runtime/training, or roll back"
        )
    return Shipped(kind.name, identity, crowned.version, is_champion=is_it, says=says)
