"""Names, addresses and numbers leave a script before anything of it is written."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache

from agent_runtime.domain import Contact
from agent_runtime.placeholders import TOKEN, redact
from agent_runtime.script.blocks import label_of
from agent_runtime.words import read_words

_WORD = r"[A-ZÀ-ÖØ-Þ][\w'’-]+"
_NAME = rf"(?P<name>(?-i:{_WORD}(?: (?:van )?{_WORD}){{0,2}}))"
_OWN_NAME = re.compile(r"\{owner_name\}|\[\[OWNER(?:_FIRST)?_NAME\]\]")
_THEIR_NAME = re.compile(r"\{first_name\}|\[\[FIRST_NAME\]\]")
_AT_A_FIRM = re.compile(
    r"^,? (?:from|at|of|von|bei|de|da|di|del|chez|na|no) "
    r"(?P<firm>(?-i:[A-ZÀ-ÖØ-Þ][\w&'’.-]*(?: [A-ZÀ-ÖØ-Þ][\w&'’.-]*){0,2}))"
)


@dataclass(frozen=True, slots=True)
class People:
    """Who speaks in a script, as far as it says."""

    theirs: str = ""
    firm: str = ""
    ours: str = ""
    others: tuple[str, ...] = ()


class Hiding:
    """Puts placeholders into the texts of one script; one placeholder means one thing in all."""

    def __init__(self, people: People, texts: Iterable[str]) -> None:
        """Reads all texts once, so that a name that is introduced late is known from the start."""
        first, _, last = people.theirs.partition(" ")
        self._contact = replace(
            _NOBODY,
            first_name=first,
            last_name=last,
            company=people.firm,
            owner_name=people.ours,
        )
        self._originals: dict[str, str] = {}
        for text in texts:
            self._originals = redact(text, self._contact, known=self._originals).originals
        for name in people.others:
            self._originals.setdefault(f"[[PERSON_{len(self._others()) + 1}]]", name)

    def hide(self, text: str) -> str:
        """Returns the text without personal data."""
        hidden = redact(text, self._contact, known=self._originals).text
        for token, name in self._others().items():
            for part in (name, *(word for word in name.split() if len(word) > 2)):
                hidden = re.sub(rf"(?<![\w\[]){re.escape(part)}(?![\w\]])", token, hidden)
        return hidden

    def _others(self) -> dict[str, str]:
        return {t: n for t, n in self._originals.items() if t.startswith("[[PERSON_")}


def introduced(text: str) -> str:
    """Returns the name by which a speaker introduces themselves, if they do."""
    return _first(_forms("introduces"), text)


def greeted(text: str) -> str:
    """Returns the name of whom a speaker greets or asks for, if anybody."""
    return _first(_forms("greets"), text)


def firm_of(name: str, texts: Iterable[str]) -> str:
    """Returns the company that is named right after a person, if any."""
    for text in texts:
        start = text.find(name) if name else -1
        match = _AT_A_FIRM.match(text[start + len(name) :]) if start >= 0 else None
        if match:
            return match["firm"]
    return ""


def says_who_speaks(sentence: str) -> bool:
    """Says whether a sentence introduces its speaker, or asks who is on the line."""
    as_name = _OWN_NAME.sub("Alexis", _THEIR_NAME.sub("Robin", sentence))
    asks_who = as_name.endswith("?") and bool(greeted(as_name))
    return asks_who or bool(introduced(as_name))


def has_personal_data(text: str) -> bool:
    """Says whether a text still holds a placeholder that no slot can fill."""
    return bool(TOKEN.search(text))


def _first(forms: tuple[re.Pattern[str], ...], text: str) -> str:
    for form in forms:
        for match in form.finditer(text.replace("’", "'")):
            name = match["name"].rstrip("'.-")
            first = name.split()[0]
            if first not in _no_names() and not label_of(first):
                return " ".join(part for part in name.split() if part not in _no_names())
    return ""


@cache
def _forms(kind: str) -> tuple[re.Pattern[str], ...]:
    words = read_words("script")[kind]
    return tuple(
        re.compile(rf"(?<!\w){form.replace('{name}', _NAME)}", re.IGNORECASE) for form in words
    )


@cache
def _no_names() -> frozenset[str]:
    return frozenset(read_words("script")["no_names"])


_NOBODY = Contact(
    tenant_id="",
    contact_id="",
    person_id="",
    account_id=None,
    email="",
    first_name="",
    last_name="",
    title="",
    company="",
    country="",
    language="",
    time_zone="",
    owner_id="",
    owner_name="",
    mailbox="",
)
