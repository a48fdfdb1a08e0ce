"""What a chat window and the server say to each other, version 1; described in docs/chat.md."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request

from agent_runtime.console.door import Door
from agent_runtime.console.form_spec import chat_box, load_forms
from agent_runtime.console.problems import problem
from agent_runtime.console.room import MAX_TEXT, Room, View
from agent_runtime.console.visitors import Visitor
from agent_runtime.opt_in import Agreed
from agent_runtime.profile import Profile

MAX_BODY = 16_000
"""Bytes of one request; a message of 2,000 characters is far smaller."""


class Hello(BaseModel):
    """Opens a window, or opens it again."""

    model_config = ConfigDict(extra="ignore")
    token: str = Field("", max_length=500)
    pt: str = Field("", max_length=1000)


class Ticked(BaseModel):
    """A box that a visitor ticked, beside an e-mail address; the boxes are those of the forms."""

    model_config = ConfigDict(extra="ignore")
    form: str = Field(max_length=60)
    box: str = Field(max_length=60)
    wording: str = Field("", max_length=60)
    """The version of the words that were shown; another one by now is refused."""
    language: str = Field("", max_length=20)


class Say(BaseModel):
    """One message of a visitor."""

    model_config = ConfigDict(extra="ignore")
    id: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    text: str = Field(min_length=1, max_length=MAX_TEXT)
    language: str = Field("", max_length=20)
    time_zone: str = Field("", max_length=60)
    page: str = Field("", max_length=200)
    agreed: Ticked | None = None

    @property
    def profile(self) -> Profile:
        """What the browser says of its user."""
        return Profile(language=self.language, time_zone=self.time_zone)


class Agree(Ticked):
    """A box that a visitor ticked once we know their address."""

    id: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    page: str = Field("", max_length=200)


class Seen(BaseModel):
    """Messages that a window has shown."""

    model_config = ConfigDict(extra="ignore")
    ids: list[str] = Field(max_length=200)


def parse(kind: type[Any], body: str | bytes) -> Any:
    """Returns a message of the protocol.

    Raises:
        Problem: a field is missing, too long or of another kind.
    """
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = ".".join(map(str, first["loc"])) or "message"
        raise problem(name, str(first.get("input"))[:40], first["msg"]) from None


def take(door: Door, room: Room, visitor: Visitor, said: Say) -> str:
    """Takes a message in, and the box that was ticked beside it, and returns the id of its line.

    Without an address of the visitor's own in it, a tick is no consent of anybody.

    Raises:
        Problem: it is empty, the visitor writes too fast, or nobody of ours could answer.
    """
    if not said.text.strip():
        raise problem("text", said.text[:10], "must say something")
    if not door.gate.may(door.gate.rates.visitor, "visitor", visitor.address):
        raise problem("id", said.id, "comes too fast; wait a minute", status=429)
    agreed = _agreed(said.agreed) if said.agreed else None
    line = room.say(visitor, said.id, said.text, profile=said.profile, page=said.page)
    if not line:
        raise problem("id", said.id, "cannot be answered: this company has no owners", status=503)
    if agreed is not None:
        room.agree(visitor, agreed, page=said.page)
    return line


def agree(door: Door, room: Room, visitor: Visitor, said: Agree) -> None:
    """Records a consent that was given in the chat.

    Raises:
        Problem: there is no such box, the visitor is too fast, or no mail address is known.
    """
    agreed = _agreed(said)
    if not door.gate.may(door.gate.rates.visitor, "visitor", visitor.address):
        raise problem("id", said.id, "comes too fast; wait a minute", status=429)
    if not room.agree(visitor, agreed, page=said.page):
        raise problem("box", said.box, "needs your e-mail address; write it in the chat first")


def _agreed(said: Ticked) -> Agreed:
    spec = load_forms().get(said.form)
    box = spec.consents.get(said.box) if spec else None
    if spec is None or box is None:
        raise problem("box", f"{said.form}/{said.box}"[:60], "is no box of a form of ours")
    if said.wording not in ("", box.wording):
        raise problem("wording", said.wording, f"has been replaced by {box.wording}; read it again")
    return box.agreed(spec.label, said.language[:2].lower())


def box_of(view: View) -> dict[str, Any] | None:
    """Returns the box that a window is to show, unticked, or None for none."""
    found = chat_box(load_forms()) if view.asks_consent else None
    if found is None:
        return None
    form, name, box = found
    return {"form": form, "box": name, "wording": box.wording, "words": box.words}


def hello_of(visitor: Visitor, settled: bool, view: View) -> dict[str, Any]:
    """Returns our side of the greeting."""
    return {
        "v": 1,
        "type": "hello",
        "token": visitor.token,
        "link_used": settled,
        "max_text": MAX_TEXT,
        "here": view.here,
    }


def news_of(view: View) -> dict[str, Any]:
    """Returns a whole view, as HTTP has it."""
    return {
        "lines": [line.as_dict() for line in view.lines],
        "typing": view.is_typing,
        "here": view.here,
        "mark": view.mark,
        "box": box_of(view),
    }


async def read_body(request: Request, limit: int) -> bytes:
    """Returns the body of a request.

    Raises:
        Problem: it is larger than `limit` bytes.
    """
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise problem("body", f"{len(body)}+ bytes", f"must be under {limit}", status=413)
    return body
