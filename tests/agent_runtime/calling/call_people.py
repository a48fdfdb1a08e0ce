"""A person who may be called, the facts of that call, and a playbook whose touch is a call."""

from dataclasses import replace
from datetime import date

from runtime_people import ANA, FACTS, NOW, TOUCH

from agent_runtime.calling.telephony import Telephony
from agent_runtime.domain import Consent
from agent_runtime.library.catalog import load_library
from agent_runtime.library.playbook import Calling, Channel, Touch
from agent_runtime.policies.calling.facts import CallFacts, NationalList, OwnNumber

NUMBER = "+493012345678"
US_NUMBER = "+12125550123"
OWN = OwnNumber("+493098765432", ("*",), is_registered=True)
AGREED = Consent(
    "voice",
    "prospecting",
    "consent",
    "form demo@2",
    NOW,
    words="You may call me about Northbeam, also by an artificial voice.",
    address=NUMBER,
)
TELEPHONY = Telephony((OWN,), frozenset({"en", "de"}))
CALL = CallFacts(
    number=NUMBER,
    number_kind="fixed_line",
    number_country="DE",
    number_zones=("Europe/Berlin",),
    own=OWN,
    national=(),
    on_own_list=False,
    attempts_in_a_day=0,
    attempts_in_a_week=0,
    answered=0,
    abandoned=0,
    voices=frozenset({"en", "de"}),
)
MAY_CALL = replace(FACTS, recipient=NUMBER, consents=(AGREED,), call=CALL)
DIAL = replace(TOUCH, channel="voice", subject="")
US = replace(
    MAY_CALL,
    now=NOW.replace(hour=17),
    country="US",
    time_zone="America/New_York",
    consents=(replace(AGREED, address=US_NUMBER),),
    call=replace(
        CALL,
        number=US_NUMBER,
        number_country="US",
        number_zones=("America/New_York",),
        national=(NationalList("national-us", date(2026, 1, 10)),),
    ),
)


def calling_library(**policy):
    """The shipped library, with a first touch by voice in the prospecting playbook."""
    library = load_library()
    playbook = library.playbook("icp_prospecting")
    voice = Channel(
        purpose="prospecting", max_touches=3, days_between_touches=1, reply_after_minutes=0
    )
    changed = playbook.model_copy(
        update={
            "touches": (
                Touch(channel="voice", say=("icp.opener_plain",), next="contacted"),
                *playbook.touches[1:],
            ),
            "channels": {**playbook.channels, "voice": voice},
            "calling": Calling(**policy),
        }
    )
    return replace(library, playbooks={**library.playbooks, playbook.id: changed})


def let_call(store, number=NUMBER, person_id=ANA.person_id, now=NOW):
    """Records number and consent of the person in a store."""
    store.add_address("voice", number, person_id, now=now)
    store.add_consents(person_id, (*store.consents(person_id), replace(AGREED, address=number)))
