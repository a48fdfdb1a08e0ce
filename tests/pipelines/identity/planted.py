"""Contacts of a made-up CRM in which it is known who is whom: duplicates, and those who look it.

Everything hangs on the seed. The truth is the human, or the mailbox that several people read.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from tests.pipelines.identity import lookalikes, slips
from tests.pipelines.identity.name_pools import (
    CITIES,
    FORMS,
    FREE_MAIL,
    LOCALES,
    TITLES,
    TRADES,
    names_of,
)

REPEATED, MISLEADING = 0.12, 0.025
"""Shares of people with a second row (some have a third), and of rows planted to mislead."""
PEOPLE_A_COMPANY = 10
ROW = dict.fromkeys(
    ("contact_id", "account_id", "first_name", "last_name", "email", "phone", "title", "country"),
    pl.String(),
) | {"x_city": pl.String(), "truth": pl.String(), "kind": pl.String()}


@dataclass(frozen=True, slots=True)
class Planted:
    """A CRM: contacts with `truth` and `kind` (why the row is there), and their accounts."""

    contacts: pl.DataFrame
    accounts: pl.DataFrame


def planted(rows: int, seed: int) -> Planted:
    """Returns about so many contacts."""
    random = np.random.default_rng(seed)
    people = round(rows / (1 + REPEATED * 1.1 + MISLEADING))
    accounts = _accounts(max(people // PEOPLE_A_COMPANY, 3), random)
    base = _people(people, accounts, random)
    twice = base.sample(round(people * REPEATED), seed=seed)
    owners = dict(base.filter(pl.col("email").is_not_null()).select("email", "truth").iter_rows())
    variants = slips.Variants(random, accounts, owners)
    repeats = pl.DataFrame(list(_repeats(twice, variants, random)), schema=ROW)
    misled = base.sample(round(people * MISLEADING), seed=seed + 1)
    others = pl.DataFrame(list(lookalikes.rows(misled, owners, random)), schema=ROW)
    contacts = pl.concat([base, repeats, others]).sample(fraction=1, shuffle=True, seed=seed)
    numbered = pl.format("c{}", pl.int_range(pl.len())).alias("contact_id")
    return Planted(contacts.with_columns(numbered), variants.accounts())


def _accounts(count: int, random: np.random.Generator) -> pl.DataFrame:
    countries = list(LOCALES)
    shares = np.array([share for _, _, share in LOCALES.values()])
    country = random.choice(countries, count, p=shares / shares.sum())
    rows = []
    for number, code in enumerate(country):
        families = names_of(code).families
        owner = slips.folded(families[random.integers(len(families))]).title()
        second = "" if random.random() < 0.5 else f" {_piece(random)}"
        trade = TRADES[random.integers(len(TRADES))]
        form = FORMS[code][random.integers(len(FORMS[code]))]
        word = f"{owner}{second} {trade}"
        ending = {"GB": "co.uk", "US": "com"}.get(code, code.lower())
        domain = "".join(word.lower().split()) + f".{ending}"
        rows.append((f"a{number}", f"{word} {form}", domain, code, _town(code, random)))
    schema = ["account_id", "name", "domain", "country", "x_city"]
    made = pl.DataFrame(rows, schema=schema, orient="row")
    desk = pl.Series("desk", random.integers(10**8, 10**9 - 10**3, count) // 1000 * 1000)
    mails = ("{f}.{l}", "{f1}{l}", "{f1}.{l}", "{l}", "{f}", "{l}.{f}", "{f}_{l}")
    habits = random.choice(mails, count, p=[0.5, 0.2, 0.1, 0.05, 0.05, 0.05, 0.05])
    return made.with_columns(desk, pl.Series("habit", habits)).unique(
        "domain", keep="first", maintain_order=True
    )


def _piece(random: np.random.Generator) -> str:
    consonants, vowels = "bdfgklmnprstvz", "aeiou"
    return "".join(
        consonants[random.integers(len(consonants))] + vowels[random.integers(len(vowels))]
        for _ in range(3)
    ).title()


def _town(code: str, random: np.random.Generator) -> str:
    return CITIES[code][random.integers(len(CITIES[code]))]


def _people(count: int, accounts: pl.DataFrame, random: np.random.Generator) -> pl.DataFrame:
    sizes = random.pareto(1.6, accounts.height) + 0.3
    at = random.choice(accounts.height, count, p=sizes / sizes.sum())
    frame = accounts[at].select("account_id", "domain", "country", "x_city", "desk", "habit")
    first, last = np.empty(count, object), np.empty(count, object)
    country = frame["country"].to_numpy()
    for code in LOCALES:
        here = np.flatnonzero(country == code)
        names = names_of(code)
        is_woman = random.random(here.size) < 0.45
        first[here] = np.where(
            is_woman, _drawn(names.women, here.size, random), _drawn(names.men, here.size, random)
        )
        last[here] = _families(code, names.families, here.size, random)
    code_of = np.array([LOCALES[code][1] for code in country], object)
    mobile = random.integers(6 * 10**8, 10**9, count).astype(str).astype(object)
    extension = (frame["desk"].to_numpy() + random.integers(1, 999, count)).astype(str)
    switchboard = frame["desk"].to_numpy().astype(str).astype(object)
    kind = random.random(count)
    phone = np.where(kind < 0.45, mobile, np.where(kind < 0.7, extension, switchboard))
    phone = np.where(kind < 0.8, code_of + phone, None)
    frame = frame.with_columns(
        pl.Series("first_name", first.tolist(), dtype=pl.String),
        pl.Series("last_name", last.tolist(), dtype=pl.String),
        pl.Series("phone", phone.tolist(), dtype=pl.String),
        pl.Series("title", random.choice(TITLES, count)),
        pl.Series("is_free", random.random(count) < 0.08),
        pl.Series("free", random.choice(FREE_MAIL, count)),
        pl.format("p{}", pl.int_range(pl.len())).alias("truth"),
    )
    return (
        _with_addresses(frame)
        .with_columns(pl.lit("base").alias("kind"), pl.col("truth").alias("contact_id"))
        .select(list(ROW))
    )


def _drawn(pool: tuple[str, ...], count: int, random: np.random.Generator) -> np.ndarray:
    """The earlier the commoner, as names are: some are everywhere, most are rare."""
    weights = 1 / (np.arange(len(pool)) + 4.0)
    return random.choice(np.array(pool, object), count, p=weights / weights.sum())


def _families(
    code: str, pool: tuple[str, ...], count: int, random: np.random.Generator
) -> np.ndarray:
    """A third of the names are of the long tail that no list holds."""
    plain = _drawn(pool, count, random)
    other = _drawn(pool, count, random)
    made = [
        f"{a[: 2 + len(a) // 2]}{b[len(b) // 2 :].lower()}"
        for a, b in zip(plain, other, strict=True)
    ]
    tail = random.random(count) < 0.33
    both = np.where(tail, np.array(made, object), plain)
    if code == "ES":
        second = random.random(count) < 0.4
        both = np.where(second, both + " " + _drawn(pool, count, random), both)
    return both


def _with_addresses(frame: pl.DataFrame) -> pl.DataFrame:
    names = {
        name: slips.folded(name).replace(" ", "").replace("-", "").replace("'", "")
        for column in ("first_name", "last_name")
        for name in frame[column].unique()
    }
    first = pl.col("first_name").replace_strict(names, return_dtype=pl.String)
    last = pl.col("last_name").replace_strict(names, return_dtype=pl.String)
    local = pl.col("habit")
    for mark, value in (
        ("{f1}", first.str.slice(0, 1)),
        ("{f}", first),
        ("{l}", last),
    ):
        local = local.str.replace(mark, value, literal=True)
    domain = pl.when("is_free").then("free").otherwise("domain")
    frame = frame.with_columns(local.alias("local"), domain.alias("at"))
    nth = pl.int_range(pl.len()).over("local", "at")
    address = pl.format(
        "{}{}@{}", "local", pl.when(nth > 0).then(nth + 1).otherwise(pl.lit("")), "at"
    )
    is_there = pl.col("truth").hash(7) % 100 < 92
    return frame.with_columns(pl.when(is_there).then(address).alias("email"))


def _repeats(
    people: pl.DataFrame, variants: slips.Variants, random: np.random.Generator
) -> Iterator[dict[str, Any]]:
    for row in people.iter_rows(named=True):
        yield variants.again(row)
        if random.random() < 0.1:
            yield variants.again(row)
