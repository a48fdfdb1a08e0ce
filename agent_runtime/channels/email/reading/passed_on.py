"""A report that a person passed on without a word of their own."""

import re
from functools import cache

from agent_runtime.channels.email.reading.mime import OpenedMail, open_mail
from agent_runtime.channels.email.reading.patterns import flat
from agent_runtime.channels.email.reading.signs import own_words
from agent_runtime.words import any_of, read_words

_QUOTING = re.compile(r"^[ \t]*(?:>[ \t]?)+|^[ \t]+(?=[A-Za-z-]+:)", re.M)


def passed_on(mail: OpenedMail) -> OpenedMail | None:
    """Returns the mail that is passed on in the text of another; None where a person wrote too."""
    before = own_words(mail.text)
    if len(before) == len(mail.text):
        return None
    lines = [line for line in before.split("\n") if line.strip(" \t>-_*:")]
    if len(lines) > 1 or not all(_marker().match(flat(line)) for line in lines):
        return None
    inside = _QUOTING.sub("", mail.text[len(before) :]).lstrip("\n -_*>")
    lines_inside = inside.split("\n")
    if lines_inside and _marker().match(flat(lines_inside[0])):
        inside = "\n".join(lines_inside[1:]).lstrip("\n")
    return open_mail(inside.encode("utf-8", "replace"))


@cache
def _marker() -> re.Pattern[str]:
    return re.compile(rf"\W*{any_of(read_words('mail/bounces')['passed_on'])}\W*$")
