"""Bounces without a machine-readable part: by who sends, what is said, and what comes back."""

import logging

from agent_runtime.channels.email.reading.codes import derived_status
from agent_runtime.channels.email.reading.fields import ADDRESS, addresses_in, json_addresses
from agent_runtime.channels.email.reading.mime import OpenedMail
from agent_runtime.channels.email.reading.reports import Failure
from agent_runtime.channels.email.reading.signs import Signs, returned_fields

_FAILED_FIELDS = ("X-Failed-Recipients", "X-Failed-Recipient", "X-Undelivered-To")
_NDR_FIELDS = ("X-MS-Exchange-Message-Is-Ndr",)
_MOST_RECIPIENTS = 50
_LONGEST = 100_000
_LONGEST_LINE = 1_000
"""Flufl looks at every line with every pattern, and takes seconds over more than this."""


def is_unmarked_bounce(signs: Signs, *, answers_itself: bool) -> bool:
    """Says whether a mail system reports a failure in words only.

    Args:
        signs: What the mail shows.
        answers_itself: Whether it has the marks of an automatic answer of any kind.
    """
    if any(signs.mail.field(name) for name in (*_FAILED_FIELDS, *_NDR_FIELDS)):
        return True
    if signs.is_daemon:
        told = signs.subject_begins or signs.body_says or signs.has_code
        return told or signs.has_no_return or signs.returns_mail or not signs.is_answer
    if signs.is_keeper and not signs.is_answer:
        return signs.subject_begins or _is_told_by_keeper(signs)
    if signs.has_no_return or (answers_itself and not signs.is_answer):
        return signs.subject_begins or (signs.body_says and (signs.has_code or signs.returns_mail))
    return not signs.is_personal and _is_told_by_anybody(signs)


def _is_told_by_keeper(signs: Signs) -> bool:
    is_machine = signs.has_no_return or signs.has_code or signs.returns_mail
    return signs.body_says and (is_machine or not signs.is_personal)


def _is_told_by_anybody(signs: Signs) -> bool:
    """Whether a mail system speaks that has the address of a person."""
    if signs.mail.field("In-Reply-To"):
        return False
    if signs.subject_begins:
        return signs.body_says
    return signs.subject_says and signs.is_new_like_a_report


def failures_in_words(signs: Signs, marked: Failure | None = None) -> tuple[Failure, ...]:
    """Returns whom a report in words speaks of, with the code that fits its words.

    Args:
        signs: What the mail shows.
        marked: What the machine-readable part says, where it names nobody.
    """
    is_late = marked.is_late if marked else signs.is_late
    told = f"{signs.mail.field('Subject')}\n{signs.own_words}"
    status = marked.status if marked else derived_status(told, is_late=is_late)
    recipients = _recipients(signs)[:_MOST_RECIPIENTS]
    return tuple(Failure((r,), status, is_late) for r in recipients) or (
        Failure((), status, is_late),
    )


def _recipients(signs: Signs) -> tuple[str, ...]:
    mail = signs.mail
    for name in _FAILED_FIELDS:
        if found := addresses_in(mail.field(name)):
            return found
    if found := json_addresses(signs.own_words):
        return found
    if found := _by_flufl(mail):
        return found
    returned = returned_fields(mail)
    ours = {
        address
        for value in (
            *(mail.field(name) for name in ("From", "To")),
            *(fields.get(name, "") for fields in returned for name in ("from", "sender")),
        )
        for address in addresses_in(value)
    }
    named = dict.fromkeys(a.strip("'\"").lower() for a in ADDRESS.findall(signs.own_words))
    others = tuple(a for a in named if a not in ours and not a.startswith("postmaster@"))
    sent_to = [a for fields in returned for a in addresses_in(fields.get("to", ""))]
    both = tuple(a for a in others if a in sent_to)
    return both or others or tuple(dict.fromkeys(a for a in sent_to if a not in ours))


def _by_flufl(mail: OpenedMail) -> tuple[str, ...]:
    from flufl.bounce import all_failures

    is_long = any(len(line) > _LONGEST_LINE for line in mail.text.split("\n"))
    if mail.size > _LONGEST or is_long:
        return ()
    logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)
    try:
        late, final = all_failures(mail.message)
    except Exception:
        return ()
    found = (address.decode("ascii", "replace").strip().lower() for address in (*late, *final))
    return tuple(sorted(a for a in found if ADDRESS.fullmatch(a)))
