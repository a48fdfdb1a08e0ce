"""What is evaluated: one version each of prompt, language model, policy and playbooks."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from agent_runtime.dialogue import Mind
from agent_runtime.policies.ruleset import STANDARD, RuleSet
from agent_runtime.replaying.policy import policy_of
from agent_runtime.settings import Settings
from experiments.code_version import version_of_code
from pipelines.errors import PipelineError

if TYPE_CHECKING:
    from agent_runtime.models.oracle import Oracle

PARTS = ("prompt", "model", "reader", "policy", "playbooks")
"""What an evaluated version consists of; `reader` is the model that ships."""
EMBEDDED = "embedded"
"""The models that ship, which say approved texts only."""
AT_ONCE = 4
"""Questions to a server at the same time; more would measure how it queues."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What somebody wants evaluated; what is empty is as the workspace has it."""

    prompt: Path | None = None
    model: str = ""
    """`embedded`, a name that the server of the settings serves, or the URL of a server, after
    which `#name` may stand."""
    policy: tuple[str, ...] = ()
    """A file of rules, a profile, or `rule.parameter=value`, as `parley replay` takes them."""
    playbook: Path | None = None
    """A playbook, or a folder of playbooks and texts, in the place of those with the same id."""


@dataclass(frozen=True, slots=True)
class Setup:
    """A version of the agent, opened."""

    mind: Mind
    parts: dict[str, str]
    """The version of each part, as traces name it: prompt, model, reader, policy, playbooks."""
    files: dict[str, str]
    """What a person would read of it: the prompt and the rules, by file name."""
    server: str = ""
    """Where the language model is asked."""
    code: str = field(default_factory=version_of_code)

    @property
    def identity(self) -> str:
        """The same parts and code have the same."""
        whole = {**self.parts, "code": self.code, "server": self.server}
        return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()[:16]

    @property
    def label(self) -> str:
        """The parts in one line."""
        return ", ".join(f"{name} {value}" for name, value in self.parts.items())

    def close(self) -> None:
        """Lets go of the server, if there is one."""
        if self.mind.oracle is not None:
            self.mind.oracle.close()


def open_setup(chosen: Chosen, settings: Settings) -> Setup:
    """Returns a version of the agent that can be asked.

    Raises:
        PipelineError: a part cannot be found; the sentence says which.
        ParleyError: a file is not as its kind is written.
    """
    from agent_runtime.mind import open_mind
    from agent_runtime.prompting.prompt import prompt_version
    from agent_runtime.prompting.template import FOLDER, read_template

    prompt = chosen.prompt or FOLDER / "answer.md"
    template = read_template(_there(prompt, "--prompt"))
    oracle, model, server = _oracle(chosen.model, settings)
    policy = policy_of(chosen.policy)
    rules = policy(STANDARD)
    written = _in_words(rules)
    instead = (_there(chosen.playbook, "--playbook"),) if chosen.playbook else ()
    library, reader = open_mind(settings, instead=instead)
    own = hashlib.sha256(written.encode()).hexdigest()[:8]
    return Setup(
        Mind(library, reader, policy, oracle, template if oracle else None),
        parts={
            "prompt": prompt_version(template, library) if oracle else "none",
            "model": model,
            "reader": reader.version,
            "policy": f"{rules.label}-{own}",
            "playbooks": library.content_hash,
        },
        files={"prompt.md": prompt.read_text("utf-8")} | {"rules.yaml": written},
        server=server,
    )


def _there(path: Path, option: str) -> Path:
    if not path.exists():
        raise PipelineError(f"option {option}: {path} does not exist; name a file or folder.")
    return path


def _in_words(rules: RuleSet) -> str:
    """Returns the rules with their versions and parameters, as YAML."""
    import yaml

    rows = [
        {"id": spec.rule, "version": spec.version, "parameters": dict(spec.parameters)}
        for spec in rules.rules.values()
    ]
    offers = [asdict(offer) for offer in rules.offers]
    whole = {"version": rules.version, "profile": rules.profile, "rules": rows, "offers": offers}
    return yaml.safe_dump(json.loads(json.dumps(whole, default=str)), sort_keys=False)


def _oracle(model: str, settings: Settings) -> "tuple[Oracle | None, str, str]":
    """Returns whom to ask, what to call it and where it is; nobody for the models that ship."""
    from agent_runtime.mind import open_oracle

    if model == EMBEDDED or not (model or settings.llm_url):
        return None, EMBEDDED, ""
    url, name = settings.llm_url, model or settings.llm_model
    if model.startswith(("http://", "https://")):
        url, _, name = model.partition("#")
        name = name or _served(url.rstrip("/"), settings)
    elif not url:
        raise PipelineError(
            f"option --model, the value {model!r}: PARLEY_LLM_URL names no server that could serve "
            f"it; set it, give a URL, or {EMBEDDED!r} for the models that ship."
        )
    asked = settings.model_copy(
        update={"llm_url": url.rstrip("/"), "llm_model": name, "llm_at_once": AT_ONCE}
    )
    return open_oracle(asked), name, asked.llm_url


def _served(url: str, settings: Settings) -> str:
    import httpx

    key = settings.llm_key.get_secret_value() or "none"
    try:
        answer = httpx.get(f"{url}/models", headers={"Authorization": f"Bearer {key}"}, timeout=10)
        return str(answer.raise_for_status().json()["data"][0]["id"])
    except (httpx.HTTPError, ValueError, KeyError, IndexError, TypeError) as error:
        said = " ".join(str(error).split())[:120] or type(error).__name__
        raise PipelineError(
            f"option --model: {url}/models does not say which model it serves ({said}); start the "
            "server, or mend the URL."
        ) from None
