"""When owners meet people: their zone, the holidays of its country, the room around a meeting."""

from collections.abc import Iterable

from agent_runtime.meetings.template import load_meetings
from agent_runtime.newcomers import Owner
from agent_runtime.policies.zones import country_of
from agent_runtime.tools.slots import OfficeHours

USUAL = "intro"
"""The meeting template whose buffers and caps bind every calendar; others may ask for more room."""


def office_hours(owners: Iterable[Owner]) -> dict[str, OfficeHours]:
    """Returns the hours of each owner, by id."""
    template = load_meetings()[0][USUAL]
    return {
        owner.owner_id: OfficeHours(
            owner.time_zone,
            buffer_before=template.buffer_before,
            buffer_after=template.buffer_after,
            meetings_a_day=template.meetings_a_day,
            country=country_of(owner.time_zone),
        )
        for owner in owners
    }
