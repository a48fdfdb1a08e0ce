"""Who has to agree before a call is recorded: everyone, unless all that is known says otherwise."""

from typing import Literal

Agreement = Literal["everyone", "one_party"]

ONE_PARTY_STATES = frozenset(
    [
        "AL",
        "AK",
        "AZ",
        "AR",
        "CO",
        "DC",
        "GA",
        "HI",
        "ID",
        "IN",
        "IA",
        "KS",
        "KY",
        "LA",
        "ME",
        "MN",
        "MS",
        "MO",
        "NE",
        "NJ",
        "NM",
        "NY",
        "NC",
        "ND",
        "OH",
        "OK",
        "RI",
        "SC",
        "SD",
        "TN",
        "TX",
        "UT",
        "VT",
        "VA",
        "WV",
        "WI",
        "WY",
    ]
)
"""US states whose law asks one party only; strictest reading, as of 2026-01.

18 U.S.C. 2511(2)(d) asks one party, and these ask no more. Left out on purpose: CA (Penal Code
632), CT, DE, FL, IL, MA, MD, MI, MT, NH, NV, OR, PA, WA.
"""


def who_must_agree(number_country: str, country: str, state: str) -> Agreement:
    """Returns whose consent a recording needs; whatever is not known asks everyone.

    Args:
        number_country: ISO 3166 code of the country of the number.
        country: That of the person.
        state: Two letters of the US state in which the person is known to be; a number says
            nothing of that, since it moves with its owner.
    """
    is_us = (number_country.upper(), country.upper()) == ("US", "US")
    return "one_party" if is_us and state.strip().upper() in ONE_PARTY_STATES else "everyone"
