"""A connection to the speech server: hello, messages and sound."""

import asyncio

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

from agent_runtime.speech.failures import Died, Overloaded, SpeechFailure, TimedOut
from speech.wire import messages as wire
from speech.wire.messages import WireError
from speech.wire.sound import pack, unpack

CLIENT = "parley"


class Link:
    """An open connection, from `open_link`; whatever goes wrong on it is a `SpeechFailure`."""

    def __init__(self, socket: ClientConnection, welcome: wire.Welcome) -> None:
        self._socket = socket
        self.welcome = welcome
        """What the server offers."""

    async def tell(self, message: wire.Message) -> None:
        """Sends a message."""
        await self._send(message.as_text())

    async def give(self, stream: int, pcm: bytes) -> None:
        """Sends sound; the window is the caller's to keep."""
        await self._send(pack(stream, pcm))

    async def receive(self) -> wire.FromServer | tuple[int, bytes]:
        """Returns the next message, or sound with its stream.

        Raises:
            SpeechFailure: the connection ended, or the server said what nobody says.
        """
        try:
            frame = await self._socket.recv()
            return unpack(frame) if isinstance(frame, bytes) else wire.from_server(frame)
        except ConnectionClosed as closed:
            raise Died(f"the speech server is gone ({_why(closed)})") from None
        except WireError as error:
            raise Died(f"the speech server said what was not understood: {error}") from None

    async def close(self) -> None:
        """Ends the connection without waiting for the other side."""
        self._socket.transport.abort()

    async def _send(self, frame: str | bytes) -> None:
        try:
            await self._socket.send(frame)
        except ConnectionClosed as closed:
            raise Died(f"the speech server is gone ({_why(closed)})") from None


async def open_link(url: str, *, token: str, limit_s: float) -> Link:
    """Returns a connection on which both sides have said hello.

    Raises:
        SpeechFailure: nobody answers in time, or the server refuses.
    """
    headers = {"Authorization": f"Bearer {token}"} if token else None
    try:
        async with asyncio.timeout(limit_s):
            socket = await connect(url, additional_headers=headers, compression=None)
            try:
                hello = wire.Hello(versions=(wire.VERSION,), client=CLIENT)
                await socket.send(hello.as_text())
                said = wire.from_server(await socket.recv(decode=True))
            except BaseException:
                socket.transport.abort()
                raise
    except TimeoutError:
        raise TimedOut(f"{url}: no hello within {limit_s:g} s") from None
    except (OSError, InvalidHandshake, InvalidURI, ConnectionClosed, WireError) as error:
        raise Died(f"{url}: {_why(error)}") from None
    if isinstance(said, wire.Welcome):
        return Link(socket, said)
    socket.transport.abort()
    raise (
        failure_of(said) if isinstance(said, wire.Error) else Died(f"{url}: {said.type}, no hello")
    )


def failure_of(error: wire.Error) -> SpeechFailure:
    """Returns an error of the server as what it means for a call."""
    is_full = error.code in ("busy", "flow")
    return (Overloaded if is_full else Died)(f"the speech server: {error.message}")


def _why(error: Exception) -> str:
    return " ".join(str(error).split())[:160] or type(error).__name__
