"""What a telephone number says of itself: form, kind, country and the zones where it may ring."""

from dataclasses import dataclass
from functools import lru_cache

from agent_runtime.policies.zones import plausible_zones

_UNKNOWN = "Etc/Unknown"


@dataclass(frozen=True, slots=True)
class NumberKnown:
    """A number as the numbering plans have it; empty where they know nothing."""

    number: str
    kind: str = ""
    country: str = ""
    zones: tuple[str, ...] = ()


def as_e164(written: str, country: str = "") -> str:
    """Returns a number in E.164, or empty where it is none.

    Args:
        written: As people or files write it.
        country: ISO 3166 code of a number that begins with neither a plus nor 00.
    """
    from phonenumbers import (
        NumberParseException,
        PhoneNumberFormat,
        format_number,
        is_possible_number,
        parse,
    )

    try:
        number = parse(written, country.upper() or None)
    except NumberParseException:
        return ""
    return format_number(number, PhoneNumberFormat.E164) if is_possible_number(number) else ""


@lru_cache(maxsize=4096)
def number_known(number: str) -> NumberKnown:
    """Returns what is known of a number in E.164; of an invalid one nothing."""
    from phonenumbers import (
        NumberParseException,
        PhoneNumberType,
        is_valid_number,
        number_type,
        parse,
        region_code_for_number,
        timezone,
    )

    try:
        parsed = parse(number)
    except NumberParseException:
        return NumberKnown(number)
    if not is_valid_number(parsed):
        return NumberKnown(number)
    country = region_code_for_number(parsed) or ""
    found = tuple(timezone.time_zones_for_number(parsed))
    zones = found if found and _UNKNOWN not in found else plausible_zones("", country)
    kind = PhoneNumberType.to_string(number_type(parsed)).lower()
    return NumberKnown(number, kind, country, zones)
