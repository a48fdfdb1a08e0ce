"""A telephone: the real baresip on loopback, which says files and writes down what it hears."""

import asyncio
import json
import shutil
import wave
from pathlib import Path

import numpy as np
import soxr

RATE = 8000
QUIET_S = 90
"""After its words a file goes on in silence: baresip hangs up where a file ends."""
_CONFIG = """
sip_listen 127.0.0.1:{sip_port}
net_interface 127.0.0.1
audio_player aubridge,nil
audio_source aufile,{folder}/quiet.wav
audio_alert aubridge,ring
snd_path {folder}/heard
module_path {modules}
module g711.so
module aufile.so
module aubridge.so
module sndfile.so
module_app account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{control_port}
"""
_MODULES = ("/usr/lib/baresip/modules", "/usr/local/lib/baresip/modules")


class Telephone:
    """One baresip.

    Args:
        folder: Of its files.
        ports: Of SIP and of its control; its sound takes what is free.
        answers: `auto`, `manual`.
        user: Who it is: a name or a number.
    """

    def __init__(self, folder, ports, *, answers="manual", user="phone", more=""):
        self.folder, self.ports = folder, ports
        self.events = []
        self._answers, self._user, self._more = answers, user, more
        self._process = self._writer = self._hearing = None
        self._news = asyncio.Condition()

    @property
    def address(self):
        return f"127.0.0.1:{self.ports[0]}"

    async def __aenter__(self):
        (self.folder / "heard").mkdir(parents=True)
        write_wav(self.folder / "quiet.wav", np.zeros(0, np.int16))
        modules = next(path for path in _MODULES if Path(path).is_dir())
        config = _CONFIG.format(
            sip_port=self.ports[0],
            control_port=self.ports[1],
            folder=self.folder,
            modules=modules,
        )
        (self.folder / "config").write_text(config)
        account = f"<sip:{self._user}@127.0.0.1>;regint=0;answermode={self._answers}{self._more}\n"
        (self.folder / "accounts").write_text(account)
        with (self.folder / "log").open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                shutil.which("baresip"),
                "-f",
                str(self.folder),
                stdin=asyncio.subprocess.PIPE,
                stdout=log,
                stderr=log,
            )
        reader = await self._control()
        self._hearing = asyncio.create_task(self._hear(reader))
        return self

    async def __aexit__(self, *_):
        self._hearing.cancel()
        await asyncio.wait({self._hearing})
        self._writer.close()
        if self._process.returncode is None:
            self._process.terminate()
            await self._process.wait()

    async def dial(self, number, at):
        await self.do("dial", f"sip:{number}@{at}")

    async def say(self, sound: np.ndarray, rate: int):
        """Says something, from now on."""
        name = f"say-{len(list(self.folder.glob('say-*')))}.wav"
        write_wav(self.folder / name, soxr.resample(sound, rate, RATE).astype(np.int16))
        await self.do("ausrc", f"aufile,{self.folder / name}")

    async def press(self, keys):
        for key in keys:
            await self.do("sndcode", key)
            await asyncio.sleep(0.25)

    def keys(self):
        """Which keys of ours it has heard."""
        return "".join(e["param"] for e in self.events if e.get("type") == "CALL_DTMF_START")

    async def hang_up(self):
        await self.do("hangup")

    async def accept(self):
        await self.do("accept")

    def vanish(self):
        """The power fails: nobody says goodbye."""
        self._process.kill()

    async def do(self, command, params=""):
        note = json.dumps({"command": command, "params": params, "token": command})
        self._writer.write(f"{len(note)}:{note},".encode())
        await self._writer.drain()

    async def until(self, kind, within_s=30.0):
        """Waits for an event, as `CALL_ESTABLISHED`, and returns it."""

        def found():
            return [event for event in self.events if event.get("type") == kind]

        async with self._news:
            await asyncio.wait_for(self._news.wait_for(found), within_s)
        return found()[-1]

    def heard(self) -> np.ndarray:
        """What was heard in all calls so far, at 8 kHz."""
        files = sorted((self.folder / "heard").glob("*-dec.wav"))
        parts = [np.frombuffer(f.read_bytes()[44:][: _even(f)], np.int16) for f in files]
        return np.concatenate(parts) if parts else np.zeros(0, np.int16)

    async def _control(self):
        for _ in range(200):
            try:
                reader, self._writer = await asyncio.open_connection("127.0.0.1", self.ports[1])
                return reader
            except OSError:
                await asyncio.sleep(0.05)
        raise AssertionError(f"baresip did not start: {(self.folder / 'log').read_text()}")

    async def _hear(self, reader):
        while length := (await reader.readuntil(b":"))[:-1]:
            note = json.loads((await reader.readexactly(int(length) + 1))[:-1])
            async with self._news:
                self.events.append(note)
                self._news.notify_all()


def _even(file):
    return (file.stat().st_size - 44) // 2 * 2


def write_wav(path, samples):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes() + bytes(2 * RATE * QUIET_S))
