"""R250 R252: the wire of the speech server, with engines that are fakes."""

import asyncio
import threading

import httpx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from speech.engines import FakeRecogniser, FakeSynthesiser
from speech.server import Limits
from speech.wire import messages as wire
from speech.wire.messages import WireError, from_client
from speech.wire.sound import pack, unpack
from tests.speech.served import Client, client_of, served


@given(st.integers(0, 2**32 - 1), st.binary(max_size=200).filter(lambda pcm: len(pcm) % 2 == 0))
def test_sound_comes_back_as_it_was_packed(stream, pcm):
    assert unpack(pack(stream, pcm)) == (stream, pcm)


@given(st.one_of(st.text(max_size=60), st.dictionaries(st.text(), st.integers()).map(str)))
def test_a_message_that_is_none_is_refused_in_one_sentence(text):
    with pytest.raises(WireError) as refused:
        from_client(text)
    assert refused.value.code == "unknown"
    assert "\n" not in str(refused.value)


def test_a_field_that_is_not_known_is_no_error():
    said = from_client('{"type": "asr.close", "stream": 1, "since": "version 7"}')
    assert said == wire.AsrClose(stream=1)


def test_a_client_of_another_version_is_told_what_to_upgrade():
    async def run() -> None:
        async with served() as found, client_of(found, hello=False) as client:
            await client.tell(wire.Hello(versions=(7, 8)))
            error = await client.receive()
            assert error == wire.Error(
                code="version",
                message="versions = 7, 8: this server speaks version 1 of the wire; upgrade the"
                " server.",
            )
            with pytest.raises(ConnectionClosed):
                await client.receive()

    asyncio.run(run())


@pytest.mark.parametrize(
    ("first", "says"),
    [
        ('{"type": "asr.open", "stream": 1, "language": "en"}', "asr.open before hello"),
        ("good morning", "message: Invalid JSON"),
        (b"\0\0\0\1", "a binary frame before hello"),
    ],
)
def test_what_comes_before_hello_ends_the_connection(first, says):
    async def run() -> None:
        async with served() as found, client_of(found, hello=False) as client:
            await client.socket.send(first)
            error = await client.receive()
            assert error.code == "unknown"
            assert says in error.message

    asyncio.run(run())


def test_many_streams_are_heard_side_by_side_in_shared_steps():
    """Each hears its own words, in order, whoever speaks beside."""
    engine = FakeRecogniser(batch=8)
    slow = _slowly(engine)

    async def talk(client: Client, stream: int, words: range) -> str:
        await client.tell(wire.AsrOpen(stream=stream, language="en-GB"))
        for word in words:
            await client.sound(stream, word, seconds=0.1)
        await client.tell(wire.AsrEnd(stream=stream, utterance=7))
        return " ".join(f"w{word}" for word in words)

    async def run() -> None:
        async with served(hears=lambda: slow) as found, client_of(found) as client:
            expected = {
                stream: await talk(client, stream, range(stream, stream + 5))
                for stream in range(1, 21)
            }
            finals = {}
            while len(finals) < 20:
                final = await client.wait_for(wire.AsrFinal)
                assert (final.utterance, final.audio_s) == (7, 0.5)
                finals[final.stream] = final.text
        assert finals == expected

    asyncio.run(run())
    assert max(engine.batches) == 8
    assert not engine.open


def test_utterances_of_a_stream_follow_each_other_and_empty_ones_say_nothing():
    async def run() -> None:
        async with served() as found, client_of(found) as client:
            await client.tell(wire.AsrOpen(stream=1, language="en"))
            await client.sound(1, 3, 4, 5, seconds=0.13)
            await client.tell(wire.AsrEnd(stream=1, utterance=1))
            await client.tell(wire.AsrEnd(stream=1, utterance=2))
            await client.sound(1, 9, seconds=0.01)
            await client.tell(wire.AsrEnd(stream=1, utterance=3))
            finals = [await client.wait_for(wire.AsrFinal) for _ in range(3)]
            assert [(one.utterance, one.text) for one in finals] == [
                (1, "w3 w4 w5"),
                (2, ""),
                (3, "w9"),
            ]
            interims = [one.text for one in client.got if isinstance(one, wire.AsrInterim)]
            assert interims
            assert all("w3 w4 w5".startswith(text) for text in interims)

    asyncio.run(run())


