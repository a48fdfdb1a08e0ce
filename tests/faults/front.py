"""A door before a server on loopback that a test opens, shuts, and lets nobody through."""

import socket
from contextlib import contextmanager, suppress
from threading import Lock, Thread


class Front:
    """Listens on one port for ever; what becomes of a caller is as it was told last.

    Args:
        port: Of the server behind it.
    """

    def __init__(self, port: int) -> None:
        self._behind = port
        self._lock = Lock()
        self._open: set[socket.socket] = set()
        self._ears: list[socket.socket] = []
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]

    def up(self) -> None:
        """Lets callers through."""
        self.down()
        ear = self._listen(backlog=128)
        Thread(target=self._serve, args=(ear,), daemon=True).start()

    def down(self) -> None:
        """Cuts everybody off in mid-word; whoever calls then is refused, as by a dead server."""
        with self._lock:
            ears, self._ears = self._ears, []
            cut, self._open = self._open, set()
        for one in (*ears, *cut):
            _cut(one)

    def hang(self) -> None:
        """Cuts everybody off; whoever calls then gets no answer at all, as from a dead machine.

        A queue of callers that is full and that nobody takes from does that on loopback.
        """
        self.down()
        self._listen(backlog=0)
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", self.port))
            with self._lock:
                self._open.add(filler)

    def _listen(self, *, backlog: int) -> socket.socket:
        ear = socket.socket()
        ear.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        ear.bind(("127.0.0.1", self.port))
        ear.listen(backlog)
        with self._lock:
            self._ears.append(ear)
        return ear

    def _serve(self, ear: socket.socket) -> None:
        while True:
            try:
                caller, _ = ear.accept()
                server = socket.create_connection(("127.0.0.1", self._behind))
            except OSError:
                return
            with self._lock:
                self._open |= {caller, server}
            for pair in ((caller, server), (server, caller)):
                Thread(target=self._pass_on, args=pair, daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while heard := source.recv(65_536):
                target.sendall(heard)
        with self._lock:
            self._open -= {source, target}
        for one in (source, target):
            _cut(one)


def _cut(one: socket.socket) -> None:
    """Closes a socket at once, also where another thread waits for it to say something."""
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()


@contextmanager
def front_of(port: int):
    """Gives a door that is open, and shuts it in the end."""
    front = Front(port)
    front.up()
    try:
        yield front
    finally:
        front.down()
