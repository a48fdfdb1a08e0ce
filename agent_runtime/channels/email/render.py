"""From a stored message to the mail that a person reads, and to the proposal that rules judge."""

from dataclasses import replace

from agent_runtime.channels.email.chat_links import PAGES_PLACE, PLACE, SURVEY_PLACE, without_link
from agent_runtime.domain import Contact, Proposal
from agent_runtime.placeholders import fill
from agent_runtime.ports import Mail
from agent_runtime.store.rows import Message


def render(
    message: Message,
    contact: Contact,
    originals: dict[str, str],
    *,
    chat_link: str = "",
    pages_link: str = "",
    survey_link: str = "",
) -> Mail:
    """Returns the mail with personal data filled in, as the recipient will read it.

    Without a link to the chat, to the reader's pages or to the question there, the paragraph that
    would hold it is left out.
    """
    links = {PLACE: chat_link, PAGES_PLACE: pages_link, SURVEY_PLACE: survey_link}
    body = without_link(message.body, *(place for place, link in links.items() if not link))
    return Mail(
        sender=message.mailbox,
        sender_name=contact.owner_name,
        recipient=message.to_email,
        subject=fill(message.subject, contact, originals),
        body=fill(body, contact, {**originals, **links}),
        rfc_message_id=message.rfc_message_id,
        in_reply_to=message.in_reply_to,
        references=message.references,
        invite=message.invite,
        task_id=message.task_id or "",
        touch=message.touch,
        channel=message.channel,
        message_id=message.message_id,
        attempt=message.attempt,
        template=message.template
        and replace(
            message.template,
            values=tuple(fill(v, contact, originals) for v in message.template.values),
        ),
        person_id=message.person_id,
        language=message.language,
        is_proactive=message.touch_class == "proactive",
        is_answer=message.touch_class == "reply" and message.actor == "agent",
    )


def proposal_of(message: Message) -> Proposal:
    """Returns the proposal that a stored message stands for."""
    return Proposal(
        action=message.action,
        touch_class=message.touch_class,
        channel=message.channel,
        purpose=message.purpose,
        subject=message.subject,
        sentences=message.sentences,
        language=message.language,
        confidence=message.confidence,
        slots=message.slots,
        content_ids=message.content_ids,
        template=message.template,
        is_drafted=message.is_drafted,
    )
