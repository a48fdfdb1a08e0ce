"""The link to the chat in our mails: made as a mail leaves, for its reader, and kept nowhere."""

from dataclasses import dataclass, field
from datetime import datetime

from agent_runtime.console.keeping import chat_key
from agent_runtime.console.links import chat_link
from agent_runtime.errors import ParleyError
from agent_runtime.library.content import CHAT_LINK, PAGES_LINK, SLOT_VALUES, SURVEY_LINK
from agent_runtime.settings import Settings

PLACE = SLOT_VALUES[CHAT_LINK]
PAGES_PLACE = SLOT_VALUES[PAGES_LINK]
SURVEY_PLACE = SLOT_VALUES[SURVEY_LINK]
"""What stands in a stored mail where its reader finds a link."""


@dataclass(frozen=True, slots=True)
class ChatLinks:
    """Makes the address of the chat for the reader of one mail."""

    page: str
    tenant_id: str
    key: str = field(repr=False)

    def __call__(self, person_id: str, now: datetime) -> str:
        """Returns the address that proves to the chat, for a while, who opens it."""
        return chat_link(self.page, person_id, tenant_id=self.tenant_id, key=self.key, now=now)


def open_chat_links(settings: Settings) -> ChatLinks | None:
    """Returns what makes the links; None where no page with the chat is set.

    Raises:
        ParleyError: the page would carry the proof in the open.
    """
    if not settings.chat_page:
        return None
    if not settings.chat_page.startswith("https://"):
        raise ParleyError(
            f"PARLEY_CHAT_PAGE = {settings.chat_page!r}: the link proves who opens it, so the page "
            "needs an address that begins with https://."
        )
    return ChatLinks(settings.chat_page, settings.tenant_id, chat_key(settings))


def without_link(body: str, *places: str) -> str:
    """Returns a stored text without the paragraphs of these links, for where there are none."""
    if not any(place in body for place in places):
        return body
    parts = body.split("\n\n")
    return "\n\n".join(part for part in parts if not any(place in part for place in places))
