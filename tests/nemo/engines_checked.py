"""Engines of each kind, asked directly: `python engines_checked.py MODELS` prints JSON.

Runs in the server's environment. What many utterances say side by side is what each says alone,
and nothing of them is left behind.
"""

import json
import os
import sys
import time
from pathlib import Path

import numpy as np

from speech.engines import Chunk, Manner
from speech.nemo.loading import recogniser, synthesiser
from speech.settings import Settings

KINDS = ("streaming_ctc", "streaming_rnnt", "buffered_ctc", "buffered_rnnt", "letters")
LENGTHS_S = (0.9, 1.6, 2.0, 3.3)
SAID = "How do you write your letters, and who reads them?"


def hears(engine) -> dict:
    """Returns what a model hears of noises, side by side and one by one."""
    dice = np.random.default_rng(7)
    sounds = {
        number: (0.1 * dice.standard_normal(int(length * engine.rate))).astype(np.float32)
        for number, length in enumerate(LENGTHS_S, start=1)
    }
    began = time.process_time()
    beside, steps = _feed(engine, sounds)
    took_s = time.process_time() - began
    quiet = np.zeros(engine.chunk, np.float32)
    engine.step([Chunk(900, quiet, is_first=True, is_last=False, language="en")])
    engine.forget([900, 901])
    alone = {
        number: _feed(engine, {number + 100: sound})[0][number + 100]
        for number, sound in sounds.items()
    }
    return {
        **{"kind": engine.kind, "chunk_s": engine.chunk / engine.rate, "steps": steps},
        **{"cpu_s_a_step": round(took_s / steps, 4), "texts": list(beside.values())},
        "alone": list(alone.values()),
        "left": _left(engine),
    }


def _feed(engine, sounds: dict[int, np.ndarray]) -> tuple[dict[int, str], int]:
    at, texts, steps = dict.fromkeys(sounds, 0), {}, 0
    while at:
        chunks = []
        for number in list(at):
            start, at[number] = at[number], at[number] + engine.chunk
            is_last = at[number] >= len(sounds[number])
            samples = sounds[number][start : at[number]]
            chunks.append(Chunk(number, samples, start == 0, is_last, "en"))
            if is_last:
                del at[number]
        told = engine.step(chunks)
        texts |= {chunk.utterance: text for chunk, text in zip(chunks, told, strict=True)}
        steps += 1
    return texts, steps


def _left(engine) -> int:
    pipeline = getattr(engine, "_pipeline", None)
    if pipeline is None:
        return len(engine._sound)
    bufferer, caches = pipeline.bufferer, getattr(pipeline, "context_manager", None)
    slots = getattr(bufferer, "streamidx2slotidx", getattr(bufferer, "bufferers", {}))
    cached = caches.streamidx2slotidx if caches else {}
    return len(pipeline._state_pool) + len(slots) + len(cached) + len(engine._finals)


def speaks(engine) -> dict:
    """Returns how far sound made part by part is from sound made at once, and what a tone does."""

    def say(**manner: float) -> list[np.ndarray]:
        return list(engine.synthesise(SAID, Manner("en", **manner)))

    began = time.process_time()
    parts = say()
    took_s = time.process_time() - began
    sound = np.concatenate(parts)
    lengths = {pace: sum(map(len, say(pace=pace))) for pace in (0.8, 1.25)}
    moved = {
        name: float(np.abs(np.concatenate(say(**{name: 1.0})) - sound).max())
        for name in ("warmth", "emphasis")
    }
    engine._frames = 10**6
    (whole,) = say()
    return {
        **{"parts": len(parts), "seconds": len(sound) / engine.rate, "cpu_s": round(took_s, 3)},
        **{"apart": float(np.abs(sound - whole).max()), "moved": moved},
        "paces": {pace: length / len(sound) for pace, length in lengths.items()},
    }


def says(engine) -> dict:
    """Returns what a model that makes sound by itself says, by speaker."""
    sounds = {
        voice: np.concatenate(list(engine.synthesise("Hello.", Manner("en-US", voice=voice))))
        for voice in ("", "1")
    }
    lengths = [len(sound) / engine.rate for sound in sounds.values()]
    loud = [float(np.abs(sound).max()) for sound in sounds.values()]
    return {"kind": engine.kind, "rate": engine.rate, "seconds": lengths, "loudest": loud}


if __name__ == "__main__":
    models = Path(sys.argv[1])
    told = {}
    for kind in KINDS:
        told[kind] = hears(recogniser(Settings(asr=str(models / f"{kind}.nemo")))())
    files = {"tts": str(models / "fastpitch.nemo"), "vocoder": str(models / "hifigan.nemo")}
    told["voice"] = speaks(synthesiser(Settings(**files))())
    files = {"tts": str(models / "magpie.nemo"), "codec": str(models / "codec.nemo")}
    told["magpie"] = says(synthesiser(Settings(**files))())
    print(json.dumps(told))
    sys.stdout.flush()
    os._exit(0)
