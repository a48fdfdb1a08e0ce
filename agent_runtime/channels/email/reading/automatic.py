"""Automatic answers (RFC 3834 and older habits), and mail that goes to many."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from agent_runtime.channels.email.reading.mime import OpenedMail
from agent_runtime.channels.email.reading.patterns import flat, pattern_of
from agent_runtime.channels.email.reading.subjects import is_answer
from agent_runtime.words import any_of, read_words

_BEGINNING = 400
"""Characters in which a machine says that it is one."""
_SENTENCE = 300
_GREETED = 120
"""Characters in which a greeting and a first word of thanks stand."""
_OF_ONESELF = re.compile(
    r"\b(?:i|i'm|i'll|i'd|i've|my|me|ich|mir|mich|mein\w*|je|j'\w+|mon|ma|moi|yo|mi|mis|eu|meu|minha|io|mio|mia)\b"
)
_REST_OF_QUESTION = re.compile(r"[^.!?\n]*\?")


def is_marked_automatic(mail: OpenedMail, sender: str) -> bool:
    """Says whether the header calls the mail an automatic answer."""
    for name, pattern in _words().answer_fields.items():
        value = mail.field(name)
        if value and pattern.match(value.lower()):
            return True
    return bool(_words().answer_senders.fullmatch(sender.rpartition("@")[0]))


def has_automatic_subject(mail: OpenedMail) -> bool:
    """Says whether the subject is one that only machines give their answers."""
    subject = mail.field("Subject")
    words = _words()
    pattern = words.answer_subjects if is_answer(subject) else words.subjects
    return bool(pattern.match(flat(subject)))


def is_worded_automatic(new: str) -> bool:
    """Says whether the new text says of itself that a machine wrote it.

    Whoever asks whether a machine wrote is no machine.
    """
    text = flat(new)[: _BEGINNING + _SENTENCE]
    return any(
        not _REST_OF_QUESTION.match(text, found.end())
        for found in _words().bodies.finditer(text, 0, _BEGINNING)
    )


def is_courtesy(mail: OpenedMail, new: str) -> bool:
    """Says whether a place, and no person, thanks for the mail in subject and text alike.

    Whoever asks something or speaks of themselves is a person.
    """
    subject, text = mail.field("Subject"), flat(new)
    thanks = _words().courtesies
    return (
        not is_answer(subject)
        and bool(thanks.match(flat(subject)))
        and bool(thanks.search(text[:_GREETED]))
        and "?" not in text
        and not _OF_ONESELF.search(text)
    )


def is_challenge(mail: OpenedMail, new: str) -> bool:
    """Says whether the sender must prove to a machine that he is a person."""
    subject = flat(mail.field("Subject"))
    return bool(_words().challenges.search(f"{subject} {flat(new)[:_BEGINNING]}"))


def is_newsletter(new: str) -> bool:
    """Says whether a text tells readers how they may leave a mailing, at some length."""
    return len(new) > _BEGINNING and bool(_words().mass_bodies.search(flat(new)))


def is_mass_mail(mail: OpenedMail, sender: str) -> bool:
    """Says whether the mail went to many or comes from where nobody reads answers."""
    words = _words()
    return (
        any(mail.field(name) for name in words.mass_fields)
        or bool(words.mass_precedence.fullmatch(mail.field("Precedence").lower()))
        or bool(words.mass_senders.fullmatch(sender.rpartition("@")[0]))
    )


@dataclass(frozen=True, slots=True)
class _Words:
    answer_fields: Mapping[str, re.Pattern[str]]
    answer_senders: re.Pattern[str]
    subjects: re.Pattern[str]
    answer_subjects: re.Pattern[str]
    bodies: re.Pattern[str]
    courtesies: re.Pattern[str]
    challenges: re.Pattern[str]
    mass_fields: tuple[str, ...]
    mass_bodies: re.Pattern[str]
    mass_precedence: re.Pattern[str]
    mass_senders: re.Pattern[str]


@cache
def _words() -> _Words:
    words: dict[str, Any] = read_words("mail/automatic")
    fields = {name: re.compile(pattern) for name, pattern in words["answer_fields"].items()}
    return _Words(
        answer_fields=fields,
        answer_senders=pattern_of(words["answer_senders"]),
        subjects=re.compile(any_of(words["subjects"])),
        answer_subjects=re.compile(any_of(words["answer_subjects"])),
        bodies=pattern_of(words["bodies"]),
        courtesies=pattern_of(words["courtesies"]),
        challenges=pattern_of(words["challenges"]),
        mass_fields=tuple(words["mass_fields"]),
        mass_bodies=pattern_of(words["mass_bodies"]),
        mass_precedence=re.compile(words["mass_precedence"]),
        mass_senders=pattern_of(words["mass_senders"]),
    )
