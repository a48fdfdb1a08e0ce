"""One call's hearing on the server: what has no words yet is kept, and sent again if need be."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count

import numpy as np

from agent_runtime.speech.failures import Died, SpeechFailure
from agent_runtime.speech.nemo.link import Link, failure_of, open_link
from agent_runtime.speech.sound import from_pcm, to_pcm
from agent_runtime.speech.utterance import Utterance
from speech.wire import messages as wire
from speech.wire.flow import Window

STREAM = 1
TRIES = 8
"""Connections made in a row before it is given up until the next utterance."""
FIRST_WAIT_S = 0.1
LONGEST_WAIT_S = 2.0
_FRAME = 3_200
"""Bytes of sound in one frame: 100 ms at 16 kHz."""


class Said:
    """One utterance on its way to its words."""

    def __init__(self, number: int, utterance: Utterance, rate: int, news: asyncio.Event) -> None:
        import soxr

        self.number = number
        self.utterance = utterance
        self.is_last = True
        self.ended_at = 0.0
        self.words: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        # Whoever waits hears of a failure; where nobody does, it is no error of the program.
        self.words.add_done_callback(lambda words: words.cancelled() or words.exception())
        self.pcm = bytearray()
        """At the server's rate."""
        self.sent = 0
        self.is_over = False
        self.is_end_sent = False
        self._resampler = soxr.ResampleStream(utterance.rate, rate, 1, dtype="float32")
        self._news = news
        self._take(from_pcm(utterance.pcm))

    def add(self, pcm: bytes) -> None:
        """Takes in 16-bit PCM at the caller's rate."""
        self.utterance.add(pcm)
        self._take(from_pcm(pcm))

    def end(self, *, now: float) -> None:
        """Says that nothing more comes."""
        self.pcm += to_pcm(self._resampler.resample_chunk(np.zeros(0, np.float32), last=True))
        self.is_over, self.ended_at = True, now
        self._news.set()

    def send_again(self) -> None:
        """Says that a new connection knows nothing of it."""
        self.sent, self.is_end_sent = 0, False

    def _take(self, samples: np.ndarray) -> None:
        self.pcm += to_pcm(self._resampler.resample_chunk(samples))
        self._news.set()


class HearingStream:
    """Keeps a connection for as long as a call lasts."""

    def __init__(
        self, url: str, *, language: str, rate: int, limit_s: float, token: str = ""
    ) -> None:
        self._url = url
        self._language = language
        self._rate = rate
        self._limit_s = limit_s
        self._token = token
        self._said: dict[int, Said] = {}
        self._numbers = count(1)
        self._news = asyncio.Event()
        self._running: asyncio.Task[None] | None = None
        self._tries = 0
        self._on_interim: Callable[[str], Awaitable[None]] | None = None

    def open(self, on_interim: Callable[[str], Awaitable[None]]) -> None:
        """Connects, and tells what is being said as the server hears it."""
        self._on_interim = on_interim
        self._run_on()

    def begin(self, utterance: Utterance) -> Said:
        """Returns a new utterance, whose sound goes to the server from now on."""
        said = Said(next(self._numbers), utterance, self._rate, self._news)
        self._said[said.number] = said
        self._run_on()
        return said

    def forget(self, said: Said) -> None:
        """Stops waiting for the words of an utterance; what was not sent of it never is."""
        said.words.cancel()
        if said.sent and not said.is_end_sent:
            # The server has begun to hear it, so it has to be told that this is all.
            del said.pcm[said.sent :]
            said.is_over = True
            self._news.set()
        else:
            self._said.pop(said.number, None)

    async def close(self) -> None:
        """Ends the connection."""
        running, self._running = self._running, None
        if running:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    def _run_on(self) -> None:
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._run())

    async def _run(self) -> None:
        """Connects until it is closed, or until too many tries in a row have failed."""
        failure: SpeechFailure = Died("the speech server is gone")
        self._tries = 0
        while self._tries < TRIES:
            self._tries += 1
            try:
                link = await open_link(self._url, token=self._token, limit_s=self._limit_s)
                try:
                    await self._hear(link)
                finally:
                    await link.close()
            except SpeechFailure as broken:
                failure = broken
            wait_s = FIRST_WAIT_S * 2 ** (self._tries - 1)
            await asyncio.sleep(min(wait_s, LONGEST_WAIT_S))
        for said in self._said.values():
            if not said.words.done():
                said.words.set_exception(failure)
        self._said.clear()

    async def _hear(self, link: Link) -> None:
        """Sends and receives until the connection fails, and raises why."""
        for said in [*self._said.values()]:
            if said.words.done():
                del self._said[said.number]
            said.send_again()
        await link.tell(wire.AsrOpen(stream=STREAM, language=self._language))
        window = Window(0)
        sending = asyncio.create_task(self._send(link, window))
        is_going = False
        try:
            while not (is_going and not self._said):
                match await link.receive():
                    case wire.AsrOpened(window=allowed):
                        self._tries = 0
                        window.add(allowed)
                    case wire.Credit(bytes=allowed):
                        window.add(allowed)
                    case wire.AsrInterim(text=text) if self._on_interim:
                        await self._on_interim(text)
                    case wire.AsrFinal() as final:
                        self._answer(final)
                    case wire.Going():
                        is_going = True
                    case wire.Error() as error:
                        raise failure_of(error)
            raise Died("the speech server ends")
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)

    async def _send(self, link: Link, window: Window) -> None:
        while True:
            said = next((one for one in self._said.values() if not one.is_end_sent), None)
            if said and said.sent < len(said.pcm):
                size = await window.take_up_to(min(_FRAME, len(said.pcm) - said.sent))
                sound = bytes(said.pcm[said.sent : said.sent + size])
                said.sent += len(sound)
                await link.give(STREAM, sound)
            elif said and said.is_over:
                said.is_end_sent = True
                if said.words.done():
                    self._said.pop(said.number, None)
                await link.tell(wire.AsrEnd(stream=STREAM, utterance=said.number))
            else:
                self._news.clear()
                await self._news.wait()

    def _answer(self, final: wire.AsrFinal) -> None:
        said = self._said.pop(final.utterance, None)
        if said and not said.words.done():
            said.words.set_result(final.text)
