"""Says something in a chat: the words are in the store, and every open window shows them."""

from agent_runtime.policies.permit import Permit
from agent_runtime.ports import Mail, Receipt


class ChatWindow:
    """Shows what a permit covers. Once it is stored it has left: the page reads the store."""

    def send(self, mail: Mail, permit: Permit, *, permitted_words: tuple[str, str]) -> Receipt:
        """Accepts a message for a chat window.

        Raises:
            PermissionError: the permit is for other words or another window.
        """
        subject, body = permitted_words
        if not permit.covers(
            recipient=mail.recipient, mailbox=mail.sender, subject=subject, body=body
        ):
            raise PermissionError(f"no permit covers {mail.rfc_message_id}")
        return Receipt("sent", "stored")
