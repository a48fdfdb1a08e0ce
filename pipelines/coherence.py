"""Says whether a campaign keeps what its playbook and its experiment promise."""

from collections.abc import Collection, Iterable
from importlib import import_module
from itertools import pairwise

from agent_runtime.domain import LEVELS
from agent_runtime.library.catalog import Library, load_library
from agent_runtime.library.playbook import Playbook
from agent_runtime.policies.ruleset import Offer, rule_set
from experiments.spec import Spec
from pipelines.campaign import Campaign, experiment_of
from pipelines.errors import PipelineError


class IncoherentCampaignError(PipelineError):
    """A campaign that asks for more than its playbook or its experiment allows."""


def check_campaign(
    campaign: Campaign, segments: Collection[str], library: Library | None = None
) -> None:
    """Refuses a campaign that its playbook or its experiment does not cover.

    Args:
        campaign: The campaign.
        segments: Ids of the segments that it writes to.
        library: Where its playbook lies; the product's by default.

    Raises:
        IncoherentCampaignError: one sentence with the field, its value and the limit.
    """
    known = library or load_library()
    playbook = known.playbook(campaign.playbook)
    check_playbook(campaign, playbook)
    check_limits(campaign, playbook, rule_set().offers)
    check_population(campaign, experiment_of(campaign), segments)
    check_experiment(experiment_of(campaign))


def check_playbook(campaign: Campaign, playbook: Playbook) -> None:
    """Refuses a campaign that goes beyond its playbook.

    Raises:
        IncoherentCampaignError: one sentence with the field, its value and the playbook's limit.
    """
    where = f"campaign {campaign.id}"
    if campaign.playbook_version != playbook.version:
        raise IncoherentCampaignError(
            f"{where}: playbook_version = {campaign.playbook_version}, but {playbook.id} is at "
            f"version {playbook.version}; read what has changed, then raise it."
        )
    if LEVELS.index(campaign.autonomy) > LEVELS.index(playbook.autonomy):
        raise IncoherentCampaignError(
            f"{where}: autonomy = {campaign.autonomy}, but {playbook.id} allows "
            f"{playbook.autonomy} at most."
        )
    written = [touch.channel for touch in playbook.touches]
    by = [*written, *["email"] * len(campaign.touch_workdays)][: len(campaign.touch_workdays)]
    for number, name in enumerate(by, 1):
        if name not in campaign.channels:
            raise IncoherentCampaignError(
                f"{where}: touch {number} of {playbook.id} goes by {name}, but channels = "
                f"{list(campaign.channels)}; add it, or end touch_workdays before that touch."
            )
    for name in campaign.channels:
        days = [day for day, used in zip(campaign.touch_workdays, by, strict=True) if used == name]
        channel = playbook.channels.get(name)
        if channel is None:
            raise IncoherentCampaignError(f"{where}: {playbook.id} has no channel {name!r}.")
        if len(days) > channel.max_touches:
            raise IncoherentCampaignError(
                f"{where}: touch_workdays has {len(days)} touches, but "
                f"{playbook.id} allows {channel.max_touches} by {name}."
            )
        gap = min((b - a for a, b in pairwise(days)), default=99)
        if gap < channel.days_between_touches:
            raise IncoherentCampaignError(
                f"{where}: touch_workdays = {list(campaign.touch_workdays)} has {gap} days "
                f"between two touches, but {playbook.id} asks for {channel.days_between_touches}."
            )


def check_limits(campaign: Campaign, playbook: Playbook, offers: Iterable[Offer]) -> None:
    """Refuses a campaign that names an offer or a meeting which its playbook does not have.

    Raises:
        IncoherentCampaignError: one sentence with the field, its value and what there is.
    """
    has = {
        "offers": [offer.name for offer in offers if offer.of == playbook.id],
        "meetings": [playbook.meeting] if "calendar" in playbook.tools else [],
    }
    for field, allowed in has.items():
        for name in getattr(campaign, field) or ():
            if name not in allowed:
                raise IncoherentCampaignError(
                    f"campaign {campaign.id}: {field} has {name!r}, but {playbook.id} allows "
                    f"{', '.join(allowed) or 'none'}; a campaign may leave out, never add."
                )


def check_population(campaign: Campaign, spec: Spec, segments: Collection[str]) -> None:
    """Refuses segments other than those that the experiment has promised to randomise.

    Raises:
        IncoherentCampaignError: one sentence with both lists.
    """
    if spec.population is not None and set(spec.population.segments) != set(segments):
        raise IncoherentCampaignError(
            f"campaign {campaign.id}: its segments are {', '.join(segments)}, but the population "
            f"of experiment {spec.id} is {', '.join(spec.population.segments)}; other people are "
            "another experiment."
        )


def check_experiment(spec: Spec) -> None:
    """Refuses what an experiment promises and a campaign does not keep, before it is registered.

    Raises:
        ExperimentError: a stop rule on a metric that nobody computes.
    """
    if spec.stop_rules:
        # The semantic layer is heavy, and most batches have no need of it.
        names = import_module("experiments.metrics").list_metrics()
        import_module("experiments.stop_rules").check_rules(spec, [one.name for one in names])
