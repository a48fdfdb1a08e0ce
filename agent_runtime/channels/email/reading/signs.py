"""Signs that a machine wrote a mail because another mail did not arrive."""

import re
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from agent_runtime.channels.email.reading.codes import reply_code, stated_status
from agent_runtime.channels.email.reading.fields import ADDRESS, addresses_in, fields_of
from agent_runtime.channels.email.reading.mime import OpenedMail
from agent_runtime.channels.email.reading.patterns import flat, pattern_of
from agent_runtime.channels.email.reading.subjects import is_answer
from agent_runtime.words import any_of, read_words

_HEADER_LINE = re.compile(
    r"^[>|\s]{0,4}(?:received|return-path|from|to|subject|date|message-id|mime-version|reply-to|"
    r"x-[\w-]+|content-type|sender|cc|delivered-to)\s?:",
    re.I,
)
_PERSONAL = re.compile(
    r"\b(?:i|i'm|i'll|i've|my|me|sorry|thanks|thank you|hi|hello|hey|dear|regards|cheers|"
    r"ich|mein\w*|hallo|je|mon|bonjour|merci|yo|hola|gracias|eu|meu|olá|obrigad[oa]|io|mio|ciao|grazie)\b"
)


@dataclass(frozen=True)
class Signs:
    """What speaks for a report, read where the report's own words are."""

    mail: OpenedMail
    new: str = ""
    """What the writer wrote now, where it was a person."""

    @cached_property
    def sender(self) -> str:
        """The address that the mail claims to come from."""
        found = addresses_in(self.mail.field("From")) or addresses_in(self.mail.field("Sender"))
        return found[0] if found else ""

    @cached_property
    def is_daemon(self) -> bool:
        """A name that only mail systems use, or a sender that names itself one."""
        words = _words()
        return bool(words.machine.fullmatch(self._local) or words.named.fullmatch(self._name))

    @cached_property
    def is_keeper(self) -> bool:
        """A name that mail systems use, and people seldom."""
        words = _words()
        if not self._local:
            return bool(self.mail.field("Received")) or "From" in self.mail.message
        return bool(words.keeper.fullmatch(self._local) or words.keeper_name.fullmatch(self._name))

    @cached_property
    def has_no_return(self) -> bool:
        """The envelope says that nobody is to be answered (RFC 5321, 4.5.5)."""
        path = self.mail.field("Return-Path").strip().lower()
        unix = (self.mail.message.get_unixfrom() or "").lower()
        return (
            path in ("<>", "<mailer-daemon>")
            or unix.startswith(("from <>", "from mailer-daemon", "from mailer_daemon"))
            or path.startswith("<mailer-daemon@")
        )

    @cached_property
    def is_answer(self) -> bool:
        """The subject begins with Re: or Fwd:, in one language or another."""
        return is_answer(self.mail.field("Subject"))

    @cached_property
    def subject_begins(self) -> bool:
        """The subject is one of a report, and of no answer to one."""
        return not self.is_answer and self.subject_says

    @cached_property
    def subject_says(self) -> bool:
        """The subject holds what subjects of reports say."""
        return bool(_words().subjects.search(flat(self.mail.field("Subject"))))

    @cached_property
    def own_words(self) -> str:
        """The text up to the mail that it returns."""
        return own_words(self.mail.text)

    @cached_property
    def said(self) -> str:
        """The own words, flat."""
        return flat(self.own_words)

    @cached_property
    def body_says(self) -> bool:
        """The own words tell of a delivery that failed or waits."""
        return bool(_words().bodies.search(self.said))

    @cached_property
    def has_code(self) -> bool:
        """The own words hold a code of a mail system."""
        return stated_status(self.own_words)[:1] in ("4", "5") or bool(reply_code(self.own_words))

    @cached_property
    def returns_mail(self) -> bool:
        """A mail, or its headers, comes with it."""
        return bool(self.mail.returned) or len(self.own_words) < len(self.mail.text.rstrip())

    @cached_property
    def is_late(self) -> bool:
        """The words speak of a delay and not of an end."""
        told = f"{flat(self.mail.field('Subject'))} {self.said}"
        return bool(_words().delays.search(told)) and not _words().finals.search(told)

    @cached_property
    def is_personal(self) -> bool:
        """What is newly written asks, or has words that a person uses of themselves."""
        new = flat(self.new)
        return "?" in new or bool(_PERSONAL.search(new))

    @cached_property
    def is_new_like_a_report(self) -> bool:
        """What is newly written tells of a delivery to an address."""
        return bool(_words().bodies.search(flat(self.new))) and bool(ADDRESS.search(self.new))

    @property
    def _name(self) -> str:
        """The name that the sender gives itself."""
        return re.sub(r"<[^>]*>|[\"'()]", " ", self.mail.field("From")).strip().lower()

    @property
    def _local(self) -> str:
        sender = self.sender or self.mail.field("From").strip("<> \"'").lower()
        return sender.rpartition("@")[0].strip("\"' ").replace(" ", "-") or sender.partition("@")[0]


def own_words(text: str) -> str:
    """Returns a report's text up to the mail that it returns in the same part."""
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if number and _words().returned.match(flat(line)):
            return "\n".join(lines[:number])
        if _HEADER_LINE.match(line):
            block = lines[number : number + 5]
            if sum(bool(_HEADER_LINE.match(each)) for each in block) >= 3 and number:
                return "\n".join(lines[:number])
    return text


def returned_fields(mail: OpenedMail) -> tuple[dict[str, str], ...]:
    """Returns the header fields of every mail that comes back, wherever it stands."""
    inside = mail.text[len(own_words(mail.text)) :]
    lines = inside.split("\n")
    first = next((n for n, line in enumerate(lines) if _HEADER_LINE.match(line)), len(lines))
    block = "\n".join(
        line.lstrip(" >|") if not line[:1].isspace() or _HEADER_LINE.match(line) else line
        for line in lines[first : first + 80]
    )
    in_text = fields_of(block.split("\n\n")[0]) if first < len(lines) else {}
    return (*mail.returned, *([in_text] if in_text else []))


@dataclass(frozen=True, slots=True)
class _Words:
    machine: re.Pattern[str]
    keeper: re.Pattern[str]
    named: re.Pattern[str]
    keeper_name: re.Pattern[str]
    subjects: re.Pattern[str]
    bodies: re.Pattern[str]
    delays: re.Pattern[str]
    finals: re.Pattern[str]
    returned: re.Pattern[str]


@cache
def _words() -> _Words:
    words: dict[str, Any] = read_words("mail/bounces")
    return _Words(
        pattern_of(words["machines"]),
        pattern_of(words["keepers"]),
        pattern_of(words["named"]),
        pattern_of(words["keeper_names"]),
        pattern_of(words["subjects"]),
        pattern_of(words["bodies"]),
        pattern_of(words["delays"]),
        pattern_of(words["finals"]),
        re.compile(rf"\W{{0,8}}{any_of(words['returned'])}"),
    )
