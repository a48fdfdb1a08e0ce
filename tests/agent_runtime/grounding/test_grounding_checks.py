"""Each check by itself: what it lets pass of a fact, and what it blocks."""

import pytest

from agent_runtime.grounding.draft import Given, ground

TABLE = {
    "amounts": (
        "The Pro plan costs 20 euros per user per month and covers up to 25 accounts.",
        ["It costs €20 per user per month.", "The Pro plan covers up to twenty-five accounts."],
        [
            "The Pro plan costs 200 euros per user per month.",
            "The Pro plan costs 20 euros per user per year.",
            "The Pro plan costs 20 dollars per user per month.",
            "The Pro plan costs 20 euros per month.",
            "The Pro plan covers at least 25 accounts.",
        ],
    ),
    "durations": (
        "Support answers within 24 hours.",
        ["Support answers within one day.", "Support answers within a day."],
        ["Support answers within 24 minutes.", "Support answers after 24 hours."],
    ),
    "moments": (
        "The office opened in March 2022 and closes at 6 pm.",
        ["The office opened in March 2022.", "The office closes at 18:00."],
        ["The office opened in May 2022.", "The office closes at 8 pm."],
    ),
    "names": (
        "Acme stores the data in Frankfurt.",
        ["The data is stored in Frankfurt."],
        ["Acme stores the data in Dublin.", "Initech stores the data in Frankfurt."],
    ),
    "negation": (
        "The camera does not store faces.",
        ["No faces are stored by the camera.", "The camera never stores faces."],
        ["The camera stores faces."],
    ),
    "modality": (
        "Delivery may take five days.",
        ["It might take five days to deliver.", "Delivery may take 5 days."],
        [
            "Delivery takes five days.",
            "Delivery will take five days.",
            "Delivery must take five days.",
        ],
    ),
    "quantifiers": (
        "Most customers go live within four weeks.",
        ["Most customers are live within four weeks."],
        ["All customers go live within four weeks.", "Customers go live within four weeks."],
    ),
    "comparisons": (
        "The new pump is quieter than the old one and weighs 2 kg.",
        ["The new pump weighs 2 kg."],
        ["The new pump is the best one.", "The new pump is cheaper than the old one."],
    ),
    "promises": (
        "Orders can be returned within 30 days.",
        ["You can return orders within 30 days."],
        ["We will refund orders within 30 days.", "We guarantee returns within 30 days."],
    ),
    "availability": (
        "A connector for SAP is planned for 2028.",
        ["We plan a connector for SAP for 2028."],
        ["There is a connector for SAP.", "We have a connector for SAP."],
    ),
    "conditions": (
        "Single sign-on is available on the Enterprise plan if the domain is verified.",
        ["If the domain is verified, SSO is available on the Enterprise plan."],
        ["Single sign-on is available.", "Single sign-on is available on the Enterprise plan."],
    ),
    "hedges": (
        "Repairs usually take about two days.",
        ["Typically, repairs take roughly two days."],
        ["Repairs take about two days.", "Repairs usually take two days."],
    ),
    "roles": (
        "Norda acquired Velta in 2020.",
        ["Velta was acquired by Norda in 2020.", "In 2020 Norda bought Velta."],
        ["Velta acquired Norda in 2020.", "Norda was acquired by Velta in 2020."],
    ),
    "bindings": (
        "The device has a warranty of three years and the battery of six months.",
        ["The device has a warranty of three years."],
        ["The battery has a warranty of three years."],
    ),
    "causes": (
        "The line was rebuilt and scrap fell by a fifth.",
        ["Scrap fell by a fifth."],
        ["Scrap fell by a fifth because the line was rebuilt."],
    ),
    "addresses": (
        "The price list is at https://norda.example/prices.",
        ["You find the price list at norda.example/prices."],
        [
            "The price list is at https://norda.example/offers.",
            "The price list is at prices@norda.example.",
        ],
    ),
    "coverage": (
        "Alerts can be sent to Slack.",
        ["You can have alerts sent to Slack."],
        ["Alerts can be sent to Slack with a dashboard.", "Encrypted alerts can be sent to Slack."],
    ),
}


def verdicts(text, fact):
    return [f.verdict for f in ground(text, [Given("f", fact)])]


@pytest.mark.parametrize(
    ("fact", "text"), [(fact, text) for fact, honest, _ in TABLE.values() for text in honest]
)
def test_what_the_fact_says_in_other_words_is_supported(fact, text):
    assert verdicts(text, fact) == ["supported"]


@pytest.mark.parametrize(
    ("fact", "text"), [(fact, text) for fact, _, false in TABLE.values() for text in false]
)
def test_what_the_fact_does_not_say_is_blocked(fact, text):
    """R58: one check each stops what departs from the fact."""
    assert verdicts(text, fact) == ["blocked"]


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("Hi Ana,", "courtesy"),
        ("Thanks for your question about pricing.", "courtesy"),
        ("I'm an AI assistant.", "courtesy"),
        ("Kind regards, Jonas", "courtesy"),
        ("How many users do you have?", "question"),
        ("Would Tuesday at 10 work for you?", "question"),
        ("Did you know that we hold FedRAMP?", "blocked"),
        ("Thanks, and as the market leader we answer at once.", "blocked"),
        ("I'm a human.", "blocked"),
        ("Your team is the best in Europe.", "blocked"),
        ("Onze server staat in Amsterdam en alle gegevens blijven daar.", "blocked"),
    ],
)
def test_courtesies_and_questions_need_no_fact_unless_a_claim_hides_in_them(text, verdict):
    assert verdicts(text, "Alerts can be sent to Slack.") == [verdict]


@pytest.mark.parametrize(
    ("fact", "said"),
    [
        ("Checks run against rules that you set.", "Checks run against rules that we set."),
        ("That is outside what I can help with.", "That is not outside what I can help with."),
        ("That is outside what I can help with.", "That is outside what I will help with."),
        (
            "Data moves between CRM and billing within minutes.",
            "Data moves between CRM and billing within minutes without any work on your side.",
        ),
        ("Relay can run beside what you have.", "Relay can run in the place of what you have."),
    ],
)
def test_a_near_copy_may_not_turn_the_sense_anywhere(fact, said):
    """R62: one small word between two clauses, or a tail, is enough to make a fact false."""
    (near,) = ground(said, (Given("f", fact),), language="en")
    (copy,) = ground(fact, (Given("f", fact),), language="en")
    assert (near.verdict, copy.verdict) == ("blocked", "supported")


def test_nobody_is_told_what_a_file_says_of_them():
    (said,) = ground("I know from your file that your contract ends soon.", (), language="en")
    assert said.verdict == "blocked"
