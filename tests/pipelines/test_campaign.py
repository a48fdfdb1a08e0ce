"""Campaigns are data; what goes beyond a playbook or an experiment is refused in one sentence."""

from datetime import date

import pytest
import yaml
from pydantic import ValidationError

from agent_runtime.campaign_limits import CampaignLimits, read_limits
from agent_runtime.library.catalog import load_library
from agent_runtime.policies.ruleset import Offer
from experiments.errors import ExperimentError
from pipelines.campaign import SHIPPED, Campaign, experiment_of, load_campaign, write_limits
from pipelines.coherence import (
    IncoherentCampaignError,
    check_experiment,
    check_limits,
    check_playbook,
    check_population,
)
from pipelines.errors import PipelineError
from pipelines.transforms.segment import load_segment

NAMES = sorted(path.stem for path in SHIPPED.glob("*.yaml"))


@pytest.fixture(scope="module")
def library():
    return load_library()


@pytest.mark.parametrize("name", NAMES)
def test_shipped_campaigns_keep_what_playbook_and_experiment_promise(name, library):
    campaign = load_campaign(name)
    segments = [load_segment(segment).id for segment in campaign.segments]

    check_playbook(campaign, library.playbook(campaign.playbook))
    check_population(campaign, experiment_of(campaign), segments)
    assert campaign.window_days == experiment_of(campaign).primary.window_days


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("touch_workdays", [1, 4], ["touch_workdays = [1, 4]", "start with 0"]),
        ("touch_workdays", [0, 4, 4], ["start with 0 and rise"]),
        ("touch_workdays", [0, 1, 2, 3], ["4 touches fall into one week", "person_per_week"]),
        ("waive", ["suppressed"], ["waive = 'suppressed'", "other_territory"]),
        ("mailbox", "sales@northbeam.example", ["mailbox", "sales@northbeam.example"]),
        ("send_hours", {"first": 18, "last": 8}, ["first = 18 must lie before last = 8"]),
        ("channels", ["fax"], ["channels.0 = 'fax'"]),
        ("window_days", 0, ["window_days = 0"]),
        ("segments", [], ["segments"]),
        ("colour", "red", ["colour"]),
    ],
)
def test_a_mistake_is_one_sentence(tmp_path, field, value, words):

    document = yaml.safe_load((SHIPPED / "prospecting.yaml").read_text("utf-8"))
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(document | {field: value}), "utf-8")

    with pytest.raises(PipelineError) as fault:
        load_campaign(str(path))

    sentence = str(fault.value)
    assert sentence.startswith("mine.yaml: ")
    assert [word for word in words if word not in sentence] == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"playbook_version": 99}, "playbook_version = 99, but icp_prospecting is at version"),
        (
            {"touch_workdays": (0, 4, 8, 12, 16), "channels": ("email", "voice")},
            "4 touches, but icp_prospecting allows 3 by email",
        ),
        ({"touch_workdays": (0, 4, 8, 12)}, "touch 4 of icp_prospecting goes by voice"),
        ({"channels": ("linkedin",)}, r"touch 1 of icp_prospecting goes by email, but channels"),
        ({"channels": ("email", "linkedin")}, "icp_prospecting has no channel 'linkedin'"),
        ({"touch_workdays": (0, 1)}, r"\[0, 1\] has 1 days between two touches"),
    ],
)
def test_a_campaign_may_not_go_beyond_its_playbook(library, change, words):
    """R17, R89: autonomy, touches and days between them are limits of the use case."""
    campaign = load_campaign("prospecting").model_copy(update=change)

    with pytest.raises(IncoherentCampaignError, match=words):
        check_playbook(campaign, library.playbook(campaign.playbook))


def test_a_campaign_may_not_be_more_autonomous_than_its_playbook(library):
    """R17: the level of autonomy is set per use case."""
    playbook = library.playbook("icp_prospecting").model_copy(update={"autonomy": "assistive"})
    campaign = load_campaign("prospecting")

    with pytest.raises(IncoherentCampaignError, match="allows assistive at most"):
        check_playbook(campaign, playbook)


def test_a_campaign_may_not_randomise_other_people_than_promised():
    campaign = load_campaign("prospecting")

    with pytest.raises(IncoherentCampaignError, match="other people are another experiment"):
        check_population(campaign, experiment_of(campaign), ["mine"])


def test_a_stop_rule_that_nobody_could_judge_is_refused_before_anybody_is_assigned():
    spec = experiment_of(load_campaign("prospecting"))
    rule = {"metric": "happiness", "above": 1}
    promised = type(spec).model_validate(spec.content | {"stop_rules": [rule]})

    with pytest.raises(ExperimentError, match="metric is 'happiness'"):
        check_experiment(promised)
    known = {"metric": "complaint_rate", "above": 0.003}
    check_experiment(type(spec).model_validate(spec.content | {"stop_rules": [known]}))


