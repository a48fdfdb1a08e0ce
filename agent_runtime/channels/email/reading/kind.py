"""What kind of mail a mail is, and whom a report in it concerns."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from agent_runtime.channels.email.reading.automatic import (
    has_automatic_subject,
    is_challenge,
    is_courtesy,
    is_marked_automatic,
    is_mass_mail,
    is_newsletter,
    is_worded_automatic,
)
from agent_runtime.channels.email.reading.complaints import complaint_in
from agent_runtime.channels.email.reading.fields import addresses_in
from agent_runtime.channels.email.reading.mime import OpenedMail
from agent_runtime.channels.email.reading.passed_on import passed_on
from agent_runtime.channels.email.reading.reports import Failure, delivery_report, worst_of
from agent_runtime.channels.email.reading.signs import Signs
from agent_runtime.channels.email.reading.subjects import bare_subject, is_answer
from agent_runtime.channels.email.reading.unmarked import failures_in_words, is_unmarked_bounce

MailKind = Literal["reply", "bounce", "complaint", "auto_reply", "opt_out", "other"]


@dataclass(frozen=True, slots=True)
class Reading:
    """The kind of a mail: who wrote it, and to what end."""

    kind: MailKind
    is_automatic: bool = False
    """A machine wrote it: it is never answered."""
    failures: tuple[Failure, ...] = ()
    complainers: tuple[str, ...] = ()

    @property
    def recipients(self) -> tuple[str, ...]:
        """The addresses that a report speaks of; none for other mail."""
        named = (address for failure in self.failures for address in failure.recipients)
        return tuple(dict.fromkeys((*named, *self.complainers)))

    @property
    def status(self) -> str:
        """The RFC 3463 code of a bounce, else empty."""
        worst = worst_of(self.failures)
        return worst.status if worst else ""

    @property
    def permanent(self) -> bool | None:
        """Whether a bounce is for good; None for other mail."""
        worst = worst_of(self.failures)
        return worst.permanent if worst else None


def kind_of(mail: OpenedMail, new: str) -> Reading:
    """Returns the kind of a mail.

    What would do harm if it were taken for a person's answer is looked for first.

    Args:
        mail: The mail, taken apart.
        new: What its writer wrote now, without what is quoted.
    """
    signs = Signs(mail, new)
    is_marked = is_marked_automatic(mail, signs.sender)
    return (
        _complaint(signs)
        or _bounce(signs, is_marked=is_marked)
        or _marked(signs, is_marked=is_marked)
        or _worded(signs)
    )


def _complaint(signs: Signs) -> Reading | None:
    found = complaint_in(signs.mail, signs.sender)
    if found is None:
        return None
    if found.complains:
        return Reading("complaint", is_automatic=True, complainers=found.recipients)
    return Reading("other", is_automatic=True)


def _marked(signs: Signs, *, is_marked: bool) -> Reading | None:
    """Returns what header and subject suffice to tell."""
    if _asks_by_subject(signs.mail, signs.new):
        return Reading("opt_out")
    is_receipt = bool(signs.mail.dispositions)
    if is_marked or is_receipt or has_automatic_subject(signs.mail):
        return Reading("auto_reply", is_automatic=True)
    return None


def _worded(signs: Signs) -> Reading:
    """Returns what the new text tells, of a mail that looks like a person's."""
    mail, new = signs.mail, signs.new
    is_first = not (signs.is_answer or mail.field("In-Reply-To") or mail.field("References"))
    is_mass = is_mass_mail(mail, signs.sender) or (
        is_first and bool(signs.sender) and is_newsletter(mail.text)
    )
    is_from_machine = is_mass or signs.has_no_return
    is_empty = not (new.strip() or mail.text.strip() or mail.attachments or mail.calendars)
    if is_challenge(mail, new) or (is_mass and len(new) > _SHORT):
        return Reading("other", is_automatic=True)
    if _asks_to_stop(new, in_phrases=is_from_machine):
        return Reading("opt_out")
    is_worded = is_worded_automatic(new) or _is_away(mail, new)
    if is_courtesy(mail, new) or (is_worded and not _speaks_of_machine(new)):
        return Reading("auto_reply", is_automatic=True)
    if is_from_machine or is_empty:
        return Reading("other", is_automatic=is_from_machine)
    return Reading("reply")


