"""`parley speech`: says a text into a file, and writes down what a file says."""

import asyncio
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent_runtime.errors import ParleyError
from agent_runtime.settings import load_settings

if TYPE_CHECKING:
    from agent_runtime.speech.tones import Tone

app = typer.Typer(add_completion=False, rich_markup_mode="rich", no_args_is_help=True)

LanguageOption = Annotated[str, typer.Option("--language", "-l", help="Tag such as en-GB or es.")]


@app.callback()
def _speech() -> None:
    """Try the voices and the ears that calls have, on files."""


@app.command()
def say(
    text: Annotated[str, typer.Argument(help="What to say.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="WAV file to write.")],
    language: LanguageOption = "en",
    pace: Annotated[float, typer.Option(help="Speed, from 0.7 to 1.3.")] = 1.0,
    warmth: Annotated[float, typer.Option(help="From -1, brisk, to 1, warm.")] = 0.0,
    emphasis: Annotated[float, typer.Option(help="From 0 to 1.")] = 0.0,
    rate: Annotated[int, typer.Option(help="Samples a second; a telephone has 8000.")] = 24_000,
) -> None:
    """Say a text into a WAV file.

    Example: [bold]parley speech say "Hello, this is Relay." --out hello.wav[/bold]

    Example: [bold]parley speech say "Buenos días." -l es -o dias.wav --rate 8000[/bold]
    """
    from agent_runtime.speech.tones import Tone

    if not text.strip():
        raise ParleyError("TEXT is empty; give at least one word.")
    if rate not in _RATES:
        raise ParleyError(f"--rate = {rate}: it is one of {', '.join(map(str, _RATES))}.")
    try:
        tone = Tone(pace=pace, warmth=warmth, emphasis=emphasis)
    except ValueError as error:
        raise ParleyError(f"--{error}") from None
    seconds = asyncio.run(_say(text, language, tone, out, rate))
    typer.echo(f"{out}: {seconds:.1f} s")


@app.command()
def hear(
    file: Annotated[Path, typer.Argument(help="WAV file, 16-bit, any rate.")],
    language: LanguageOption = "en",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
) -> None:
    """Write down what a WAV file says.

    Example: [bold]parley speech hear hello.wav --json[/bold]
    """
    words, seconds, took_s = asyncio.run(_hear(file, language))
    if as_json:
        found = {"text": words, "language": language, "audio_s": seconds, "took_s": took_s}
        typer.echo(json.dumps(found, ensure_ascii=False))
    else:
        typer.echo(words or "(nothing was understood)")


_PATIENCE_S = 30.0
"""Nobody waits on the line for a file."""
_RATES = (8_000, 16_000, 24_000, 48_000)


async def _say(text: str, language: str, tone: "Tone", out: Path, rate: int) -> float:
    import numpy as np
    import soundfile

    from agent_runtime.speech.failures import SpeechFailure
    from agent_runtime.speech.languages import NoAssets
    from agent_runtime.speech.services import voice_for
    from agent_runtime.speech.sound import resample

    patient = load_settings().model_copy(update={"speech_speaking_limit_s": _PATIENCE_S})
    voice = voice_for(language, patient)
    if isinstance(voice, NoAssets):
        raise ParleyError(f"--language = {language!r}: {voice.why}")
    try:
        await voice.warm()
        sounds = [sound async for _, sound in voice.speak(text, tone)]
    except SpeechFailure as failure:
        raise ParleyError(f"Nothing was said: {failure}.") from None
    samples = resample(np.concatenate(sounds), voice.rate, rate)
    try:
        soundfile.write(out, samples, rate, subtype="PCM_16")
    except (OSError, soundfile.LibsndfileError) as error:
        raise ParleyError(f"--out = {str(out)!r}: it cannot be written: {error}.") from None
    return len(samples) / rate


async def _hear(file: Path, language: str) -> tuple[str, float, float]:
    import numpy as np
    import soundfile

    from agent_runtime.speech.decoders import RATE
    from agent_runtime.speech.failures import SpeechFailure
    from agent_runtime.speech.languages import base_language, what_is_missing
    from agent_runtime.speech.services import decoders_for
    from agent_runtime.speech.sound import resample

    try:
        sound, rate = soundfile.read(file, dtype="float32", always_2d=True)
    except (OSError, soundfile.LibsndfileError) as error:
        raise ParleyError(f"FILE = {str(file)!r}: it cannot be read: {error}.") from None
    if missing := what_is_missing(language, "hearing"):
        raise ParleyError(f"--language = {language!r}: {missing.why}")
    samples = np.pad(resample(sound.mean(axis=1), rate, RATE), RATE // 5)
    engines = decoders_for(base_language(language))
    limit_s = _PATIENCE_S + len(samples) / RATE
    try:
        await engines.warm()
        began = time.monotonic()
        words = await engines.run(lambda decoder: decoder.decode(samples), limit_s=limit_s)
    except SpeechFailure as failure:
        raise ParleyError(f"FILE = {str(file)!r}: {failure}.") from None
    return words, round(len(sound) / rate, 2), round(time.monotonic() - began, 3)
