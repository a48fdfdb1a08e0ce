"""Ordinary mails trimmed a second, against mail-parser-reply, and the slowest hostile megabyte."""

from time import perf_counter

from mailparser_reply import EmailReplyParser

from agent_runtime.channels.email.trimming import new_text

ROUNDS = 300
LANGUAGES = ["en", "es", "de", "fr", "pt", "it"]
ORDINARY = (
    "Hi Anna,\n\nTuesday works. What is the price for a team of forty?\n\nBest regards,\nBob\n\n"
    "Sent from my iPhone\n\nOn Tue, Jan 13, 2026 at 10:02 AM Anna Muster <\n"
    "anna@northbeam.example> wrote:\n\n" + "> Shall we talk on Tuesday about the plan?\n" * 20
)
HOSTILE = (
    *("wrote:\n", "On 1 a wrote b:\n", "a 2016 <:\n", "text\n--\n", "On 2016 x wrote:\n> q\n\n"),
    *("From: x\n\n", "> \n", "a", "- ", "on 1 said x:\n", "ai reply stop ", "On 2016 wrote :x:\n"),
)
MEGABYTE = 1_000_000


def measure():
    new_text(ORDINARY)
    hostile_s = [_seconds(new_text, line * (MEGABYTE // len(line))) for line in HOSTILE]
    parser = EmailReplyParser(languages=LANGUAGES)
    own_s = _seconds(new_text, ORDINARY, ROUNDS)
    theirs_s = _seconds(parser.parse_reply, ORDINARY, ROUNDS // 30) * 30
    return {
        "mails_a_second": round(ROUNDS / own_s),
        "bound_mails_a_second": 300,
        "mail_parser_reply_mails_a_second": round(ROUNDS / theirs_s),
        "ratio": round(theirs_s / own_s, 2),
        "slowest_hostile_megabyte_s": round(max(hostile_s), 2),
        "bound_hostile_megabyte_s": 1,
    }


def _seconds(trim, mail, rounds=1):
    began = perf_counter()
    for _ in range(rounds):
        trim(mail)
    return perf_counter() - began
