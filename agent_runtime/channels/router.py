"""Sends each message on its own channel; one that is not set up refuses, and nothing is lost."""

from collections.abc import Mapping

from agent_runtime.domain import ChannelName
from agent_runtime.policies.permit import Permit
from agent_runtime.ports import Mail, MailChannel, Receipt

NOT_SET_UP = "no_channel"


class Router:
    """A channel made of channels, by name."""

    def __init__(self, channels: Mapping[ChannelName, MailChannel]) -> None:
        self._channels = channels

    def send(self, mail: Mail, permit: Permit, *, permitted_words: tuple[str, str]) -> Receipt:
        """Sends on the channel that the message names; without it the message has not left."""
        channel = self._channels.get(mail.channel)
        if channel is None:
            return Receipt("rejected", NOT_SET_UP, f"no adapter for {mail.channel} is set up")
        return channel.send(mail, permit, permitted_words=permitted_words)
