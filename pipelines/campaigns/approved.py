"""A campaign as it was approved, out of the log, so that a change can be held against it."""

from pathlib import Path
from tempfile import gettempdir

import yaml

from agent_runtime.settings import Workspace
from pipelines.campaign import Campaign
from pipelines.campaigns.approving import last_approval
from pipelines.errors import PipelineError


def approved_campaign(workspace: Workspace, campaign_id: str) -> Campaign:
    """Returns the campaign that was approved last, with the segments that it had then.

    Raises:
        PipelineError: nobody has approved it yet.
    """
    last = last_approval(workspace, campaign_id)
    if last is None:
        raise PipelineError(
            f"campaign {campaign_id}: nobody has approved it yet, so there is nothing to compare "
            f"with; look at `parley campaign dry-run {campaign_id}`, or name two files."
        )
    document = last.document
    folder = Path(gettempdir()) / f"parley-approved-{last.hash[:16]}"
    folder.mkdir(exist_ok=True)
    segments = []
    for segment in document["segments"]:
        path = folder / f"{segment['id']}.yaml"
        path.write_text(yaml.safe_dump(segment), encoding="utf-8")
        segments.append(str(path))
    return Campaign.model_validate(
        document["campaign"] | {"segments": segments, "experiment": document["experiment"]["file"]}
    )
