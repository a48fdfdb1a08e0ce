"""What is compared of two records, in levels from agreement to contradiction, each with its words.

The conditions are DuckDB SQL over the columns of `records.RECORDS`, `_l` and `_r`; the first that
holds is the level. What they weigh is in `model.json`, never here.
"""

from dataclasses import dataclass

_SAME_FIRST = "root_l = root_r"
_SAME_LAST = "last_l = last_r"
_SAME_NAME = f"{_SAME_FIRST} and {_SAME_LAST}"
_INITIAL = "(length(first_l) = 1 or length(first_r) = 1) and left(first_l, 1) = left(first_r, 1)"
_PART = (
    "(contains(' ' || last_l || ' ', ' ' || last_r || ' ')"
    " or contains(' ' || last_r || ' ', ' ' || last_l || ' '))"
)
_NO_NAME = "(first_l is null and last_l is null) or (first_r is null and last_r is null)"
_SAME_DOMAIN = "domain_l = domain_r and not is_free_l"
_SAME_COMPANY = f"company_l = company_r or account_id_l = account_id_r or ({_SAME_DOMAIN})"
_LARGE = "greatest(coalesce(company_of_l, 0), coalesce(company_of_r, 0)) > 100"


def _near(name: str) -> str:
    left, right = f"{name}_l", f"{name}_r"
    return (
        f"(jaro_winkler_similarity({left}, {right}) >= 0.9"
        f" or (length({left}) >= 4 and damerau_levenshtein({left}, {right}) <= 1))"
    )


@dataclass(frozen=True, slots=True)
class Level:
    """One way in which two records may agree or not; an empty condition is all the rest."""

    name: str
    condition: str
    words: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """One thing that is compared, its levels in the order in which they are asked."""

    name: str
    levels: tuple[Level, ...]


