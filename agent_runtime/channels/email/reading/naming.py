"""Which mails of ours a report names: by Message-ID, in what it returns."""

import re

from agent_runtime.channels.email.reading.mime import OpenedMail
from agent_runtime.channels.email.reading.signs import returned_fields

_ID = re.compile(r"<[^<>\s]{3,250}>")
_ID_IN_TEXT = re.compile(r"^[>|\s]{0,6}message-id\s*:\s*(<[^<>\s]{3,250}>)", re.I | re.M)
_MOST = 20


def named_mails(mail: OpenedMail) -> tuple[str, ...]:
    """Returns the Message-IDs that a report may mean, the likeliest first."""
    returned = [fields.get("message-id", "") for fields in returned_fields(mail)]
    reported = [
        fields.get(name, "")
        for part in mail.statuses
        for fields in part
        for name in ("x-original-message-id", "original-message-id")
    ]
    inside = [
        found for text in (mail.text, *mail.returned_texts) for found in _ID_IN_TEXT.findall(text)
    ]
    answered = [mail.field("In-Reply-To"), *reversed(mail.field("References").split())]
    found = (
        each for value in (*returned, *reported, *inside, *answered) for each in _ID.findall(value)
    )
    return tuple(dict.fromkeys(found))[:_MOST]