def _bounce(signs: Signs, *, is_marked: bool) -> Reading | None:
    mail = signs.mail
    report = delivery_report(mail)
    is_machine = (
        mail.content_type == "multipart/report"
        or signs.is_daemon
        or signs.is_keeper
        or signs.has_no_return
        or is_marked
        or signs.subject_begins
    )
    if report is not None and is_machine:
        if report.arrived:
            return Reading("other", is_automatic=True)
        failures = report.failures
        if not any(failure.recipients for failure in failures):
            failures = failures_in_words(signs, worst_of(failures))
        return Reading("bounce", is_automatic=True, failures=failures)
    if has_automatic_subject(mail) and not (signs.is_daemon or signs.subject_begins):
        return None
    if signs.is_answer and signs.subject_says and (inside := passed_on(mail)) is not None:
        return _bounce(Signs(inside, inside.text), is_marked=False)
    if is_unmarked_bounce(signs, answers_itself=is_marked):
        return Reading("bounce", is_automatic=True, failures=failures_in_words(signs))
    return None


def _asks_by_subject(mail: OpenedMail, new: str) -> bool:
    """Whether subject or address is that of a stop: what mail programs send at one click.

    An answer under such a subject may speak of something else.
    """
    from agent_runtime.hearing.opt_out import is_stop_word
    from agent_runtime.hearing.verdict import leans_to_stop

    if any(_STOP_ADDRESS.match(address) for address in addresses_in(mail.field("To"))):
        return True
    subject = mail.field("Subject")
    if not is_stop_word(bare_subject(subject)):
        return False
    says_little = len(new.split()) < _WORDS_OF_ITS_OWN
    return not is_answer(subject) or says_little or leans_to_stop(new[:_LONGEST_WISH])


def _asks_to_stop(new: str, *, in_phrases: bool) -> bool:
    """Whether the new text asks it; a mailing, which tells how to leave it, in phrases as well."""
    from agent_runtime.hearing.opt_out import is_opt_out
    from agent_runtime.hearing.verdict import asks_to_stop

    wish = new[:_LONGEST_WISH]
    return asks_to_stop(wish) and (not in_phrases or is_opt_out(wish))


def _is_away(mail: OpenedMail, new: str) -> bool:
    from agent_runtime.domain import Observation
    from agent_runtime.hearing.safety import listen

    quotes = len(mail.text.strip()) - len(new.strip()) > _QUOTED
    if quotes or len(new) > _LONGEST_NOTE:
        return False
    written = Observation("mail", "", _ANY_TIME, text=new, subject=mail.field("Subject"))
    return "auto_reply" in listen(written).rules


def _speaks_of_machine(new: str) -> bool:
    from agent_runtime.hearing.verdict import speaks_of_machine

    return speaks_of_machine(new)


_STOP_ADDRESS = re.compile(r"(?:list-?)?(?:unsubscribe|unsub|opt-?out|remove-?me)\b")
_WORDS_OF_ITS_OWN = 5
"""Fewer add nothing to a subject."""
_SHORT = 300
"""Mail to many is longer than this; somebody's wish to be left alone is not."""
_LONGEST_WISH = 20_000
_LONGEST_NOTE = 2_500
"""Nobody leaves a longer note for the time of their absence."""
_QUOTED = 80
"""Characters that were left out of a text: whoever quotes what was written is at the desk."""
_ANY_TIME = datetime(2026, 1, 5, 9, tzinfo=UTC)
"""No part of what is heard hangs on when it was written."""
