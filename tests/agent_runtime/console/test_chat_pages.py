"""The chat as a web page uses it: over a WebSocket, and over plain requests."""

import json
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress

import pytest
from console_world import FROM_PAGE, KEY, PAGE, World
from starlette.websockets import WebSocketDisconnect

from agent_runtime.console import chat
from agent_runtime.console.door import Rates
from agent_runtime.console.room import Room, mark_of
from agent_runtime.console.visitors import Visitors
from agent_runtime.human_queue import HumanAnswer


@pytest.fixture
def world():
    return World()


@contextmanager
def open_socket(world):
    """The test client may cancel the server's side of a window that it has closed itself."""
    with (
        suppress(CancelledError),
        world.client.websocket_connect("/chat/ws", headers=FROM_PAGE) as socket,
    ):
        yield socket


def tell(socket, kind, **fields):
    socket.send_text(json.dumps({"v": 1, "type": kind, **fields}))


def hear(socket, kind):
    while (message := socket.receive_json())["type"] != kind:
        pass
    return message


def test_a_question_in_the_chat_is_answered_there(world):
    """R22: taken in once, answered by the agent, shown in the window that is open."""
    with open_socket(world) as socket:
        tell(socket, "hello", token="")
        assert hear(socket, "hello")["max_text"] == 2000
        assert hear(socket, "history")["lines"] == []
        tell(socket, "say", id="m1", text="What is the price?")
        ack = hear(socket, "ack")
        assert ack["id"] == "m1"
        assert hear(socket, "typing")["on"] is True
        world.work()
        line = hear(socket, "message")["line"]
        assert line["by"] == "agent"
        assert "AI assistant" in line["text"]
        assert "[[" not in line["text"]


def test_a_window_that_comes_back_finds_what_was_said(world):
    with open_socket(world) as socket:
        tell(socket, "hello", token="")
        token = hear(socket, "hello")["token"]
        tell(socket, "say", id="m1", text="What is the price?")
        hear(socket, "ack")
    world.work()
    with open_socket(world) as socket:
        tell(socket, "hello", token=token)
        assert hear(socket, "hello")["token"] == token
        lines = hear(socket, "history")["lines"]
    assert [line["by"] for line in lines] == ["visitor", "agent"]


def test_a_message_that_is_sent_again_is_the_same_message(world):
    window = world.window()
    first = window.say("What is the price?", message_id="x").json()
    again = window.say("What is the price?", message_id="x").json()
    assert first["line"] == again["line"]
    assert [line["by"] for line in window.lines()] == ["visitor", "agent"]


def test_plain_requests_serve_the_same_conversation(world):
    window = world.window()
    window.say("What is the price?", work=False)
    before = world.client.get("/chat/messages", headers=window.headers).json()
    assert before["typing"] is True
    world.work()
    url = f"/chat/messages?wait=5&after={before['mark']}"
    after = world.client.get(url, headers=window.headers).json()
    assert after["typing"] is False
    assert after["mark"] != before["mark"]
    assert [line["by"] for line in after["lines"]] == ["visitor", "agent"]


def test_the_store_never_holds_the_token(world):
    window = world.window()
    window.say("What is the price?")
    kept = repr(vars(world.store))
    assert window.token not in kept
    assert window.token.split(".")[0].strip('"') not in kept


@pytest.mark.parametrize("token", ["forged", "", "a.b.c", "x" * 400])
def test_a_token_that_is_not_of_ours_opens_nobodys_window(world, token):
    headers = {**FROM_PAGE, "authorization": f"Bearer {token}"}
    assert world.client.get("/chat/messages", headers=headers).status_code == 401
    assert world.window(token).token != token


def test_a_page_that_is_not_on_the_list_is_refused(world):
    elsewhere = {"origin": "https://evil.example"}
    assert world.client.post("/chat/hello", json={}, headers=elsewhere).status_code == 403
    with (
        world.client.websocket_connect("/chat/ws", headers=elsewhere) as socket,
        pytest.raises(WebSocketDisconnect) as refused,
    ):
        socket.receive_json()
    assert refused.value.code == 4403


