"""Rows of other humans that look like somebody's second row, and must never be merged."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl

from tests.pipelines.identity.name_pools import CITIES, FREE_MAIL, LOCALES, TITLES, names_of
from tests.pipelines.identity.slips import folded

KINDS = (
    *("shared mailbox", "family", "father and son", "assistant", "successor", "namesake"),
    *("job changer", "similar name", "namesake at work", "namesake at work"),
)
"""One of them twice: a merge of those who share name and company does the most harm."""
_ROLES = ("info", "sales", "office", "kontakt", "contact", "vertrieb", "hello", "ventas")


def rows(
    people: pl.DataFrame, owners: dict[str, str], random: np.random.Generator
) -> Iterator[dict[str, Any]]:
    """Yields one other human, or shared mailbox, beside each of these people."""
    for number, row in enumerate(people.iter_rows(named=True)):
        kind = KINDS[number % len(KINDS)]
        made = dict(row) | {"kind": kind, "truth": f"x{number}-{row['truth']}"}
        made = _MAKERS[kind](made, random)
        if owners.setdefault(made["email"], made["truth"]) != made["truth"]:
            made["email"] = f"z{number}.{made['email']}"
        yield made


def _shared_mailbox(made: dict[str, Any], random: np.random.Generator) -> dict[str, Any]:
    """The company's mailbox, entered under somebody's name, or under none."""
    domain = _domain(made)
    role = _ROLES[random.integers(len(_ROLES))]
    made |= {"email": f"{role}@{domain}", "truth": f"mailbox {role}@{domain}"}
    if random.random() < 0.5:
        made |= {"first_name": None, "last_name": None, "title": None}
    elif random.random() < 0.5:
        made["first_name"] = _first(made, random)
    return made


def _family(made: dict[str, Any], random: np.random.Generator) -> dict[str, Any]:
    """Same name, house and line; another first name."""
    made["first_name"] = _first(made, random)
    local = f"{folded(made['first_name'])}.{folded(made['last_name'])}".replace(" ", "")
    at = _domain(made) if random.random() < 0.6 else FREE_MAIL[random.integers(len(FREE_MAIL))]
    return made | {"email": f"{local}@{at}", "title": _title(random)}


def _father_and_son(made: dict[str, Any], random: np.random.Generator) -> dict[str, Any]:
    """Both names the same, at one company; the address has a number or says which of them."""
    first, last = folded(made["first_name"]), folded(made["last_name"]).replace(" ", "")
    ends = ("2", ".jr", "jun", "3", ".junior")
    made["email"] = f"{first}.{last}{ends[random.integers(len(ends))]}@{_domain(made)}"
    if random.random() < 0.4:
        marks = {"DE": "jun.", "FR": "fils", "ES": "hijo", "IT": "junior"}
        made["last_name"] = f"{made['last_name']} {marks.get(made['country'], 'Jr.')}"
    if not (made["phone"] or "").endswith("000"):
        made["phone"] = _mobile(made, random)
    return made | {"title": _title(random)}


def _assistant(made: dict[str, Any], random: np.random.Generator) -> dict[str, Any]:
    """Answers the boss's line, and their address has the boss's name in it."""
    boss = folded(made["last_name"]).replace(" ", "")
    forms = (f"office.{boss}", f"assistenz.{boss}", f"pa.{boss}", f"{boss}-office")
    made["email"] = f"{forms[random.integers(len(forms))]}@{_domain(made)}"
    made |= {"first_name": _first(made, random), "last_name": _last(made, random)}
    return made | {"title": "Executive Assistant"}


def _successor(made: dict[str, Any], random: np.random.Generator) -> dict[str, Any]:
    """Took over post, desk and line from somebody who changed jobs."""
    made |= {"first_name": _first(made, random), "last_name": _last(made, random)}
    local = f"{folded(made['first_name'])}.{folded(made['last_name'])}".replace(" ", "")
    return made | {"email": f"{local}@{_domain(made)}"}


def _namesake(made: dict[str, Any], random: np.random.Generator) -> dict[str, Any]:
    """Same name in the same town, with another number, or none, and a private address."""
    local = f"{folded(made['first_name'])}.{folded(made['last_name'])}".replace(" ", "")
    made["email"] = f"{local}{random.integers(10, 99)}@{FREE_MAIL[random.integers(7)]}"
    made["account_id"] = None
    made["phone"] = _mobile(made, random) if random.random() < 0.6 else None
    return made | {"title": _title(random)}


def _namesake_at_work(made: dict[str, Any], random: np.random.Generator) -> dict[str, Any]:
    """Same name at the same company, which gave each of the two a mailbox of their own."""
    first, last = folded(made["first_name"]), folded(made["last_name"]).replace(" ", "")
    letter = "abcdefghijklmnoprstvw"[random.integers(21)]
    number = random.integers(2, 400)
    forms = (
        *(
            f"{first}.{last}{number % 8 + 2}",
            f"{first}.{letter}.{last}",
            f"{first[0]}{letter}{last}",
        ),
        *(f"{_ROLES[random.integers(len(_ROLES))]}{number}", f"{first[0]}{last[:2]}{number}"),
        f"{last}.{first}",
    )
    form = random.integers(len(forms))
    made["email"] = f"{forms[form]}@{_domain(made)}"
    if form > 4:
        # Only another telephone and post tell these two addresses from those of one person.
        return made | {"phone": _mobile(made, random), "title": _title(random)}
    how = random.random()
    if not (made["phone"] or "").endswith("000") or how < 0.3:
        switchboard = made["phone"] and f"{made['phone'][:-3]}000"
        made["phone"] = switchboard if how < 0.5 else _mobile(made, random) if how < 0.75 else None
    return made if random.random() < 0.2 else made | {"title": _title(random)}


def _job_changer(made: dict[str, Any], random: np.random.Generator) -> dict[str, Any]:
    """Same name at another company, and nothing else to go by: moved there, or a namesake."""
    local = f"{folded(made['first_name'])}.{folded(made['last_name'])}".replace(" ", "")
    made["email"] = (
        f"{local}@{folded(_last(made, random)).replace(' ', '')}-{random.integers(99)}.com"
    )
    made["account_id"] = None
    made["phone"] = _mobile(made, random) if random.random() < 0.4 else None
    made["title"] = _title(random) if random.random() < 0.5 else None
    if random.random() < 0.3:
        made["x_city"] = None
    return made


def _similar_name(made: dict[str, Any], random: np.random.Generator) -> dict[str, Any]:
    """A colleague whose name is nearly the same, with an address made of it."""
    ends = ("er", "berg", "s", "mann", "i", "ez")
    if random.random() < 0.7:
        made["last_name"] = f"{made['last_name']}{ends[random.integers(len(ends))]}"
    else:
        made["first_name"] = f"{made['first_name']}{'ae'[random.integers(2)]}"
    local = f"{folded(made['first_name'])}.{folded(made['last_name'])}".replace(" ", "")
    made["email"] = f"{local}@{_domain(made)}"
    if not (made["phone"] or "").endswith("000"):
        made["phone"] = _mobile(made, random) if random.random() < 0.6 else None
    return made | {"title": _title(random)}


def _domain(made: dict[str, Any]) -> str:
    at = (made["email"] or "").partition("@")[2]
    return at if at and at not in FREE_MAIL else f"firm-{made['account_id']}.com"


def _country(made: dict[str, Any]) -> str:
    return made["country"] if made["country"] in CITIES else "GB"


def _first(made: dict[str, Any], random: np.random.Generator) -> str:
    names = names_of(_country(made))
    pool = names.men if random.random() < 0.5 else names.women
    others = [name for name in pool[:80] if name != made["first_name"]]
    return others[random.integers(len(others))]


def _last(made: dict[str, Any], random: np.random.Generator) -> str:
    pool = names_of(_country(made)).families
    others = [name for name in pool if name != made["last_name"]]
    return others[random.integers(len(others))]


def _mobile(made: dict[str, Any], random: np.random.Generator) -> str:
    return f"{LOCALES[_country(made)][1]}{random.integers(6 * 10**8, 10**9)}"


def _title(random: np.random.Generator) -> str:
    return TITLES[random.integers(len(TITLES))]


_MAKERS = {
    "shared mailbox": _shared_mailbox,
    "family": _family,
    "father and son": _father_and_son,
    "assistant": _assistant,
    "successor": _successor,
    "namesake": _namesake,
    "namesake at work": _namesake_at_work,
    "job changer": _job_changer,
    "similar name": _similar_name,
}
