import json
import re

from made_mails import made_mails, presidio_mails
from pii_scores import scores

RECALL = 0.95
OTHERS = 0.02
_FOLDER = "pii-presidio-research"
_TEMPLATES = "presidio_evaluator/data_generator/raw_data/templates.txt"
_PERSONAL = ("email", "phone", "card", "iban", "id", "address")
_PUBLISHED = (
    *("EMAIL_ADDRESS", "PHONE_NUMBER", "CREDIT_CARD", "IBAN_CODE", "US_SSN", "ADDRESS"),
    *("US_DRIVER_LICENSE", "IP_ADDRESS"),
)


def _holds(measured, kinds):
    low = {kind: measured.recall[kind] for kind in kinds if measured.recall[kind] < RECALL}
    assert not low
    assert measured.others <= OTHERS


def test_published_samples_lose_their_personal_data_and_little_else(shared_data):
    """R60 R61: 95% of each kind is hidden whole, and at most 2% of the other words."""
    files = [
        shared_data / _FOLDER / f"tests/data/generated_{size}.json" for size in ("small", "large")
    ]
    samples = [sample for file in files for sample in json.loads(file.read_text("utf-8"))]
    texts = [
        (
            sample["full_text"],
            "",
            [(s["entity_type"], s["start_position"], s["end_position"]) for s in sample["spans"]],
        )
        for sample in samples
    ]

    _holds(scores(texts), _PUBLISHED)


def test_mails_of_many_countries_lose_their_personal_data_and_little_else():
    """R60 R61: own templates in six languages, values of twenty countries."""
    mails = made_mails(600, seed=2)
    measured = scores((m.text, m.country, list(m.spans)) for m in mails)

    _holds(measured, _PERSONAL)


def test_published_templates_filled_anew_lose_their_personal_data(shared_data):
    """R60 R61: templates of others, with addresses and numbers of twenty countries."""
    file = shared_data / _FOLDER / _TEMPLATES
    lines = file.read_text("utf-8", errors="replace").splitlines()
    telling = [line for line in lines if re.search(r"\{(credit|phone|ssn|iban|email|addr)", line)]
    mails = presidio_mails(telling, 600, seed=2)
    measured = scores((m.text, "", list(m.spans)) for m in mails)

    _holds(measured, _PERSONAL)
