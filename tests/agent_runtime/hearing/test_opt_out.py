import json

import pytest
from hearing_lists import lines, ordinary_replies, read, texts

from agent_runtime.hearing.opt_out import is_opt_out, is_stop_word
from agent_runtime.library.catalog import load_library
from agent_runtime.models.training import read_training

LANGUAGES = ("en", "es", "de", "fr", "pt", "it")
IN_A_MAIL = """Hi Sara,

thank you for your message, we had a look at it.

{text}

Best regards,
Anna Berg
Kranwerk GmbH

On Mon, Jan 12, 2026 at 9:00 AM Sara Lindqvist wrote:
> Relay keeps your records in step.
> I'm Northbeam's AI assistant; reply 'stop' and I won't write again.
"""


@pytest.mark.parametrize("name", ["opt_outs", "opt_outs_later"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_way_to_say_stop_is_heard(name, language):
    """R39: a wish to be left alone is obeyed whatever its words, in six languages."""
    said = lines(read(name)[language])
    missed = [text for text in said if not is_opt_out(text)]

    assert len(said) >= 50
    assert missed == []


@pytest.mark.parametrize("name", ["opt_outs", "opt_outs_later"])
def test_a_stop_is_heard_within_a_longer_mail(name):
    """A single word may mean anything in a mail; a wish of three words and more does not."""
    said = [text for text in texts(name) if len(text.split()) > 3]
    missed = [text for text in said if not is_opt_out(IN_A_MAIL.format(text=text))]

    assert missed == []


@pytest.mark.parametrize("name", ["opt_outs", "opt_outs_later"])
def test_shouting_and_mumbling_make_no_difference(name):
    said = [text for text in texts(name) if len(text.split()) > 3]
    missed = [t for t in said if not (is_opt_out(t.upper()) and is_opt_out(t.lower().rstrip(".!")))]

    assert missed == []


@pytest.mark.parametrize("name", ["tempting", "tempting_later"])
def test_tempting_sentences_are_seldom_taken_for_a_stop(name):
    tempting = texts(name)
    wrong = [text for text in tempting if is_opt_out(text)]

    assert len(tempting) >= 100
    assert len(wrong) <= 0.03 * len(tempting), wrong


def test_ordinary_replies_are_hardly_ever_taken_for_a_stop():
    ordinary = [*ordinary_replies()]
    ordinary += [e.text for e in read_training() if e.intent != "unsubscribe"]
    wrong = [text for text in ordinary if is_opt_out(text)]

    assert len(ordinary) >= 1000
    assert len(wrong) <= 0.01 * len(ordinary), wrong


def test_what_people_wrote_elsewhere_is_hardly_ever_taken_for_a_stop(shared_data):
    folds = sorted((shared_data / "intents-nlupp").rglob("fold*.json"))
    said = {row["text"] for fold in folds for row in json.loads(fold.read_text("utf-8"))}
    for name in ("replies-crisp", "replies-discourse-trimmer"):
        files = sorted((shared_data / name).rglob("*.txt"))
        said |= {file.read_text("utf-8", errors="replace") for file in files}
    wrong = [text for text in said if is_opt_out(text)]

    assert len(said) >= 1000
    assert len(wrong) <= 0.01 * len(said), wrong


@pytest.mark.parametrize("language", LANGUAGES)
def test_our_own_footer_is_no_wish_of_the_buyer(language):
    """It comes back in replies, and not every program marks what it quotes."""
    footer = load_library().contents["frame.email", language].body

    assert not is_opt_out(f"Tuesday is fine.\n\n{footer}")
    assert not is_opt_out(f"Tuesday is fine.\n\nOn Mon, Jan 12 Sara wrote:\n{footer}")


@pytest.mark.parametrize(
    "footer",
    [
        "You are receiving this because you signed up. Click here to unsubscribe.",
        "To unsubscribe, reply to this mail.",
        "If you no longer wish to receive these mails, you can unsubscribe at any time.",
        "Si vous ne souhaitez plus recevoir nos messages, cliquez ici.",
        "Wenn Sie keine Mails mehr erhalten möchten, klicken Sie hier.",
    ],
)
def test_the_footer_of_a_mailing_is_no_wish_of_the_buyer(footer):
    assert not is_opt_out(f"Thanks, see below.\n\n{footer}")


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("unsubcribe me", True),
        ("plz remov me from teh list", True),
        ("dont emial me again", True),
        ("Bitte Abmledung", True),
        ("Die Anmeldung klappt nicht", False),
        ("Our contract ends when you delete our data centre order", False),
    ],
)
def test_slips_of_the_pen_are_forgiven(slip, meant):
    assert is_opt_out(slip) is meant


def test_a_subject_line_may_be_a_stop():
    assert is_stop_word("STOP")
    assert is_stop_word("unsubscribe")
    assert not is_stop_word("Re: your stop in Berlin")


def test_the_lists_hold_what_they_must_show():
    """At least 300 ways in the first list and 120 in the later one, none in both."""
    first, later = set(texts("opt_outs")), set(texts("opt_outs_later"))

    assert len(first) >= 300
    assert len(later) >= 120
    assert len(first & later) <= 2


ASIDES = {
    "en": ("we use another tool and our customers are happy", "I am very busy until May anyway"),
    "es": ("usamos otra herramienta para nuestros clientes", "estoy muy ocupada hasta mayo"),
    "de": ("wir nutzen ein anderes System für unsere Kunden", "ich bin bis Mai beschäftigt"),
    "fr": ("nous avons un autre outil pour nos clients", "je suis prise jusqu'en mai"),
    "pt": ("usamos outra ferramenta para os nossos clientes", "estou ocupada até maio"),
    "it": ("usiamo un altro strumento per i nostri clienti", "sono occupata fino a maggio"),
}


@pytest.mark.parametrize("name", ["opt_outs", "opt_outs_later"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_an_aside_about_something_else_unmakes_no_stop(name, language):
    """Talk of products or dates spares only its own part of the sentence."""
    said = [text for text in lines(read(name)[language]) if len(text.split()) > 3]
    mixed = [f"{text.rstrip('.!?')}, {aside}." for text in said for aside in ASIDES[language]]
    missed = [text for text in mixed if not is_opt_out(text)]

    assert len(missed) <= 0.02 * len(mixed), missed
