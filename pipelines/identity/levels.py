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
_HERE = "greatest(coalesce(namesakes_here_l, 0), coalesce(namesakes_here_r, 0))"
_SAME_NUMBER = "coalesce(digits_l, '') = coalesce(digits_r, '')"
_SAME_COMPANY = f"company_l = company_r or account_id_l = account_id_r or ({_SAME_DOMAIN})"
_LARGE = "greatest(coalesce(company_of_l, 0), coalesce(company_of_r, 0)) > 100"


def _near(name: str) -> str:
    left, right = f"{name}_l", f"{name}_r"
    return (
        f"(jaro_winkler_similarity({left}, {right}) >= 0.9"
        f" or (length({left}) >= 4 and damerau_levenshtein({left}, {right}) <= 1))"
    )


def _made_of_the_other(mine: str, theirs: str) -> str:
    """The mailbox of one side is made of the name of the other."""
    first, last = f"coalesce(given_{theirs}, '')", f"coalesce(surname_{theirs}, '')"
    forms = (
        *(f"{first} || {last}", f"{last} || {first}", first, last),
        *(f"left({first}, 1) || {last}", f"{last} || left({first}, 1)"),
        *(f"{first} || left({last}, 1)", f"left({last}, 1) || {first}"),
    )
    return f"sounds_{mine} in ({', '.join(forms)})"


_OF_BOTH = f"(({_made_of_the_other('l', 'r')}) or ({_made_of_the_other('r', 'l')}))"


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
                "same_rare",
                f"{_SAME_NAME} and namesakes_l < 1 and {_HERE} < 0.05",
                "the same name, and a rare one",
            ),
            Level("same", f"{_SAME_NAME} and namesakes_l < 20 and {_HERE} < 0.5", "the same name"),
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
            Level(
                "rough",
                f"{_SAME_FIRST} and jaro_winkler_similarity(last_l, last_r) >= 0.8",
                "the same first name, and last names that are written somewhat alike",
            ),
            Level(
                "rough_first",
                f"jaro_winkler_similarity(first_l, first_r) >= 0.8 and ({_SAME_LAST}"
                " or jaro_winkler_similarity(last_l, last_r) >= 0.8)",
                "first names that are written somewhat alike, and last names too",
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
                "sign",
                f"{_SAME_DOMAIN} and letters_l = letters_r and {_SAME_NUMBER}",
                "addresses at one domain that differ by a sign",
            ),
            Level(
                "number",
                f"{_SAME_DOMAIN} and letters_l = letters_r and (fits_l or fits_r)",
                "addresses at one domain, made of one name, with another number",
            ),
            Level(
                "serial",
                f"{_SAME_DOMAIN} and letters_l = letters_r",
                "mailboxes of one row at one domain, with another number each",
            ),
            Level(
                "each_own",
                f"{_SAME_DOMAIN} and fits_l and fits_r and not {_OF_BOTH}",
                "two addresses at one domain, each made of another name",
            ),
            Level(
                "middle",
                f"{_SAME_DOMAIN} and (has_middle_l and fits_r or has_middle_r and fits_l)",
                "addresses at one domain, one of them with a second initial",
            ),
            Level(
                "slip",
                f"domain_l = domain_r and {_SAME_NUMBER} and length(letters_l) >= 5"
                " and damerau_levenshtein(letters_l, letters_r) <= 1",
                "addresses at one domain that differ by a slip",
            ),
            Level(
                "both_fit",
                f"{_SAME_DOMAIN} and fits_l and fits_r",
                "two addresses at one domain, both made of the name",
            ),
            Level(
                "former",
                f"{_SAME_NUMBER} and ("
                "(not fits_l and length(surname_r) > 3 and contains(sounds_l, surname_r))"
                " or (not fits_r and length(surname_l) > 3 and contains(sounds_r, surname_l)))",
                "one's address is made of the other's last name",
            ),
            Level("other", _SAME_DOMAIN, "different mailboxes at one domain"),
            Level(
                "private_made",
                "(is_free_l or is_free_r) and fits_l and fits_r"
                " and digits_l is null and digits_r is null",
                "different addresses, one of them private, both made of the name",
            ),
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
                "phone_l = phone_r and phone_of_l <= 3 and right(phone_l, 2) <> '00'",
                "the same telephone, which hardly anybody else has",
            ),
            Level(
                "same_line",
                "phone_l = phone_r",
                "the same telephone, which others have too or which looks like a switchboard's",
            ),
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

KINDS = {
    "same": ("same_rare", "same", "same_common", "swapped"),
    "alike": ("part", "near", "near_both", "initial", "rough", "rough_first"),
    "other_last": ("first_only",),
    "other": ("missing", "last_alone", "last_only", "different"),
}
"""Levels of the name by kind of pair. Each kind has weights of its own: what tells a duplicate from
a namesake is not what tells a slip from a relative, or a marriage from a colleague."""

MERGEABLE = (*KINDS["same"], *KINDS["alike"], *KINDS["other_last"], "last_alone")
"""Levels of the name at which two may be merged without a colleague; not other first names."""

TIES = {
    "phone": ("same", "same_line", "near"),
    "company": ("same", "same_large", "near"),
    "mailbox": ("sign", "slip", "former"),
}
"""Levels of which one must hold beside the name: a name, a post and a town may be a namesake's."""


OWN_MAILBOXES = ("shared", "number", "serial", "each_own", "middle", "other", "different")
"""Levels of the mailbox at which companies gave two, and neither is another spelling of the other:
no two namesakes are merged over them without a telephone that is theirs."""


def kind_of_pair() -> str:
    """Returns the expression that is the kind of a pair."""
    (name,) = (c for c in COMPARISONS if c.name == "name")
    kind_of = {level: kind for kind, levels in KINDS.items() for level in levels}
    told = [f"when {x.condition} then '{kind_of[x.name]}'" for x in name.levels if x.condition]
    return f"case {' '.join(told)} else '{kind_of[name.levels[-1].name]}' end"