COMPARISONS = (
    Comparison(
        "name",
        (
            Level("missing", _NO_NAME, "one has no name"),
            Level(
                "same_rare", f"{_SAME_NAME} and namesakes_l < 1", "the same name, and a rare one"
            ),
            Level("same", f"{_SAME_NAME} and namesakes_l < 20", "the same name"),
            Level("same_common", _SAME_NAME, "the same name, but a common one"),
            Level(
                "swapped",
                "first_l = last_r and last_l = first_r",
                "the same name, with first and last name swapped",
            ),
            Level(
                "part",
                f"{_SAME_FIRST} and {_PART}",
                "the same first name, and one last name is part of the other",
            ),
            Level(
                "near",
                f"({_SAME_FIRST} and {_near('last')}) or ({_SAME_LAST} and {_near('first')})",
                "names that differ by a slip",
            ),
            Level(
                "near_both",
                f"{_near('first')} and {_near('last')}",
                "first and last names that both differ by a slip",
            ),
            Level(
                "initial",
                f"({_SAME_LAST} or {_near('last')}) and {_INITIAL}",
                "the same last name, and an initial that fits",
            ),
            Level(
                "last_alone",
                f"{_SAME_LAST} and (first_l is null or first_r is null)",
                "the same last name, and one has no first name",
            ),
            Level("first_only", _SAME_FIRST, "the same first name, but another last name"),
            Level("last_only", _SAME_LAST, "the same last name, but another first name"),
            Level("different", "", "different names"),
        ),
    ),
    Comparison(
        "generation",
        (
            Level("none", "generation_l is null and generation_r is null", ""),
            Level("same", "generation_l = generation_r", "both are junior, or both senior"),
            Level("different", "", "one of them is junior or senior"),
        ),
    ),
    Comparison(
        "mailbox",
        (
            Level(
                "shared",
                "coalesce(is_shared_l, false) or coalesce(is_shared_r, false)",
                "one has a mailbox that several people read",
            ),
            Level(
                "second",
                "(local_l is null and is_numbered_r) or (local_r is null and is_numbered_l)",
                "one has no address, and the other's has a number",
            ),
            Level("missing", "local_l is null or local_r is null", "one has no address"),
            Level(
                "former",
                "(not fits_l and length(surname_r) > 3 and contains(letters_l, surname_r))"
                " or (not fits_r and length(surname_l) > 3 and contains(letters_r, surname_l))",
                "one's address is made of the other's last name",
            ),
            Level(
                "same_odd",
                "local_l = local_r and not fits_l",
                "the same mailbox name at another domain, not made of the name",
            ),
            Level(
                "same_made",
                "local_l = local_r",
                "the same mailbox name at another domain",
            ),
            Level(
                "number",
                f"{_SAME_DOMAIN} and letters_l = letters_r",
                "addresses at one domain that differ by a number or a sign",
            ),
            Level(
                "each_own",
                f"{_SAME_DOMAIN} and fits_l and fits_r"
                " and (surname_l <> surname_r or root_l <> root_r)",
                "two addresses at one domain, each made of another name",
            ),
            Level(
                "slip",
                f"{_SAME_DOMAIN} and damerau_levenshtein(letters_l, letters_r) <= 1",
                "addresses at one domain that differ by a slip",
            ),
            Level(
                "both_fit",
                f"{_SAME_DOMAIN} and fits_l and fits_r",
                "two addresses at one domain, both made of the name",
            ),
            Level("other", _SAME_DOMAIN, "different mailboxes at one domain"),
            Level(
                "private",
                "is_free_l or is_free_r",
                "different addresses, one of them private",
            ),
            Level("different", "", "addresses of different companies"),
        ),
    ),
    Comparison(
        "phone",
        (
            Level("missing", "phone_l is null or phone_r is null", "one has no telephone"),
            Level(
                "same",
                "phone_l = phone_r and phone_of_l <= 3",
                "the same telephone, which hardly anybody else has",
            ),
            Level("same_line", "phone_l = phone_r", "the same telephone, which others have too"),
            Level(
                "near",
                "damerau_levenshtein(phone_l, phone_r) <= 1",
                "telephones that differ by a slip",
            ),
            Level(
                "extension", "left(phone_l, 6) = left(phone_r, 6)", "extensions of one switchboard"
            ),
            Level("different", "", "different telephones"),
        ),
    ),
    Comparison(
        "company",
        (
            Level("same", f"({_SAME_COMPANY}) and not ({_LARGE})", "the same company"),
            Level("same_large", _SAME_COMPANY, "the same company, a large one"),
            Level("missing", "company_l is null or company_r is null", "one has no company"),
            Level("near", _near("company"), "companies that are spelt alike"),
            Level("different", "", "different companies"),
        ),
    ),
    Comparison(
        "place",
        (
            Level("country", "country_l <> country_r", "different countries"),
            Level("missing", "city_l is null or city_r is null", "one has no town"),
            Level("same", f"city_l = city_r or {_near('city')}", "the same town"),
            Level("different", "", "different towns"),
        ),
    ),
    Comparison(
        "title",
        (
            Level("missing", "title_l is null or title_r is null", "one has no job title"),
            Level("same", "title_l = title_r", "the same job title"),
            Level("near", _near("title"), "job titles that are written alike"),
            Level("different", "", "different job titles"),
        ),
    ),
)

AGREEING = ("same_rare", "same", "same_common", "swapped", "part", "near", "near_both", "initial")
"""Levels of the name at which it speaks for one person; for the others there are weights apart."""

MERGEABLE = (*AGREEING, "last_alone", "first_only")
"""Levels of the name at which two may be merged without a colleague; not other first names."""

TIES = {
    "phone": ("same", "same_line", "near"),
    "company": ("same", "same_large", "near"),
    "mailbox": ("slip", "former"),
}
"""Levels of which one must hold beside the name: a name, a post and a town may be a namesake's."""


def name_agrees() -> str:
    """Returns the condition that a pair's name is at one of the agreeing levels."""
    (name,) = (c for c in COMPARISONS if c.name == "name")
    agreeing = " or ".join(f"({x.condition})" for x in name.levels if x.name in AGREEING)
    return f"coalesce({agreeing}, false)"
