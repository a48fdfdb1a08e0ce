"""All that the rules may know about one call before it is dialled."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class OwnNumber:
    """A number of ours from which calls may go out."""

    number: str
    """E.164."""
    countries: tuple[str, ...] = ()
    """ISO 3166 codes of the countries that may see it; `*` for all."""
    is_registered: bool = False
    """Whether the carrier has it on record as ours, so that it signs for it (STIR/SHAKEN)."""


@dataclass(frozen=True, slots=True)
class NationalList:
    """One national do-not-call list as it was last imported."""

    name: str
    as_of: date | None
    """Day of the data; None where it was never imported."""
    has_number: bool = False


@dataclass(frozen=True, slots=True)
class CallFacts:
    """Facts about one call. A missing fact is None or empty, and then the answer is no."""

    number: str = ""
    """E.164; empty where nobody knows a number of the person."""
    number_kind: str = ""
    """`mobile`, `fixed_line`, `premium_rate`, ...; empty where it is no valid number."""
    number_country: str = ""
    """ISO 3166 code that the number belongs to."""
    number_zones: tuple[str, ...] = ()
    """IANA zones in which the number may ring."""
    own: OwnNumber | None = None
    national: tuple[NationalList, ...] = ()
    """The national lists that are known here."""
    on_own_list: bool | None = None
    """Whether the number is on the company's own do-not-call list."""
    attempts_in_a_day: int | None = None
    """Dialled in the last 24 hours, whatever came of it."""
    attempts_in_a_week: int | None = None
    answered: int | None = None
    """Calls of the campaign that a person took within the window of the rule."""
    abandoned: int | None = None
    """Of these, how many heard nothing of us in time."""
    voices: frozenset[str] = frozenset()
    """Languages that can be heard and spoken."""
    is_on_the_line: bool = False
    """Whether the call stands already: its dialling was permitted, and what is said now is not a
    second one."""
