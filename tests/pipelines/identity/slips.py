"""A second row of the same human, as another source has it: what people get wrong or leave out."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from text_unidecode import unidecode

from tests.pipelines.identity.name_pools import (
    CITIES,
    FREE_MAIL,
    LOCALES,
    SHORT_NAMES,
    TITLES,
    names_of,
)

KINDS = {
    "same address": 0.28,
    "typing errors": 0.2,
    "missing fields": 0.12,
    "short name": 0.08,
    "swapped names": 0.07,
    "maiden name": 0.06,
    "changed company": 0.07,
    "other spelling": 0.08,
    "private address": 0.04,
}
"""Why there is a second row, with its share."""
_NEAR = dict(zip("qwertyuiopasdfghjklzxcvbnm", "wertyuioppsdfghjkllxcvbnmm", strict=True))
_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})


def folded(text: str, *, german: bool = False) -> str:
    """Returns a name in plain lower-case letters, as an address has it."""
    return unidecode(text.translate(_GERMAN) if german else text).lower().strip("'`")


@dataclass(slots=True)
class Variants:
    """Makes second rows, and the second account rows that they bring along."""

    random: np.random.Generator
    known: pl.DataFrame
    owners: dict[str, str]
    """Whose each address is: no server gives one to two people."""
    _names: dict[str, tuple[str, str]] = field(init=False)
    _more: list[tuple[str, str, str | None, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        rows = self.known.select("account_id", "name", "domain").iter_rows()
        self._names = {key: (name, domain) for key, name, domain in rows}

    def accounts(self) -> pl.DataFrame:
        """Returns all accounts, the doubled ones included."""
        columns = ["account_id", "name", "domain", "country"]
        more = pl.DataFrame(self._more, schema=dict.fromkeys(columns, pl.String), orient="row")
        return pl.concat([self.known.select(columns), more])

    def again(self, row: dict[str, Any]) -> dict[str, Any]:
        """Returns another row of the same human."""
        kind = str(self.random.choice(list(KINDS), p=list(KINDS.values())))
        made = dict(row) | {"kind": kind}
        getattr(self, f"_{kind.replace(' ', '_')}")(made)
        if kind not in ("same address", "private address") and row["email"] == made["email"]:
            self._drop(made, "email") if self._chance(0.5) else self._other_local(made, row)
        if made["email"] and self.owners.setdefault(made["email"], row["truth"]) != row["truth"]:
            self._drop(made, "email")
        if self._chance(0.2):
            made["title"] = TITLES[self.random.integers(len(TITLES))]
        if self._chance(0.15):
            made["x_city"] = None
        elif self._chance(0.05):
            made["x_city"] = self._other_town(made)
        if made["phone"] and kind != "changed company" and self._chance(0.1):
            made["phone"] = self._other_phone(made)
        if kind != "changed company" and self._chance(0.3):
            self._other_account(made)
        self._leave_enough(made, row)
        return made

    def _leave_enough(self, made: dict[str, Any], row: dict[str, Any]) -> None:
        """A pair of which no colleague could tell, with both rows on the desk, is not planted."""
        if made["email"] or (made["phone"] and made["phone"] == row["phone"]):
            return
        made |= {name: row[name] for name in ("title", "x_city")}
        made["account_id"] = made["account_id"] or row["account_id"]
        if len(made["first_name"] or "") <= 2:
            made["first_name"] = row["first_name"]

    def _same_address(self, made: dict[str, Any]) -> None:
        """The exact key holds them together, whatever else is wrong."""
        if not made["email"]:
            return
        if self._chance(0.3):
            self._slip(made, "first_name")
        if self._chance(0.2):
            self._drop(made, "last_name")

    def _typing_errors(self, made: dict[str, Any]) -> None:
        self._slip(made, "first_name" if self._chance(0.5) else "last_name")
        if self._chance(0.25):
            self._slip(made, "last_name")
        if made["email"] and self._chance(0.5):
            local, _, domain = made["email"].partition("@")
            made["email"] = f"{self._mistyped(local)}@{domain}"
        if made["phone"] and self._chance(0.15):
            made["phone"] = made["phone"][:-2] + made["phone"][-1] + made["phone"][-2]

    def _missing_fields(self, made: dict[str, Any]) -> None:
        for name in ("title", "x_city", "country", "phone", "email"):
            if self._chance(0.35):
                self._drop(made, name)
        if self._chance(0.2):
            made["first_name"] = f"{made['first_name'][0]}."

    def _short_name(self, made: dict[str, Any]) -> None:
        first = made["first_name"]
        made["first_name"] = SHORT_NAMES.get(first, f"{first[0]}.")

    def _swapped_names(self, made: dict[str, Any]) -> None:
        made["first_name"], made["last_name"] = made["last_name"], made["first_name"]

    def _maiden_name(self, made: dict[str, Any]) -> None:
        country = made["country"] if made["country"] in LOCALES else "GB"
        families = names_of(country).families
        new = families[self.random.integers(len(families))]
        made["last_name"] = f"{made['last_name']}-{new}" if self._chance(0.4) else new

    def _changed_company(self, made: dict[str, Any]) -> None:
        """The mobile number goes along, or else nobody could know."""
        if not made["phone"] or made["phone"].endswith("000"):
            made["kind"] = "typing errors"
            self._typing_errors(made)
            return
        key = self.known["account_id"][int(self.random.integers(self.known.height))]
        made["account_id"] = key
        _, domain = self._names[key]
        first, last = folded(made["first_name"]), folded(made["last_name"]).replace(" ", "")
        made["email"] = f"{first[0]}.{last}@{domain}" if self._chance(0.7) else None

    def _other_spelling(self, made: dict[str, Any]) -> None:
        german = self._chance(0.5)
        for name in ("first_name", "last_name", "x_city"):
            if made[name]:
                made[name] = folded(made[name], german=german).title()
        if made["phone"] and self._chance(0.5):
            number = made["phone"]
            made["phone"] = f"{number[:3]} ({number[3:6]}) {number[6:9]}-{number[9:]}"
        if self._chance(0.3):
            made["last_name"] = made["last_name"].upper()

    def _private_address(self, made: dict[str, Any]) -> None:
        first, last = folded(made["first_name"]), folded(made["last_name"]).replace(" ", "")
        made["email"] = f"{first}.{last}@{FREE_MAIL[self.random.integers(len(FREE_MAIL))]}"

    def _other_local(self, made: dict[str, Any], row: dict[str, Any]) -> None:
        """Companies give several addresses to a person, made of the same name."""
        if not row["email"]:
            return
        first, last = folded(row["first_name"]), folded(row["last_name"]).replace(" ", "")
        domain = row["email"].partition("@")[2]
        patterns = (f"{first[0]}{last}", f"{first}.{last}", f"{last}", f"{first[0]}.{last}")
        made["email"] = f"{patterns[self.random.integers(len(patterns))]}@{domain}"

    def _other_account(self, made: dict[str, Any]) -> None:
        """A list has no account, or brings the company along under another spelling."""
        if self._chance(0.35) and (made["phone"] or made["email"]):
            made["account_id"] = None
            return
        name, domain = self._names[made["account_id"]]
        words = name.split()
        other = " ".join(words[:-1]) if self._chance(0.6) else name.upper().replace(".", "")
        if self._chance(0.2):
            other = self._mistyped(other)
        key = f"b{len(self._more)}"
        self._more.append((key, other, domain if self._chance(0.5) else None, made["country"]))
        made["account_id"] = key

    def _other_town(self, made: dict[str, Any]) -> str:
        towns = CITIES[made["country"] if made["country"] in CITIES else "GB"]
        return towns[self.random.integers(len(towns))]

    def _other_phone(self, made: dict[str, Any]) -> str:
        """One source has the desk, the other the mobile."""
        number = self.random.integers(6 * 10**8, 10**9)
        return f"{LOCALES.get(made['country'], LOCALES['GB'])[1]}{number}"

    def _slip(self, made: dict[str, Any], name: str) -> None:
        if made[name]:
            made[name] = self._mistyped(made[name])

    def _mistyped(self, text: str) -> str:
        if len(text) < 4:
            return text
        at, how = int(self.random.integers(1, len(text) - 1)), self.random.random()
        if how < 0.3:
            return text[:at] + text[at + 1 :]
        if how < 0.55:
            return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
        if how < 0.8:
            return text[:at] + _NEAR.get(text[at].lower(), text[at]) + text[at + 1 :]
        return text[:at] + text[at] + text[at:]

    def _drop(self, made: dict[str, Any], name: str) -> None:
        made[name] = None

    def _chance(self, share: float) -> bool:
        return bool(self.random.random() < share)
