"""Contacts as the match compares them: folded, taken apart, and counted."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from agent_runtime.providers import free_mail_domains

RECORDS = pl.Schema(
    {
        "contact_id": pl.String(),
        "person_id": pl.String(),
        "first": pl.String(),
        "last": pl.String(),
        "root": pl.String(),
        "generation": pl.String(),
        "local": pl.String(),
        "letters": pl.String(),
        "digits": pl.String(),
        "sounds": pl.String(),
        "domain": pl.String(),
        "is_free": pl.Boolean(),
        "is_shared": pl.Boolean(),
        "given": pl.String(),
        "surname": pl.String(),
        "fits": pl.Boolean(),
        "is_numbered": pl.Boolean(),
        "has_middle": pl.Boolean(),
        "phone": pl.String(),
        "phone_of": pl.UInt32(),
        "company": pl.String(),
        "account_id": pl.String(),
        "company_of": pl.UInt32(),
        "city": pl.String(),
        "country": pl.String(),
        "title": pl.String(),
        "namesakes": pl.Float64(),
        "namesakes_here": pl.Float64(),
    }
)
"""One row per contact. `root` is the name that a nickname stands for; `letters` the mailbox without
digits, `digits` those, `sounds` the letters as they sound; `given` and `surname` the names as they
sound, in one word as in an address; `fits` says that the mailbox is made of the name, `is_numbered`
that it is but for a number, as that of a second person of the name, `has_middle` that it is but for
a second initial; `phone_of` and `company_of` are how many contacts have that number or company;
`namesakes` how many of the name there would be by chance, `namesakes_here` how many others at the
company."""

COUNTS = ("phone_of", "company_of", "namesakes", "namesakes_here")
"""What of a record hangs on other contacts."""

PARTS = pl.Schema({n: t for n, t in RECORDS.items() if n not in ("person_id", *COUNTS)})
"""What of a record hangs on its contact and its company's name alone."""

WRITTEN = (
    *("contact_id", "account_id", "country", "first_name", "last_name", "email", "phone"),
    *("title", "x_city", "x_company", "company"),
)

_GAP = r"[^a-z0-9]+"
_WITHOUT = (None, "")


@dataclass(frozen=True, slots=True)
class Words:
    """What names, companies and addresses have in common; see `words.yaml`."""

    letters: dict[str, str]
    sounds: dict[str, str]
    roots: dict[str, str]
    particles: list[str]
    honours: list[str]
    generations: dict[str, str]
    legal_forms: list[str]
    no_company: list[str]
    shared_mailboxes: list[str]
    assistants: list[str]


@cache
def words() -> Words:
    """Returns the words, as they are written in the file."""
    path = Path(__file__).with_name("words.yaml")
    raw: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    roots: dict[str, str] = {}
    for first, *others in raw.pop("first_names"):
        for name in (first, *others):
            roots.setdefault(name, first)
    return Words(**raw, roots=roots)


def records(contacts: pl.DataFrame, accounts: pl.DataFrame) -> pl.DataFrame:
    """Returns the records of canonical contacts.

    Args:
        contacts: Canonical contacts with `person_id`; `x_city` and `x_company` where a mapping
            brings them.
        accounts: Canonical accounts, for the company's name.
    """
    parts = taken_apart(written(contacts, accounts))
    return counted(parts.join(contacts.select("contact_id", "person_id"), on="contact_id"))


def written(contacts: pl.DataFrame, accounts: pl.DataFrame) -> pl.DataFrame:
    """Returns what a record is made of, as it is written: one row per contact, in their order."""
    companies = accounts.select("account_id", pl.col("name").alias("company")).unique(
        "account_id", keep="first"
    )
    frame = contacts.join(companies, on="account_id", how="left", maintain_order="left")
    return frame.with_columns(_or_none(contacts, "x_city"), _or_none(contacts, "x_company")).select(
        WRITTEN
    )


def taken_apart(rows: pl.DataFrame) -> pl.DataFrame:
    """Returns the rows of `written` folded and taken apart, each by itself: rows of `PARTS`."""
    frame = rows.lazy().select(
        "contact_id",
        "account_id",
        "country",
        *_names(),
        *_mailbox(),
        _phone(),
        _company().alias("company"),
        _text("x_city").alias("city"),
        _text("title").alias("title"),
    )
    return _named(frame).select(list(PARTS)).collect()


def counted(parts: pl.DataFrame) -> pl.DataFrame:
    """Returns the records: parts with their persons, counted over all contacts."""
    return _counted(parts.lazy()).select(list(RECORDS)).collect()


def folded(text: pl.Expr) -> pl.Expr:
    """Returns text in plain lower-case Latin letters and digits, words apart by one space."""
    letters = words().letters
    plain = text.str.to_lowercase().str.normalize("NFKD").str.replace_all(r"\p{M}+", "")
    latin = plain.str.replace_many(list(letters), list(letters.values()))
    return latin.str.replace_all(r"['’`ʹ]", "").str.replace_all(_GAP, " ").str.strip_chars()


def _or_none(frame: pl.DataFrame, name: str) -> pl.Expr:
    return (pl.col(name) if name in frame.columns else pl.lit(None, pl.String)).alias(name)


def _text(name: str) -> pl.Expr:
    return _filled(folded(pl.col(name)))


def _filled(text: pl.Expr) -> pl.Expr:
    return pl.when(text != "").then(text)


def _without(text: pl.Expr, unwanted: list[str]) -> pl.Expr:
    pattern = rf"\b(?:{'|'.join(unwanted)})\b"
    return _filled(text.str.replace_all(pattern, "").str.replace_all(r" +", " ").str.strip_chars())


