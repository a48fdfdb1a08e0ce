"""What a person newly wrote in a mail: without quoted mails and what machines add."""

from agent_runtime.channels.email.trimming.reply import new_text

__all__ = ["new_text"]
