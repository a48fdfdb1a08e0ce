"""Whether what a workspace runs with is the champion of the evaluated versions."""

from agent_runtime.settings import Settings
from pipelines.evaluation.setup import PARTS, Chosen, open_setup
from pipelines.models.decisions import champion_of
from pipelines.models.kinds import AGENT
from pipelines.models.shipped import Shipped


def in_force(settings: Settings) -> Shipped:
    """Compares prompt, model, policy and playbooks of the settings with the champion's."""
    setup = open_setup(Chosen(), settings)
    setup.close()
    crowned = champion_of(settings.paths, AGENT)
    if crowned is None:
        says = (
            "no version is champion; `parley evaluate`, then `parley model promote agent --who … "
            "--why …`"
        )
        return Shipped(AGENT, setup.label, None, is_champion=False, says=says)
    others = [
        f"{part} {crowned.tags[part]} is champion's, {setup.parts[part]} is in force"
        for part in PARTS
        if crowned.tags[part] != setup.parts[part]
    ]
    says = (
        f"{'; '.join(others)}; evaluate what is in force, or put the champion's back"
        if others
        else f"version {crowned.version} is in force"
    )
    return Shipped(AGENT, setup.label, crowned.version, is_champion=not others, says=says)
