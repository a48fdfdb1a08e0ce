"""Web forms: what a page or a server sends, and what is refused in one sentence."""

import json
from urllib.parse import urlencode

import pytest
from console_world import ANA, FORM_KEY, FROM_PAGE, NOW, World

from agent_runtime.console.form_spec import load_forms, read_form
from agent_runtime.console.forms import signature
from agent_runtime.console.problems import Problem
from agent_runtime.errors import ParleyError

KIM = {"email": "Kim@new.example", "first_name": "Kim", "message": "Can we talk?"}


@pytest.fixture
def world():
    return World()


def post(world, fields=None, *, form="demo_request", headers=FROM_PAGE):
    return world.client.post(f"/forms/{form}", json=fields or KIM, headers=headers)


def person(world, email="kim@new.example"):
    return world.store.contact_by_email(email).person_id


def test_a_form_is_answered_by_mail_with_times_to_choose_from(world):
    """R23: greeted by name, offered times, in the thread of the new person."""
    assert post(world).status_code == 202
    world.work()
    (mail,) = world.post.mails
    assert mail.recipient == "kim@new.example"
    assert mail.body.startswith("Hi Kim,")
    assert "at one of these times" in mail.body


def test_fields_of_a_page_come_form_encoded_as_well(world):
    body = urlencode(KIM | {"sms_consent": "on", "phone": "+44 20 7946 0958"})
    headers = {**FROM_PAGE, "content-type": "application/x-www-form-urlencoded"}
    assert world.client.post("/forms/demo_request", content=body, headers=headers).is_success
    assert world.store.address_on("sms", person(world)) == "+442079460958"


def test_a_form_without_words_says_why_it_was_sent_in_the_language_of_the_page(world):
    post(world, {"email": "kim@new.example", "language": "de-DE"})
    (inbound,) = world.store._inbound.values()
    assert inbound.text == "Ich hätte gern eine Vorführung."


def test_a_ticked_box_is_a_consent_with_its_wording_and_time(world):
    """R225: nothing is recorded for a box that was left empty."""
    post(world, KIM | {"news_consent": "true", "sms_consent": "false"})
    (consent,) = world.store.consents(person(world))
    assert (consent.channel, consent.purpose, consent.basis) == ("email", "nurture", "consent")
    assert consent.source == "form demo_request@1, news@1"
    assert consent.recorded_at == NOW


def test_a_number_without_consent_to_texts_is_not_kept(world):
    post(world, KIM | {"phone": "+44 20 7946 0958"})
    assert world.store.address_on("sms", person(world)) == ""


def test_nobody_can_add_a_number_to_somebody_known(world):
    world.add_ana()
    stranger = {"email": ANA.email, "phone": "+44 20 7946 0958", "sms_consent": "on"}
    post(world, stranger)
    assert world.store.address_on("sms", ANA.person_id) == ""


@pytest.mark.parametrize("header", [{}, {"idempotency-key": "k1"}])
def test_a_form_that_is_sent_twice_is_one_request(world, header):
    said = [post(world, headers=FROM_PAGE | header).json()["status"] for _ in range(2)]
    assert said == ["received", "received before"]
    world.work()
    assert len(world.post.mails) == 1


def test_a_machine_that_fills_in_the_hidden_field_learns_nothing(world):
    assert post(world, KIM | {"website": "spam.example"}).status_code == 202
    assert world.store.contact_by_email("kim@new.example") is None


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"first_name": "Kim"}, "email"),
        ({"email": "no address"}, "email"),
        (KIM | {"shoe_size": "43"}, "shoe_size"),
        (KIM | {"phone": "12"}, "phone"),
        (KIM | {"message": "x" * 2001}, "message"),
        (KIM | {"sms_consent": "perhaps"}, "sms_consent"),
        (KIM | {"company": ["a", "b"]}, "company"),
        (["no", "object"], "body"),
    ],
)
def test_what_is_wrong_with_a_form_is_said_in_one_sentence(world, fields, field):
    answer = post(world, fields)
    assert 400 <= answer.status_code < 500
    said = answer.json()
    assert said["field"] == field
    assert said["error"].startswith(field)
    assert said["error"].count(". ") == 0


def test_an_unknown_form_names_those_that_there_are(world):
    answer = post(world, form="nothing")
    assert answer.status_code == 404
    assert "demo_request, sign_up" in answer.json()["error"]


def test_a_page_that_is_not_on_the_list_is_refused(world):
    assert post(world, headers={"origin": "https://evil.example"}).status_code == 403
    assert post(world, headers={}).status_code == 403


def signed(body, *, at=NOW, key=FORM_KEY):
    stamp = str(int(at.timestamp()))
    return {
        "content-type": "application/json",
        "x-parley-timestamp": stamp,
        "x-parley-signature": signature(key, stamp, body),
    }


def test_a_server_signs_what_it_sends(world):
    url = "/forms/sign_up"
    body = json.dumps({"email": "kim@new.example", "use_case": "Can we talk?"}).encode()
    wrong = [
        signed(body, key="x" * 40),
        signed(body, at=NOW.replace(hour=1)),
        signed(b"another body"),
    ]
    for headers in wrong:
        assert world.client.post(url, content=body, headers=headers).status_code == 401
    assert world.client.post(url, content=body, headers=signed(body)).status_code == 202


def test_no_signature_counts_where_there_is_no_key():
    world = World()
    object.__setattr__(world.door, "form_key", "")
    body = json.dumps(KIM).encode()
    headers = signed(body, key="")
    assert (
        world.client.post("/forms/demo_request", content=body, headers=headers).status_code == 401
    )


def test_the_shipped_forms_are_whole_and_a_broken_one_is_named(tmp_path):
    assert set(load_forms()) == {"demo_request", "sign_up"}
    (tmp_path / "bad.yaml").write_text("id: bad\nversion: 0\n", encoding="utf-8")
    with pytest.raises(ParleyError, match=r"bad\.yaml: version = '0'"):
        load_forms(tmp_path)


def test_a_number_is_kept_as_the_whole_world_writes_it():
    spec = load_forms()["demo_request"]
    sent = {"email": "a@b.example", "phone": "030 901820", "country": "de"}
    assert read_form(spec, sent).phone == "+4930901820"
    with pytest.raises(Problem):
        read_form(spec, sent | {"country": ""})
