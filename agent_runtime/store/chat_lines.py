"""What a chat window shows of a thread: one order for every store."""

from collections.abc import Iterable
from typing import Literal

from agent_runtime.store.rows import ChatLine, Inbound, Message


def chat_lines(came: Iterable[Inbound], left: Iterable[Message]) -> tuple[ChatLine, ...]:
    """Returns what was said on the channel chat, oldest first; `left` holds what was sent.

    At one instant a question stands before its answer, and the agent that hands over before the
    person who takes over.
    """
    asked = [
        (line.received_at, 0, ChatLine(line.key, "visitor", line.text, line.received_at))
        for line in came
        if line.channel == "chat"
    ]
    said = [
        (
            m.sent_at,
            2 if m.actor == "human" else 1,
            ChatLine(m.message_id, _by(m), m.body, m.sent_at),
        )
        for m in left
        if m.channel == "chat" and m.sent_at is not None
    ]
    ordered = sorted([*asked, *said], key=lambda entry: (*entry[:2], entry[2].line_id))
    return tuple(line for *_, line in ordered)


def _by(message: Message) -> Literal["agent", "person"]:
    return "person" if message.actor == "human" else "agent"
