"""What people have turned off by themselves, by channel and by topic."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import get_args

from agent_runtime.authored import load_yaml
from agent_runtime.domain import ChannelName, Choices, Proposal, Verdict
from agent_runtime.policies.contact import MEETINGS
from agent_runtime.policies.facts import Facts

REMINDS = "remind"
CHANNELS: Mapping[str, tuple[ChannelName, ...]] = {
    "email": ("email",),
    "calls": ("voice",),
    "texts": ("sms", "whatsapp"),
    "linkedin": ("linkedin",),
}
"""What a person may turn off, and the channels that it covers; a chat is theirs to open."""


def choices(proposal: Proposal, facts: Facts) -> Verdict:
    """Stops what we begin, and reminders, on a channel or about a topic that is turned off.

    An answer to what somebody has just written, and what they have asked for, is no such thing. A
    telephone that is turned off does not ring, whatever for; a purpose without a topic counts as
    turned off where any topic is.
    """
    off, is_reminder = facts.choices, proposal.action == REMINDS
    rings = facts.call is not None and not facts.call.is_on_the_line
    if proposal.touch_class != "proactive" and not is_reminder and not rings:
        return Verdict("choices", 1, "allow")
    if proposal.channel in off.channels_off:
        return Verdict("choices", 1, "block", f"turned off by themselves: {proposal.channel}")
    is_about = is_reminder or proposal.touch_class == "proactive"
    about = off_topic(off, MEETINGS if is_reminder else proposal.purpose)
    if is_about and about:
        return Verdict("choices", 1, "block", f"turned off by themselves: {about}")
    return Verdict("choices", 1, "allow")


@cache
def topics() -> Mapping[str, tuple[str, ...]]:
    """Returns the purposes of each topic that a person may turn off."""
    text = files("agent_runtime.policies").joinpath("topics.yaml").read_text(encoding="utf-8")
    return {topic: tuple(purposes) for topic, purposes in load_yaml(text).items()}


def topic_of(purpose: str) -> str:
    """Returns the topic that a purpose belongs to; empty where none names it."""
    return next((topic for topic, purposes in topics().items() if purpose in purposes), "")


def off_topic(off: Choices, purpose: str) -> str:
    """Returns the topic by which what has this purpose is turned off; empty where it is not."""
    topic = topic_of(purpose)
    if not off.topics_off or (topic and topic not in off.topics_off):
        return ""
    return topic or f"the purpose {purpose!r} belongs to no topic"


def choices_of(wanted_channels: set[str], wanted_topics: set[str]) -> Choices:
    """Returns what is off where these names of `CHANNELS` and `topics` are all that is wanted."""
    off = (channels for name, channels in CHANNELS.items() if name not in wanted_channels)
    named = {channel for channels in off for channel in channels}
    return Choices(
        tuple(channel for channel in get_args(ChannelName) if channel in named),
        tuple(topic for topic in topics() if topic not in wanted_topics),
    )


def is_on(choices: Choices, name: str) -> bool:
    """Says whether a name of `CHANNELS` is still wanted."""
    return not set(CHANNELS[name]) & set(choices.channels_off)