def test_a_stream_more_than_there_are_is_told_busy_and_comes_in_once_one_is_free():
    async def run() -> None:
        limits = Limits(hearing_streams=2, speaking_streams=1)
        async with served(limits=limits) as found, client_of(found) as client:
            for stream in (1, 2):
                await client.tell(wire.AsrOpen(stream=stream, language="en"))
                await client.wait_for(wire.AsrOpened)
            await client.tell(wire.AsrOpen(stream=3, language="en"))
            assert await client.receive() == wire.Error(
                code="busy",
                message="all 2 streams of hearing are in use; try again in a moment.",
                stream=3,
            )
            await client.tell(wire.AsrClose(stream=1))
            await client.tell(wire.AsrOpen(stream=3, language="en"))
            await client.wait_for(wire.AsrOpened, 3)

    asyncio.run(run())


def test_a_language_that_the_model_does_not_know_is_refused():
    async def run() -> None:
        async with served() as found, client_of(found) as client:
            await client.tell(wire.AsrOpen(stream=1, language="sv"))
            error = await client.receive()
            assert (error.code, error.stream) == ("language", 1)
            await client.tell(wire.TtsSpeak(stream=2, pieces=("Hej.",), language="sv-SE"))
            error = await client.receive()
            assert (error.code, error.stream) == ("language", 2)

    asyncio.run(run())


def test_sound_over_the_window_closes_the_stream_and_no_other():
    gate = threading.Event()
    engine = _slowly(FakeRecogniser(), gate)

    async def run() -> None:
        limits = Limits(window_s=0.3)
        async with served(hears=lambda: engine, limits=limits) as found, client_of(found) as client:
            for stream in (1, 2):
                await client.tell(wire.AsrOpen(stream=stream, language="en"))
                window = (await client.wait_for(wire.AsrOpened)).window
            assert window == 9_600
            await client.sound(2, 5)
            for _ in range(5):
                await client.sound(1, 4)
            while not isinstance(error := await client.receive(), wire.Error):
                pass
            assert (error.code, error.stream) == ("flow", 1)
            gate.set()
            await client.tell(wire.AsrEnd(stream=2, utterance=1))
            assert (await client.wait_for(wire.AsrFinal)).text == "w5"
            page = (await _get(found, "/metrics")).text
        assert 'parley_speech_refused_total{code="flow"} 1.0' in page
        assert "parley_speech_waiting_seconds 0.0" in page

    asyncio.run(run())


def test_credit_comes_as_sound_is_heard():
    async def run() -> None:
        async with served(limits=Limits(window_s=0.3)) as found, client_of(found) as client:
            await client.tell(wire.AsrOpen(stream=1, language="en"))
            left = (await client.wait_for(wire.AsrOpened)).window
            for level in range(1, 11):
                while left < 3_200:
                    left += (await client.wait_for(wire.Credit)).bytes
                await client.sound(1, level)
                left -= 3_200
            await client.tell(wire.AsrEnd(stream=1, utterance=1))
            final = await client.wait_for(wire.AsrFinal)
            assert final.text == " ".join(f"w{level}" for level in range(1, 11))

    asyncio.run(run())


def test_a_text_is_spoken_with_a_mark_behind_each_piece():
    async def run() -> None:
        async with served() as found, client_of(found) as client:
            asked = wire.TtsSpeak(stream=5, pieces=("one three.", "seventeen."), language="en")
            await client.tell(asked)
            assert (await client.wait_for(wire.TtsStarted)).rate == 8_000
            marks = []
            while not isinstance(said := await client.receive(), wire.TtsDone):
                if isinstance(said, wire.TtsMark):
                    marks.append((said.piece, len(client.pcm[5])))
            assert said.outcome == "whole"
            assert marks == [(0, 3_200), (1, 4_800)]
            heard = np.frombuffer(client.pcm[5], "<i2") / 32767
            assert np.allclose(heard[[0, 800, 1600]], [0.03, 0.06, 0.10], atol=1e-3)

    asyncio.run(run())


