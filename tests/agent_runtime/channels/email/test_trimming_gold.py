"""Trimmed text against the gold pairs of email_reply_trimmer, and the mails of Crisp's parser."""

from agent_runtime.channels.email.trimming import new_text

LEAST_EXACT = 0.8


def _read(path):
    return path.read_bytes().decode("utf-8")


def _folded(text):
    return " ".join(text.split())


def test_four_in_five_gold_replies_are_trimmed_exactly(shared_data):
    folder = shared_data / "replies-discourse-trimmer"
    mails = sorted((folder / "emails").glob("*.txt"))
    assert mails
    exact = [
        _folded(new_text(_read(mail))) == _folded(_read(folder / "trimmed" / mail.name))
        for mail in mails
    ]
    assert sum(exact) >= LEAST_EXACT * len(mails)


def test_no_mail_of_another_parser_loses_all_its_text(shared_data):
    mails = sorted((shared_data / "replies-crisp" / "test" / "fixtures").glob("*.txt"))
    assert mails
    assert [mail.name for mail in mails if not new_text(_read(mail))] == []