@pytest.mark.parametrize(
    ("channels", "days", "words"),
    [
        (("email",), (0, 14, 28), ""),
        (("email", "linkedin"), (0, 14, 28, 30), ""),
        (
            ("email",),
            (0, 14, 28, 42),
            "touch 4 of nurture goes by linkedin",
        ),
        (("email", "linkedin"), (0, 14, 28, 42, 56), "4 touches, but nurture allows 3 by email"),
        (("email", "linkedin"), (0, 14, 20, 42), "has 6 days between two touches"),
    ],
)
def test_a_light_touch_on_linkedin_is_an_option_of_a_campaign(library, channels, days, words):
    """R26, R101: the playbook offers it; a campaign that has no such channel ends before it."""
    change = {"playbook": "nurture", "channels": channels, "touch_workdays": days}
    nurture = library.playbook("nurture")
    more = {"playbook_version": nurture.version, "autonomy": "supervised"}
    campaign = load_campaign("prospecting").model_copy(update=change | more)
    if not words:
        check_playbook(campaign, nurture)
        return
    with pytest.raises(IncoherentCampaignError, match=words):
        check_playbook(campaign, nurture)


@pytest.mark.parametrize(
    ("days", "words"),
    [
        ((0,), ""),
        ((0, 60), ""),
        ((0, 59), "has 59 days between two touches, but win_back asks for 60"),
        ((0, 60, 120), "3 touches, but win_back allows 2 by email"),
    ],
)
def test_a_lost_account_hears_of_us_twice_at_most_and_two_months_apart(library, days, words):
    """R133: the cap belongs to the playbook, and no campaign goes beyond it."""
    win_back = library.playbook("win_back")
    change = {"playbook": "win_back", "touch_workdays": days}
    more = {"playbook_version": win_back.version, "autonomy": "supervised"}
    campaign = load_campaign("prospecting").model_copy(update=change | more)
    if not words:
        check_playbook(campaign, win_back)
        return
    with pytest.raises(IncoherentCampaignError, match=words):
        check_playbook(campaign, win_back)


OFFERS = (
    Offer("icp_prospecting", date(2026, 12, 31), "J. Moreau", percent=10, name="launch"),
    Offer("renewal", date(2026, 12, 31), "J. Moreau", percent=20, name="loyal"),
)


@pytest.mark.parametrize(
    ("playbook", "change", "words"),
    [
        ("icp_prospecting", {"offers": ("launch",), "meetings": ("intro",)}, ""),
        ("icp_prospecting", {"offers": (), "meetings": ()}, ""),
        ("icp_prospecting", {"offers": ("loyal",)}, "offers has 'loyal', but .* allows launch; a"),
        ("icp_prospecting", {"meetings": ("intro", "demo")}, "meetings has 'demo', but .* intro;"),
        ("nurture", {"meetings": ("intro",)}, "meetings has 'intro', but nurture allows none;"),
        ("nurture", {"offers": ("launch",)}, "offers has 'launch', but nurture allows none;"),
    ],
)
def test_a_campaign_may_leave_out_offers_and_meetings_and_add_none(
    library, playbook, change, words
):
    """R59: what a playbook allows is the most that a campaign can use."""
    campaign = load_campaign("prospecting").model_copy(update=change)
    if not words:
        check_limits(campaign, library.playbook(playbook), OFFERS)
        return
    with pytest.raises(IncoherentCampaignError, match=words):
        check_limits(campaign, library.playbook(playbook), OFFERS)


def test_limits_of_several_campaigns_lie_side_by_side_and_go_when_they_are_lifted(tmp_path):
    path, campaign = tmp_path / "limits.json", load_campaign("prospecting")
    write_limits(campaign, path)
    assert not path.exists(), "a campaign that leaves nothing out writes nothing"
    small = campaign.model_copy(update={"meetings": ()})
    other = campaign.model_copy(update={"id": "other", "offers": ("launch",), "exploration": 0.1})
    write_limits(small, path)
    write_limits(other, path)
    left = {
        "other": CampaignLimits(offers=("launch",), exploration=0.1),
        "prospecting": CampaignLimits(meetings=()),
    }
    assert read_limits(path) == left
    write_limits(campaign, path)
    assert set(read_limits(path)) == {"other"}


@pytest.mark.parametrize("share", [0.21, 1, -0.1])
def test_a_campaign_explores_a_fifth_of_its_turns_at_most(share):
    """R43: most readers get what is held to be best."""
    written = load_campaign("prospecting").model_dump() | {"exploration": share}
    with pytest.raises(ValidationError, match="exploration"):
        Campaign.model_validate(written)
