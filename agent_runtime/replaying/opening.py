"""Opens the versions that somebody names beside those that are installed."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from agent_runtime.errors import ParleyError
from agent_runtime.models.language import LanguageModel
from agent_runtime.replaying.named import Named, models_of, playbooks_of
from agent_runtime.replaying.versions import KeptWords, Versions
from agent_runtime.settings import Settings


def open_versions(
    named: Named,
    settings: Settings,
    *,
    registered: Callable[[str, int], Path],
    kept: KeptWords,
) -> Versions:
    """Returns what old turns are run through; nothing that is installed changes.

    Args:
        named: The versions that take the place of installed ones.
        settings: Of the workspace.
        registered: Returns the weights of a version in the registry of models.
        kept: What language models have said to questions of earlier replays.

    Raises:
        ParleyError: something named is not there, or is not what it should be.
    """
    from agent_runtime.library.catalog import company_library
    from agent_runtime.mind import open_mind
    from agent_runtime.prompting.template import read_template
    from agent_runtime.replaying.policy import policy_of

    policy = policy_of(named.policy)
    template = read_template(_prompt(named.prompt[0])) if named.prompt else None
    trained, oracle = models_of(named, registered)
    proposed = playbooks_of(named, settings)
    library, model = open_mind(settings, instead=proposed)
    return Versions(
        library=library,
        model=_trained(trained, settings) if trained else model,
        policy=policy,
        installed=company_library(settings.paths.library) if proposed else None,
        template=template,
        oracle=oracle,
        usual_oracle=settings.llm_model if settings.llm_url else "",
        kept=kept,
    )


def _prompt(given: str) -> Path:
    path = Path(given)
    if not path.is_file():
        raise ParleyError(f"--with prompt={given}: the file does not exist; name a prompt.")
    return path


def _trained(path: Path, settings: Settings) -> LanguageModel:
    """Weights as they are kept or registered, or a folder of texts that is trained on now."""
    from agent_runtime.models.embedded import (
        EmbeddedModel,
        cached_embedder,
        load_embedded_model,
    )
    from agent_runtime.models.embedding import E5Embedder
    from agent_runtime.models.intent_model import load_intent_model
    from agent_runtime.models.stop_wish import StopWish

    if path.is_dir() and any(path.glob("*.yaml")):
        return load_embedded_model(cache=settings.cache, training=path)
    weights, stop = _weights(path)
    digest = hashlib.sha256(weights.read_bytes() + stop.read_bytes()).hexdigest()[:16]
    return EmbeddedModel(
        cached_embedder(E5Embedder(), settings.cache),
        load_intent_model(weights),
        StopWish.load(stop),
        version=f"weights-{digest}",
    )


def _weights(path: Path) -> tuple[Path, Path]:
    """The two files of a model: in a folder of the registry, or side by side in the cache."""
    if path.is_dir():
        files = path / "intents.npz", path / "stop.npz"
    else:
        files = path, path.with_name(f"{path.stem}.stop.npz")
    missing = next((file for file in files if not file.is_file()), None)
    if missing:
        raise ParleyError(
            f"--with model={path}: {missing.name} is missing; name a folder with intents.npz and "
            "stop.npz, a file of weights with its .stop.npz beside it, or a folder of training "
            "texts."
        )
    return files
