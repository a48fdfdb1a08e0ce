"""`python -m speech`: serves the models that the environment names, until it is told to stop."""

import asyncio
import logging
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from pydantic import ValidationError

from speech.app import make_app
from speech.nemo.kinds import NotAModel
from speech.nemo.loading import offline, recogniser, synthesiser
from speech.server import Limits, SpeechServer
from speech.settings import Settings

_LOG = logging.getLogger("speech")


class _Drained(uvicorn.Server):
    """A first SIGTERM or SIGINT lets what is open come to its end, a second does not wait."""

    def __init__(self, config: uvicorn.Config, server: SpeechServer) -> None:
        super().__init__(config)
        self._server = server
        self._is_told = False
        self._draining: asyncio.Task[None] | None = None
        self.loop: asyncio.AbstractEventLoop | None = None

    def handle_exit(self, sig: int, frame: object) -> None:
        """Begins to drain."""
        if self._is_told or self.loop is None:
            super().handle_exit(sig, frame)  # type: ignore[arg-type]
            return
        self._is_told = True
        self.loop.call_soon_threadsafe(self._begin)

    def _begin(self) -> None:
        self._draining = asyncio.create_task(self._drain())

    async def _drain(self) -> None:
        _LOG.info("draining: %d streams are open", self._server.open)
        await self._server.drain()
        self.should_exit = True


def main() -> int:
    """Returns the exit code."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    offline()
    try:
        settings = Settings()
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = str(first["loc"][0]).upper()
        _LOG.error("PARLEY_NEMO_%s = %r: %s.", name, first["input"], first["msg"])
        return 2
    if not settings.asr and not settings.tts:
        _LOG.error(
            "Neither PARLEY_NEMO_ASR nor PARLEY_NEMO_TTS is set; name a .nemo file of at least one."
        )
        return 2
    return asyncio.run(_serve(settings))


async def _serve(settings: Settings) -> int:
    limits = Limits(
        hearing_streams=settings.asr_streams,
        speaking_streams=settings.tts_streams,
        window_s=settings.window_s,
        step_s=settings.step_s,
        drain_s=settings.drain_s,
    )
    server = SpeechServer(limits)
    failed: list[BaseException] = []

    async def load() -> None:
        try:
            await server.load(recogniser(settings), synthesiser(settings))
            hearing, speaking = server.offers()
            _LOG.info("ready; hearing: %s; speaking: %s", hearing, speaking)
        except Exception as error:
            if isinstance(error, NotAModel):
                _LOG.error("%s", error)
            else:
                _LOG.exception("the models could not be loaded")
            failed.append(error)
            web.should_exit = True

    @asynccontextmanager
    async def beside(_: SpeechServer) -> AsyncIterator[None]:
        loading = asyncio.create_task(load())
        yield
        loading.cancel()

    app = make_app(server, beside, token=settings.token.get_secret_value())
    web = _Drained(
        uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            log_level="warning",
            ws="websockets-sansio",
            timeout_graceful_shutdown=2,
        ),
        server,
    )
    web.loop = asyncio.get_running_loop()
    await web.serve()
    return 1 if failed else 0


if __name__ == "__main__":
    code = main()
    logging.shutdown()
    sys.stdout.flush()
    # A thread that loads, or hangs in native code, would keep the process for ever.
    os._exit(code)
