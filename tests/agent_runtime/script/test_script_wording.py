import pytest

from agent_runtime.script.wording import claims_in, worded


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("Hi [First Name],\n\nHow does [Company] do it?", "How does {company} do it?"),
        ("Ask {{firstName}} or {company_name}.", "Ask {first_name} or {company}."),
        ("Ask <Your Name> about %COMPANY%.", "Ask {owner_name} about {company}."),
        ("[[FIRST_NAME]] [[LAST_NAME]] of [[COMPANY]]", "{first_name} of {company}"),
        ("We saw that you [pain point].", "We saw that you [pain point]."),
        ("Hello Anna, thanks for asking. It works.", "Thanks for asking. It works."),
        ("My name is [Your Name]. We keep figures in step.", "We keep figures in step."),
        ("(Wait for an answer.)\n\nWe keep figures in step.", "We keep figures in step."),
        ("See [the page](https://a.example/x).", "See [the page](https://a.example/x)."),
        ("Von [Firma], von [Ihr Name].", "Von {company}, von {owner_name}."),
    ],
)
def test_a_script_becomes_text_for_a_mail(words, text):
    assert worded(words).text == text


def test_what_is_left_out_is_named():
    wording = worded("My name is [Your Name]. (Smile.)\n\nWe keep figures in step.")

    assert wording.left_out == ("My name is {owner_name}.", "(Smile.)")


@pytest.mark.parametrize(
    ("sentence", "risks"),
    [
        ("Customers save 30% of their time.", {"number"}),
        ("It is twice as fast.", {"number"}),
        ("We are the leading platform.", {"superlative"}),
        ("Wir sind der führende Anbieter.", {"superlative"}),
        ("Somos los mejores.", {"superlative"}),
        ("It works, guaranteed.", {"guarantee"}),
        ("The first month is free.", {"discount"}),
        ("Es gibt 10 % Rabatt.", {"number", "discount"}),
        ("Unlike Fivetran, it checks.", {"rival"}),
        ("It is better than Acme at this.", {"rival"}),
        ("It runs beside what you have.", set()),
        ("Do you have 15 minutes?", set()),
        ("Would a discount help?", {"discount"}),
    ],
)
def test_sentences_that_need_proof_are_found(sentence, risks):
    claims = claims_in(f"We keep figures in step. {sentence}")

    assert {risk for claim in claims for risk in claim.risks} == risks
    assert all(claim.sentence == sentence for claim in claims)
