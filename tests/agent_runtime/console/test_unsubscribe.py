"""R225: one click stops every channel, and nothing else does."""

import pytest
from starlette.testclient import TestClient
from unsubscribe_world import LINK, MAIL, app_on, world

from agent_runtime.channels.email.signing import Keyring
from agent_runtime.channels.email.unsubscribe_link import UnsubscribeLink


@pytest.fixture(params=["memory", "sql"])
def store(request, tmp_path):
    return world(request.param, tmp_path)


def path_of(link=LINK, mail=MAIL):
    return link(mail).removeprefix(link.public_url)


def stopped(store):
    with store.begin() as tx:
        return tx.suppressed("p-ana"), tx.task("task-1").state


def test_one_click_stops_what_waits_and_a_second_changes_nothing(store):
    client = TestClient(app_on(store), follow_redirects=False)
    form = {"List-Unsubscribe": "One-Click"}
    for _ in range(2):
        answer = client.post(path_of(), data=form)
        assert (answer.status_code, "set-cookie" in answer.headers) == (200, False)
    assert stopped(store) == ("opt_out", "CANCELLED")


def test_looking_at_the_page_changes_nothing(store):
    client = TestClient(app_on(store))
    for method in ("GET", "HEAD"):
        assert client.request(method, path_of()).status_code == 200
    assert '<form method="post">' in client.get(path_of()).text
    assert stopped(store) == ("", "WAITING")


@pytest.mark.parametrize(
    "forged",
    [
        path_of() + "x",
        path_of().replace("/2.", "/1."),
        path_of().replace("/2.", "/9."),
        "/unsubscribe/abc",
        path_of(UnsubscribeLink(LINK.public_url, Keyring((("2", "guessed" * 5),)), "t")),
        path_of(UnsubscribeLink(LINK.public_url, LINK.keyring, "other-tenant")),
    ],
)
def test_a_forged_link_changes_nothing_and_says_so(store, forged):
    client = TestClient(app_on(store))
    for method in ("GET", "POST"):
        answer = client.request(method, forged, headers={"accept-language": "de-AT,en"})
        assert answer.status_code == 404
        assert "ungültig" in answer.text
    assert stopped(store) == ("", "WAITING")


def test_an_older_key_is_still_believed(store):
    older = UnsubscribeLink(LINK.public_url, Keyring(LINK.keyring.secrets[1:]), "t")
    assert TestClient(app_on(store)).post(path_of(older)).status_code == 200
    assert stopped(store)[0] == "opt_out"


@pytest.mark.parametrize(
    ("language", "button"),
    [
        ("en", "Unsubscribe"),
        ("es", "Darme de baja"),
        ("de", "Abmelden"),
        ("fr", "Me désabonner"),
        ("pt", "Cancelar a subscrição"),
        ("it", "Annulla l&#x27;iscrizione"),
    ],
)
def test_the_page_speaks_the_language_of_the_person(tmp_path, language, button):
    store = world("memory", tmp_path, language=language)
    assert f"<button>{button}</button>" in TestClient(app_on(store)).get(path_of()).text


def test_the_stop_is_traced_once(tmp_path):
    store = world("memory", tmp_path)
    client = TestClient(app_on(store))
    client.post(path_of())
    client.post(path_of())
    stops = [event for event in store.events if event.kind == "suppression"]
    assert [event.payload["source_message_id"] for event in stops] == ["0123abcd"]
