"""The line of one call as a channel: what a permit covers is handed to whoever speaks."""

from agent_runtime.channels.voice.utterance import Utterance
from agent_runtime.policies.permit import Permit
from agent_runtime.ports import Mail, Receipt


class CallLine:
    """Collects what may be said in one call. What was heard of it is reported by who speaks."""

    def __init__(self, number: str) -> None:
        self.number = number
        self.is_open = True
        self._waiting: list[Utterance] = []

    def send(self, mail: Mail, permit: Permit, *, permitted_words: tuple[str, str]) -> Receipt:
        """Takes a message that is to be spoken on this line.

        Raises:
            PermissionError: the permit is for other words or another line.
        """
        subject, body = permitted_words
        if not permit.covers(
            recipient=mail.recipient, mailbox=mail.sender, subject=subject, body=body
        ):
            raise PermissionError(f"no permit covers {mail.rfc_message_id}")
        if mail.recipient != self.number:
            return Receipt("rejected", "another_line", "it is for a line that this call has not")
        if not self.is_open:
            return Receipt("rejected", "call_over", "the call has ended")
        paragraphs = tuple(part for part in mail.body.split("\n\n") if part.strip())
        self._waiting.append(Utterance(mail.message_id, paragraphs, mail.language))
        return Receipt("speaking")

    def take(self) -> tuple[Utterance, ...]:
        """Returns what may be said and was not taken yet, in order."""
        taken, self._waiting = tuple(self._waiting), []
        return taken
