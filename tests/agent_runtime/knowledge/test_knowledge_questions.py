import pytest

from agent_runtime.knowledge.questions import is_about, questions_of


@pytest.mark.parametrize(
    "text",
    [
        "Does your SOC 2 report cover Type II?",
        "do you have a DPA",
        "Could you tell me how long you keep backups.",
        "We'd like to know whether you support SAML.",
        "I am wondering about your prices.",
        "What about DDoS",
        "Haben Sie ein Rechenzentrum in der Schweiz",
        "Mich würde interessieren, ob Sie SAP anbinden?",
        "Avez-vous une certification",
        "J'aimerais savoir si vous êtes certifiés.",
        "Quisiera saber si tienen un informe.",
        "Gostaria de saber quanto custa.",
        "Vorrei sapere se avete un ufficio a Milano.",
        "Pode me dizer qual é o prazo?",
    ],
)
def test_what_asks_is_heard(text):
    assert len(questions_of(text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "Thanks, Tuesday works for me.",
        "Please stop writing to me.",
        "We use HubSpot and Stripe.",
        "Danke, das passt.",
        "Merci, à mardi.",
        "",
    ],
)
def test_where_nothing_is_asked_nothing_is_heard(text):
    assert questions_of(text) == ()


def test_only_the_sentences_that_ask_are_taken_and_greetings_are_left():
    text = (
        "Hi Sara,\n\nthanks for the mail. Where is our data kept? We are in Bern.\n"
        "And do you support SAML?\n\nBest,\nAnna"
    )

    assert questions_of(text) == ("Where is our data kept?", "And do you support SAML?")


def test_a_short_question_is_read_with_what_was_said_before_it():
    text = "The export arrives in several files. Why is that?"

    assert questions_of(text) == ("The export arrives in several files. Why is that?",)


def test_a_long_list_is_cut_at_three():
    assert len(questions_of("What is a? What is b? What is c? What is d?")) == 3


def test_the_same_question_twice_is_one():
    assert questions_of("Where is it? Where is it?") == ("Where is it?",)


@pytest.mark.parametrize(
    "text", ["Who is our account manager?", "Wer betreut uns?", "¿Quién es mi persona de contacto?"]
)
def test_a_question_about_the_owner_is_known(text):
    assert is_about("crm.owner_name", text)
    assert not is_about("thread.offered", text)
