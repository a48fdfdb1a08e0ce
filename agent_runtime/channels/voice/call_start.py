"""What is known of a call when its line opens, whatever carries it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Direction = Literal["inbound", "outbound"]


@dataclass(frozen=True, slots=True)
class CallStart:
    """One call, as its transport or its dialler knows it."""

    call_id: str
    direction: Direction
    number: str
    """The other side's, in E.164; empty where it is withheld or there is none, as in a browser."""
    own_number: str = ""
    carrier: str = ""
    """By what the call travels: `twilio`, `sip`, `webrtc`."""
    thread_id: str = ""
    """The thread that it belongs to, where the one who dialled knows it."""
    language: str = ""
    """Two letters; empty: that of the person, else English."""
    sample_rate: int = 16000
    meta: Mapping[str, str] = field(default_factory=dict)
    """Whatever else was said when it began: `message_id` of an opener that was permitted when the
    call was dialled and its `attempt`, `playbook`, `campaign_id`, `call_back` for a call that goes
    on with another, `transfers` where its transport can put it through.
    """

    @property
    def line_id(self) -> str:
        """Names this line: of a call that is dialled again each attempt has one of its own."""
        attempt = self.meta.get("attempt", "1")
        return self.call_id if attempt in ("", "1") else f"{self.call_id}.{attempt}"

    @property
    def address(self) -> str:
        """By what the person is known on this channel; a call without a number is its own."""
        return self.number or f"call:{self.call_id}"