def _names() -> tuple[pl.Expr, ...]:
    known = words()
    first, last = (folded(pl.col(name)) for name in ("first_name", "last_name"))
    marks = list(known.generations)
    local = pl.col("email").str.to_lowercase().str.extract(r"^([^@+]+)", 1)
    both = pl.concat_str(first, last, separator=" ", ignore_nulls=True)
    mark = pl.coalesce(
        both.str.extract(rf"\b({'|'.join(marks)})$", 1),
        local.str.extract(rf"({'|'.join(mark for mark in marks if 'i' not in mark[:1])})$", 1),
    )
    unwanted = [*known.honours, *marks]
    return (
        _without(first, unwanted).alias("_first"),
        _without(last, [*unwanted, *known.particles]).alias("_last"),
        _without(last, unwanted).alias("_whole"),
        mark.replace_strict(known.generations, default=None, return_dtype=pl.String).alias(
            "generation"
        ),
    )


def _mailbox() -> tuple[pl.Expr, ...]:
    known = words()
    email = pl.col("email").str.to_lowercase()
    local = email.str.extract(r"^([^@+]+)", 1)
    domain = email.str.extract(r"@(.+)$", 1)
    latin = folded(local)
    word = latin.str.extract(r"^([a-z]+) ?\d*(?: |$)", 1)
    any_of = rf"(?:^|[._-])(?:{'|'.join(known.assistants)})(?:[._-]|$)"
    is_shared = word.is_in(known.shared_mailboxes).fill_null(value=False)
    is_shared |= local.str.contains(any_of)
    return (
        local.alias("local"),
        _filled(latin.str.replace_all(r"[^a-z]+", "")).alias("letters"),
        _filled(local.str.replace_all(r"\D+", "")).alias("digits"),
        domain.alias("domain"),
        domain.is_in(list(free_mail_domains())).alias("is_free"),
        is_shared.alias("is_shared"),
    )


def _phone() -> pl.Expr:
    """Nine digits tell numbers apart, with or without the country before them."""
    digits = pl.col("phone").str.replace_all(r"\D+", "")
    return pl.when(digits.str.len_chars() >= 7).then(digits.str.tail(9)).alias("phone")


def _company() -> pl.Expr:
    """The name without its legal form, or else the company's part of the domain."""
    named = folded(pl.coalesce("x_company", "company").str.replace_all(".", "", literal=True))
    named = pl.when(~named.is_in(words().no_company)).then(named)
    return _without(named, words().legal_forms)


def _named(frame: pl.LazyFrame) -> pl.LazyFrame:
    frame = frame.with_columns(
        _sounded(pl.col("_first")).alias("first"), _sounded(pl.col("_last")).alias("last")
    )
    root = pl.col("first").str.extract(r"^(\S+)", 1).replace(_roots())
    frame = frame.with_columns(
        root.alias("root"),
        _sounded(pl.col("letters")).alias("sounds"),
        *(_in_one_word(name).alias(to) for name, to in (("first", "given"), ("last", "surname"))),
    )
    fits = _is_made_of("letters", _in_one_word("_first"), _in_one_word("_whole"))
    fits |= _is_made_of("sounds", pl.col("given"), pl.col("surname"))
    fits |= _is_made_of("sounds", pl.col("root"), pl.col("last").str.extract(r"^(\S+)", 1))
    return frame.with_columns(
        fits.alias("fits"),
        (fits & pl.col("local").str.contains(r"\d$")).alias("is_numbered"),
        (~fits & _has_middle()).alias("has_middle"),
    )


def _has_middle() -> pl.Expr:
    """One letter stands between the first name, or its initial, and the last, and is no slip."""
    mailbox, last = pl.col("sounds"), pl.col("surname")
    rest = mailbox.str.strip_suffix(last)
    letter = rest.str.tail(1)
    before = rest.str.head(-1)
    is_first = (before == pl.col("given")) | (before == pl.col("given").str.slice(0, 1))
    is_slip = (letter == before.str.tail(1)) | (letter == last.str.head(1))
    return is_first & (rest != mailbox) & ~is_slip


def _in_one_word(name: str) -> pl.Expr:
    return pl.col(name).str.replace_all(" ", "", literal=True)


def _is_made_of(mailbox: str, first: pl.Expr, last: pl.Expr) -> pl.Expr:
    f1, s1 = first.str.slice(0, 1), last.str.slice(0, 1)
    forms = (first + last, last + first, f1 + last, last + f1, first + s1, s1 + first, last, first)
    return pl.any_horizontal((pl.col(mailbox) == form).fill_null(value=False) for form in forms)


def _sounded(text: pl.Expr) -> pl.Expr:
    sounds = words().sounds
    return text.str.replace_many(list(sounds), list(sounds.values()))


@cache
def _roots() -> dict[str, str]:
    """What a nickname stands for, both as they sound."""
    names = pl.DataFrame(list(words().roots.items()), schema=["name", "root"], orient="row")
    return dict(names.select(_sounded(pl.all())).unique("name", keep="first").iter_rows())


def _counted(frame: pl.LazyFrame) -> pl.LazyFrame:
    def share(name: str) -> pl.Expr:
        return pl.when(pl.col(name).is_not_null()).then(pl.len().over(name))

    def others(name: str) -> pl.Expr:
        return pl.len().over(name, "company") - 1.0

    expected = share("root").cast(pl.Float64) * share("last") / pl.len()
    here = others("root") * others("last") / pl.len().over("company")
    is_told = pl.all_horizontal(pl.col(x).is_not_null() for x in ("root", "last", "company"))
    return frame.with_columns(
        share("phone").alias("phone_of"),
        share("company").alias("company_of"),
        expected.alias("namesakes"),
        pl.when(is_told).then(here).alias("namesakes_here"),
    )