def test_a_text_waits_for_credit_and_the_engine_does_not_run_ahead():
    engine = FakeSynthesiser()

    async def run() -> None:
        async with served(speaks=lambda: engine) as found, client_of(found) as client:
            asked = wire.TtsSpeak(stream=1, pieces=(" ".join(["word"] * 50),), language="en")
            await client.tell(asked.model_copy(update={"window": 3_200}))
            while len(client.pcm.get(1, b"")) < 3_200:
                await client.receive()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(client.socket.recv(), 0.2)
            assert len(engine.spoken) <= 4
            await client.tell(wire.TtsSpeak(stream=2, pieces=("short",), language="en"))
            await client.wait_for(wire.TtsDone, 2)
            await client.tell(wire.Credit(stream=1, bytes=1_000_000))
            assert (await client.wait_for(wire.TtsDone, 1)).outcome == "whole"
            assert len(client.pcm[1]) == 50 * 1_600

    asyncio.run(run())


def test_a_text_is_cancelled_in_mid_sentence_and_its_place_is_free():
    engine = FakeSynthesiser()

    async def run() -> None:
        limits = Limits(speaking_streams=1)
        async with (
            served(speaks=lambda: engine, limits=limits) as found,
            client_of(found) as client,
        ):
            long = wire.TtsSpeak(stream=1, pieces=(" ".join(["word"] * 190),), language="en")
            await client.tell(long.model_copy(update={"window": 6_400}))
            await client.wait_for(wire.TtsStarted)
            await client.tell(wire.TtsCancel(stream=1))
            assert (await client.wait_for(wire.TtsDone)).outcome == "cancelled"
            assert len(engine.spoken) < 20
            await client.tell(wire.TtsSpeak(stream=1, pieces=("again",), language="en"))
            assert (await client.wait_for(wire.TtsDone)).outcome == "whole"
            # Cancelled before it could begin: it is told all the same.
            await client.tell(long.model_copy(update={"stream": 2}))
            await client.tell(wire.TtsCancel(stream=2))
            assert (await client.wait_for(wire.TtsDone)).outcome == "cancelled"
            assert found.server.open == 0

    asyncio.run(run())


def test_a_client_that_vanishes_leaves_nothing_behind():
    engine = FakeRecogniser()

    async def run() -> None:
        async with served(hears=lambda: engine) as found:
            async with client_of(found) as client:
                await client.tell(wire.AsrOpen(stream=1, language="en"))
                await client.sound(1, 3, 4)
                await client.wait_for(wire.AsrInterim)
                asked = wire.TtsSpeak(stream=2, pieces=("word " * 100,), language="en", window=2)
                await client.tell(asked)
                await client.wait_for(wire.TtsStarted)
                client.socket.transport.abort()
            async with asyncio.timeout(5):
                while found.server.open or engine.open or found.server.sessions:
                    await asyncio.sleep(0.01)

    asyncio.run(run())


class Sick(FakeRecogniser):
    """Breaks at a level."""

    def step(self, chunks):
        if any(chunk.samples.max(initial=0) > 0.9 for chunk in chunks):
            raise ValueError("out of memory")
        return super().step(chunks)


def test_an_engine_that_breaks_closes_the_streams_of_that_step_only():
    async def run() -> None:
        async with served(hears=Sick) as found, client_of(found) as client:
            for stream in (1, 2):
                await client.tell(wire.AsrOpen(stream=stream, language="en"))
            await client.sound(1, 99)
            while not isinstance(error := await client.receive(), wire.Error):
                pass
            assert (error.code, error.stream) == ("engine", 1)
            assert "out of memory" in error.message
            await client.sound(2, 5)
            await client.tell(wire.AsrEnd(stream=2, utterance=1))
            assert (await client.wait_for(wire.AsrFinal)).text == "w5"
            assert (await _get(found, "/health")).status_code == 200

    asyncio.run(run())


