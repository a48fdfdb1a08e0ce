"""Tells the runtime what the state of each campaign lets it do, now and at every later import."""

from agent_runtime.campaign_stage import PUBLISHED, as_text
from agent_runtime.settings import Workspace
from experiments.hash_chain import read_chain
from pipelines.campaigns.runtime import Runtime
from pipelines.campaigns.stages.history import history_path, life_of
from pipelines.campaigns.stages.rules import rules
from pipelines.lake import Lake


def bind(workspace: Workspace, runtime: Runtime) -> None:
    """Writes the bounds of all campaigns, out of their history, where the runtime reads them.

    One that was never moved is left out, and the runtime takes it for a sandbox.
    """
    path = history_path(workspace)
    names = {line["campaign_id"] for line in read_chain(path).entries if line["kind"] == "move"}
    target = Lake(workspace).campaign_stages
    if not names and not target.exists():
        return
    text = as_text({name: rules()[life_of(workspace, name).stage].told for name in names})
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
    if runtime.store is not None:
        with runtime.store.begin() as tx:
            tx.publish(PUBLISHED, text)
