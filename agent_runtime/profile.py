"""What strangers say of themselves: kept only where it can be nothing but a name or a place."""

import re
from dataclasses import dataclass
from zoneinfo import available_timezones

from agent_runtime.policies.zones import plausible_zones

_NAME = re.compile(r"[^\W\d_](?:[^\W\d_]|[ .'’-](?=[^\W\d_])){0,38}[^\W\d_]?\.?")
_COMPANY = re.compile(r"[^\W_](?:[^\W_]|[ .,'’&+()/-]){0,58}")
_LINK = re.compile(r"www\.|//|\.[a-z]{2,}\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Profile:
    """Fields of a form or a chat, as they were typed; `cleaned` before use."""

    email: str = ""
    first_name: str = ""
    last_name: str = ""
    company: str = ""
    title: str = ""
    country: str = ""
    """ISO 3166 two letters."""
    language: str = ""
    """Two letters, as a browser says it."""
    time_zone: str = ""
    """IANA name."""

    def cleaned(self) -> "Profile":
        """Returns the profile without what is no name: it will stand in mails of ours.

        Whoever fills in a form may type somebody else's address, and a link as their name.
        """
        country = self.country.strip().upper()
        return Profile(
            email=self.email.strip().lower(),
            first_name=_kept(_NAME, self.first_name),
            last_name=_kept(_NAME, self.last_name),
            company=_kept(_COMPANY, self.company),
            title=_kept(_COMPANY, self.title),
            country=country if plausible_zones("", country) else "",
            language=self.language.strip().lower()[:2] if self.language.isascii() else "",
            time_zone=self.time_zone if self.time_zone in available_timezones() else "",
        )


def _kept(allowed: re.Pattern[str], typed: str) -> str:
    name = " ".join(typed.split())
    return name if allowed.fullmatch(name) and not _LINK.search(name) else ""
