"""What a draft is held against before it becomes a candidate, in six languages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_runtime.domain import Sentence
from agent_runtime.drafting.style import CODES, style_slips
from agent_runtime.library.catalog import load_library
from agent_runtime.library.content import LOCALES, LibraryError
from agent_runtime.library.style_guide import SHIPPED, read_style_guide
from agent_runtime.words import read_words

LIBRARY = load_library()
GUIDE = LIBRARY.style
GOOD = read_words("style_guide")["examples"]["good"]


def slips(*texts, language="en", channel="email", approved=()):
    return style_slips(
        [Sentence(text, ()) for text in texts],
        GUIDE,
        language=language,
        channel=channel,
        is_approved=lambda sentence: sentence.text in approved,
    )


DEPARTURES = [
    ("en", "Is it billing? Or is it the CRM?", "too_many_questions"),
    ("de", "Ist es die Abrechnung? Oder das CRM?", "too_many_questions"),
    ("es", "¿Es la facturación? ¿O es el CRM?", "too_many_questions"),
    ("fr", "Est-ce la facturation ? Ou bien le CRM ?", "too_many_questions"),
    ("pt", "É a faturação? Ou é o CRM?", "too_many_questions"),
    ("it", "È la fatturazione? Oppure il CRM?", "too_many_questions"),
    ("en", "Which systems do you use? Relay reads many of them.", "question_not_last"),
    ("de", "Welche Systeme nutzen Sie? Relay liest viele davon.", "question_not_last"),
    ("es", "¿Qué sistemas utiliza? Relay lee muchos de ellos.", "question_not_last"),
    ("fr", "Quels systèmes utilisez-vous ? Relay en lit beaucoup.", "question_not_last"),
    ("pt", "Que sistemas utiliza? O Relay lê muitos deles.", "question_not_last"),
    ("it", "Quali sistemi utilizza? Relay ne legge molti.", "question_not_last"),
    ("en", "Relay reads them!", "exclamation"),
    ("en", "Relay reads them REALLY well.", "shouting"),
    ("de", "Das ist WIRKLICH einfach.", "shouting"),
    ("en", "Relay reads them 🙂", "emoji"),
    ("en", "Relay is a world-class product.", "banned_phrase"),
    ("de", "Relay arbeitet nahtlos mit Ihren Systemen.", "banned_phrase"),
    ("es", "No dude en escribirnos.", "banned_phrase"),
    ("fr", "N'hésitez pas à nous écrire.", "banned_phrase"),
    ("pt", "Não hesite em escrever-nos.", "banned_phrase"),
    ("it", "Non esiti a scriverci.", "banned_phrase"),
    ("de", "Ich schicke dir gern die Unterlagen.", "wrong_formality"),
    ("fr", "Je peux te montrer tes chiffres.", "wrong_formality"),
    ("es", "Puedo mostrarlo contigo.", "wrong_formality"),
    ("it", "Posso mostrarti il tuo registro.", "wrong_formality"),
    ("pt", "Posso mostrar o teu registo.", "wrong_formality"),
    ("de", "Relay reads your systems and tells you within minutes.", "wrong_language"),
    (
        "en",
        "Relay liest Ihre Systeme und sagt Ihnen innerhalb von Minuten Bescheid.",
        "wrong_language",
    ),
    ("en", "Hi Ana, Relay reads them.", "greets_or_signs"),
    ("de", "Sehr geehrte Frau Weber, Relay liest sie.", "greets_or_signs"),
    ("en", "Relay reads them.\n\nKind regards, the team", "greets_or_signs"),
    ("fr", "Relay les lit.\n\nCordialement", "greets_or_signs"),
    ("en", "Relay reads them. Relay reads them.", "says_it_twice"),
    ("en", "this?", "fragment"),
    ("es", "que lee sus sistemas.", "fragment"),
    ("en", "Only three spots left this week.", "false_urgency"),
    ("it", "Decida subito, è l'ultima occasione.", "pressure"),
    ("pt", "É simplesmente incrível.", "hype"),
    ("en", "I am disappointed that you never answered.", "guilt"),
]


@pytest.mark.parametrize(("language", "text", "code"), DEPARTURES)
def test_each_departure_has_its_code(language, text, code):
    """R62, R239: without a model, and in the language of the reader."""
    assert code in slips(text, language=language)


def test_length_is_judged_by_sentence_and_by_channel():
    """R62: a chat is shorter than a mail."""
    sentence = "Relay reads your systems and says which record was late. "
    several = [f"In case {number} it reads one more." for number in range(12)]
    assert "sentence_too_long" in slips(sentence.replace(". ", " and ") * 4)
    assert "too_long" in slips(*several, channel="chat")
    assert "too_long" not in slips(*several, channel="email")


@pytest.mark.parametrize("language", LOCALES)
def test_the_house_voice_passes_in_every_language(language):
    """R239: the guide's own examples, and every approved text as it stands, one at a time."""
    for text in GOOD[language].splitlines():
        assert slips(text, language=language) == ()
    kinds = ("answer", "question", "courtesy", "asset", "opener", "follow_up")
    for (name, locale), content in LIBRARY.contents.items():
        if locale == language and content.kind in kinds:
            found = slips(*content.claims, language=language, approved=content.claims)
            assert (name, found) == (name, ())


def test_approved_wording_counts_and_is_not_reworded():
    """R239: its approver has decided how it is put, and it still makes a draft too long."""
    question = "Is it billing? If not, no answer is needed."
    assert slips(question, approved=(question,)) == ()
    assert "question_not_last" in slips(question, "Relay reads it.", approved=(question,))
    assert "too_many_questions" in slips(question, "Shall we talk?", approved=(question,))


@given(st.lists(st.text(max_size=120), max_size=4), st.sampled_from(LOCALES))
def test_any_text_is_judged_by_known_codes_and_the_same_every_time(texts, language):
    found = slips(*texts, language=language)
    assert set(found) <= set(CODES)
    assert slips(*texts, language=language) == found


def test_a_guide_that_cannot_be_used_is_named(tmp_path):
    """R228: the guide is a file with a version, and says what is wrong with it."""
    text = SHIPPED.read_text(encoding="utf-8")
    for wrong, named in (
        (text.replace("words_per_sentence: 32", "words_per_sentence: 300"), "words_per_sentence"),
        (text.replace(", it: formal", ""), "it says nothing of it"),
        (text.replace("version: 2", "version: 0"), "version"),
    ):
        file = tmp_path / "style.md"
        file.write_text(wrong)
        read_style_guide.cache_clear()
        with pytest.raises(LibraryError, match=named):
            read_style_guide(file)


def test_a_company_has_a_guide_of_its_own(tmp_path):
    """R11: its voice binds, not the product's; two of them are one too many."""
    for name in ("voice", "other"):
        folder = tmp_path / name / "prompts"
        folder.mkdir(parents=True)
        text = SHIPPED.read_text(encoding="utf-8").replace("as per", "synergies")
        (folder / "style.md").write_text(text)
    own = load_library(tmp_path / "none", tmp_path / "voice").style
    assert own.banned_phrases["en"].search("our synergies")
    with pytest.raises(LibraryError, match="keep one of them"):
        load_library(tmp_path / "none", tmp_path / "voice", tmp_path / "other")
