"""Signs of interest: what companies read about, forms that people fill, events they visit."""

from collections.abc import Iterator

from agent_runtime.sandbox.draw import chance, pick, weighted, whole
from agent_runtime.sandbox.exports.ids import record_id
from agent_runtime.sandbox.exports.layout import Row
from agent_runtime.sandbox.exports.moments import HISTORY_DAYS, before, iso
from agent_runtime.sandbox.world import World

_INTENT_RATE = 0.3
_MOST_INTENTS = 4
_TOPICS = ("data integration", "crm sync", "lead routing", "sales forecasting", "reverse etl")

_FORM_RATES = {"contact": 0.04, "lead": 0.3, "list": 0.15, "nowhere": 0.3}
_FORMS = {"demo_request": 35, "contact_sales": 25, "pricing": 20, "white_paper": 20}
_USE_CASES = (
    "Sync CRM and warehouse both ways",
    "One view of usage for customer success",
    "Route leads by territory",
    "Replace scripts that break every month",
)
_URGENCIES = {"this_month": 20, "this_quarter": 45, "later": 35}

_EVENT_RATE = 0.06
_EVENTS = {
    "RevOps Summit Berlin": 30,
    "Relay Product Day": 40,
    "Data Leaders Forum Chicago": 30,
}
_MOST_SESSIONS = 5


def intent_signals(world: World) -> list[Row]:
    """Returns what companies read about, by domain, in the order in which it was observed."""
    seed = world.seed
    rows = [
        {
            "signal_id": record_id(seed, "signal", firm.account_key, nth),
            "company_domain": firm.domain,
            "topic": pick(seed, _TOPICS, "topic", firm.account_key, nth),
            "score": whole(seed, 20, 99, "score", firm.account_key, nth),
            "observed_at": iso(
                before(
                    world.launch_at, seed, 0, HISTORY_DAYS, "observed", firm.account_key, str(nth)
                )
            ),
        }
        for firm in world.firms.values()
        if chance(seed, _INTENT_RATE, "has intent", firm.account_key)
        for nth in range(whole(seed, 1, _MOST_INTENTS, "intents", firm.account_key))
    ]
    return sorted(rows, key=lambda row: (row["observed_at"], row["signal_id"]))


def form_fills(world: World) -> list[Row]:
    """Returns the forms that people filled, known to the CRM or not, in order."""
    seed = world.seed
    rows = [
        {
            "form_id": record_id(seed, "form", person.buyer_id),
            "email": person.email,
            "form": weighted(seed, _FORMS, "form", person.buyer_id),
            "use_case": pick(seed, _USE_CASES, "use case", person.buyer_id),
            "urgency": weighted(seed, _URGENCIES, "urgency", person.buyer_id),
            "submitted_at": iso(
                before(world.launch_at, seed, 0, HISTORY_DAYS, "submitted", person.buyer_id)
            ),
        }
        for person in world.people
        if chance(
            seed, _FORM_RATES[world.standings[person.buyer_id].home], "fills", person.buyer_id
        )
    ]
    return sorted(rows, key=lambda row: (row["submitted_at"], row["form_id"]))


def event_registrations(world: World) -> Iterator[Row]:
    """Yields who registered for which event, and how many sessions they attended."""
    seed = world.seed
    for person in world.people:
        key = person.buyer_id
        if chance(seed, _EVENT_RATE, "registers", key):
            yield {
                "registration_id": record_id(seed, "registration", key),
                "email": person.email,
                "event": weighted(seed, _EVENTS, "event", key),
                "sessions_attended": whole(seed, 0, _MOST_SESSIONS, "sessions", key),
                "registered_at": iso(before(world.launch_at, seed, 10, 120, "registered", key)),
            }