def test_browsers_of_listed_pages_may_ask_across_origins(world):
    asked = {"access-control-request-method": "POST", **FROM_PAGE}
    answer = world.client.options("/chat/messages", headers=asked)
    assert answer.headers["access-control-allow-origin"] == PAGE


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ("no json", "message"),
        ('{"v":2,"type":"say"}', "v"),
        ('{"v":1,"type":"dance"}', "type"),
        ('{"v":1,"type":"say","id":"a","text":"' + "x" * 2001 + '"}', "text"),
        ('{"v":1,"type":"say","id":"a b","text":"x"}', "id"),
        ('{"v":1,"type":"say","id":"a","text":"  "}', "text"),
        ("[" * 10_000, "message"),
    ],
)
def test_what_is_no_message_is_refused_and_the_window_stays_open(world, message, field):
    with open_socket(world) as socket:
        tell(socket, "hello", token="")
        hear(socket, "history")
        socket.send_text(message)
        assert hear(socket, "error")["field"] == field
        tell(socket, "say", id="m", text="What is the price?")
        assert hear(socket, "ack")["id"] == "m"


def test_whoever_writes_too_fast_is_asked_to_wait():
    world = World(rates=Rates(visitor="2/minute"))
    window = world.window()
    codes = [window.say("price?", work=False).status_code for _ in range(3)]
    assert codes == [200, 200, 429]
    assert len(window.lines()) == 2


def test_a_person_answers_the_control_arm_and_is_named_in_the_chat():
    """R169: the agent never answers the holdout; the window shows the person's words."""
    world = World(arm="holdout")
    window = world.window()
    window.say("What is the price?")
    (task,) = world.store.open_human_tasks()
    assert task.reason == "inbound_control"
    assert [line["by"] for line in window.lines()] == ["visitor"]
    answer = HumanAnswer("It depends; may I call you?", 1.0)
    world.runtime.people.answer(task.task_id, answer, now=world.now)
    world.work()
    line = window.last()
    assert (line["by"], line["name"]) == ("person", "Lena Vogt")
    assert world.window(window.token).hello["here"] == "person"


def test_what_a_window_has_shown_is_traced_once_and_only_its_own(world):
    window, other = world.window(), world.window()
    window.say("What is the price?")
    other.say("Hello, price?")
    ours = window.last()["id"]
    for _ in range(2):
        said = {"ids": [ours, other.last()["id"], "nonsense"]}
        world.client.post("/chat/seen", json=said, headers=window.headers)
    shown = {
        e.event_id
        for e in world.store.events
        if e.kind == "delivery" and e.payload["source"] == "chat"
    }
    assert len(shown) == 1


def test_the_widget_is_one_small_file_that_never_reads_words_as_markup(world):
    script = world.client.get("/chat/widget.js").text
    assert len(script.encode()) < 30_000
    for risky in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert risky not in script
    assert "/chat/widget.js" in world.client.get("/chat/demo").text
    assert (chat.WIDGET / "parley-chat.js").exists()


def test_one_look_at_the_store_serves_every_open_window(world, monkeypatch):
    """Windows are many, questions to the store are not."""
    asked = []
    real = world.store.chat_marks

    def count(threads):
        asked.append(set(threads))
        return real(threads)

    with open_socket(world) as one, open_socket(world) as two:
        for number, socket in enumerate((one, two)):
            tell(socket, "hello", token="")
            tell(socket, "say", id=f"m{number}", text="What is the price?")
            hear(socket, "ack")
            hear(socket, "typing")
        monkeypatch.setattr(world.store, "chat_marks", count)
        world.work()
        for socket in (one, two):
            assert hear(socket, "message")["line"]["by"] == "agent"
    assert any(len(threads) == 2 for threads in asked)


def test_an_answer_that_is_written_while_a_window_is_read_is_news_to_it(world, monkeypatch):
    """Else a window would wait for ever for what it believes it has shown."""
    window = world.window()
    window.say("What is the price?", work=False)
    read = world.store.chat_of

    def meanwhile(thread_id):
        lines = read(thread_id)
        monkeypatch.undo()
        world.work()
        return lines

    monkeypatch.setattr(world.store, "chat_of", meanwhile)
    view = Room(world.door, Visitors(KEY)).view(world.visitor(window.token))

    assert [line.by for line in view.lines] == ["visitor"]
    assert mark_of(view.threads, world.store.chat_marks(view.threads)) != view.mark
    assert window.last()["by"] == "agent"