def test_an_engine_that_hangs_is_said_by_health_and_to_the_caller():
    gate = threading.Event()
    engine = _slowly(FakeRecogniser(), gate)

    async def run() -> None:
        async with (
            served(hears=lambda: engine, limits=Limits(step_s=0.1)) as found,
            client_of(found) as client,
        ):
            await client.tell(wire.AsrOpen(stream=1, language="en"))
            await client.sound(1, 5)
            while not isinstance(error := await client.receive(), wire.Error):
                pass
            assert (error.code, error.stream) == ("engine", 1)
            health = await _get(found, "/health")
            assert health.status_code == 503
            assert "hearing has hung for" in health.text
            assert (await _get(found, "/ready")).status_code == 503
            gate.set()

    asyncio.run(run())


def test_a_server_that_drains_ends_what_is_open_and_begins_nothing():
    async def run() -> None:
        async with served() as found, client_of(found) as client:
            await client.tell(wire.AsrOpen(stream=1, language="en"))
            await client.sound(1, 5)
            await client.wait_for(wire.AsrInterim)
            draining = asyncio.create_task(found.server.drain())
            await client.wait_for(wire.Going)
            await client.tell(wire.AsrOpen(stream=2, language="en"))
            error = await client.receive()
            assert (error.code, error.stream) == ("draining", 2)
            assert (await _get(found, "/ready")).json() == {"state": "draining"}
            assert (await _get(found, "/health")).status_code == 200
            await client.tell(wire.AsrEnd(stream=1, utterance=1))
            assert (await client.wait_for(wire.AsrFinal)).text == "w5"
            assert not draining.done()
            await client.tell(wire.AsrClose(stream=1))
            await asyncio.wait_for(draining, 5)

    asyncio.run(run())


def test_while_models_load_a_client_is_told_so():
    async def run() -> None:
        async with (
            served(hears=None, speaks=None) as found,
            client_of(found, hello=False) as client,
        ):
            await client.tell(wire.Hello(versions=(1,)))
            assert (await client.receive()).code == "loading"
            assert (await _get(found, "/ready")).json() == {"state": "loading"}

    asyncio.run(run())


def test_a_server_with_a_token_wants_it():
    async def run() -> None:
        async with served(token="open sesame") as found:
            with pytest.raises(InvalidStatus):
                async with connect(f"ws://127.0.0.1:{found.port}/speech"):
                    pass
            headers = {"Authorization": "Bearer open sesame"}
            url = f"ws://127.0.0.1:{found.port}/speech"
            async with connect(url, additional_headers=headers) as socket:
                client = Client(socket)
                await client.tell(wire.Hello(versions=(1,)))
                await client.wait_for(wire.Welcome)

    asyncio.run(run())


def test_ready_and_metrics_say_what_is_there_and_what_was_done():
    async def run() -> None:
        async with served() as found, client_of(found) as client:
            ready = (await _get(found, "/ready")).json()
            assert ready["hearing"] == {
                **{"model": "fake", "kind": "fake", "rate": 16_000, "languages": ["en", "es"]},
                **{"most_streams": 32, "chunk_s": 0.1},
            }
            await client.tell(wire.AsrOpen(stream=1, language="en"))
            await client.sound(1, 1, 2, 3)
            await client.tell(wire.AsrEnd(stream=1, utterance=1))
            await client.wait_for(wire.AsrFinal)
            await client.tell(wire.TtsSpeak(stream=2, pieces=("one two",), language="en"))
            await client.wait_for(wire.TtsDone)
            page = (await _get(found, "/metrics")).text.splitlines()
        assert 'parley_speech_streams{part="hearing"} 1.0' in page
        assert "parley_speech_heard_seconds_total 0.30000000000000004" in page
        assert "parley_speech_spoken_seconds_total 0.2" in page
        assert "parley_speech_final_seconds_count 1.0" in page
        assert "parley_speech_first_sound_seconds_count 1.0" in page

    asyncio.run(run())


async def _get(found, path) -> httpx.Response:
    async with httpx.AsyncClient(timeout=10) as client:
        return await client.get(f"{found.url}{path}")


def _slowly(engine: FakeRecogniser, gate: threading.Event | None = None) -> FakeRecogniser:
    """Makes an engine wait in each step: a little, or until the gate is open."""
    quick = engine.step

    def step(chunks):
        gate.wait(10) if gate else threading.Event().wait(0.005)
        return quick(chunks)

    engine.step = step
    return engine
