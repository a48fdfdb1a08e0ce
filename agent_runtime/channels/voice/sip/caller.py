"""Who calls, from the address that SIP gives."""

import re

from agent_runtime.calling.numbers import as_e164

_USER = re.compile(r"<?(?:sips?|tel):([^@;>]+)", re.IGNORECASE)


def number_in(address: str, country: str = "") -> str:
    """Returns the number of an address in E.164; empty where it is withheld or no number.

    Args:
        address: As in From: `"Ana" <sip:+12125550123@carrier.example>`.
        country: Of numbers that are written without one.
    """
    if not (found := _USER.search(address)):
        return ""
    user = found.group(1).strip()
    if not re.fullmatch(r"\+?[\d().\-]{3,24}", user):
        return ""
    return as_e164(user, country)
