"""The services of Pipecat that hear and speak a language: our server's, or what is installed.

The server of `PARLEY_SPEECH_URL` comes first, language by language; where it does not answer, or
does not know the language, what is installed here is used.
"""

from functools import cache

from pipecat.services.stt_service import STTService
from pipecat.transcriptions.language import Language

from agent_runtime.errors import ParleyError
from agent_runtime.settings import Settings
from agent_runtime.speech.decoders import Decoder, Expected, Moonshine, Whisper, Words
from agent_runtime.speech.engines import Engines, Through
from agent_runtime.speech.hearing import HearingService
from agent_runtime.speech.languages import (
    HEARD_BY_WHISPER,
    NoAssets,
    SpokenLanguage,
    assets,
    base_language,
    what_is_missing,
)
from agent_runtime.speech.nemo.hearing import ServerHearingService
from agent_runtime.speech.nemo.offers import Offers, offers, socket_url
from agent_runtime.speech.nemo.stream import HearingStream
from agent_runtime.speech.nemo.voice import ServerVoice
from agent_runtime.speech.sound import Samples
from agent_runtime.speech.speaking import SpeakingService
from agent_runtime.speech.voices import (
    ESPEAK_VOICES,
    Accent,
    EspeakVoice,
    HibariEngine,
    HibariVoice,
    Voice,
    find_espeak,
)


def stt_for(language: str, settings: Settings) -> STTService | NoAssets:
    """Returns a service that hears a language, or why there is none.

    Args:
        language: A tag of BCP 47, `en` or `es-MX`.
        settings: Time limits.

    Raises:
        ParleyError: the tag is none that Pipecat knows.
    """
    if (served := offers(settings)).has(language, "hearing"):
        return _served_hearing(language, settings, served)
    if missing := what_is_missing(language, "hearing"):
        return missing
    return HearingService(
        decoders_for(base_language(language)),
        language=_pipecat_language(language),
        model=assets(language).hearing,
        interim_s=settings.speech_interim_s,
        limit_s=settings.speech_hearing_limit_s,
    )


def tts_for(language: str, settings: Settings) -> SpeakingService | NoAssets:
    """Returns a service that speaks a language, or why there is none.

    Args:
        language: A tag of BCP 47; `en-GB` is pronounced the British way.
        settings: The time limit.

    Raises:
        ParleyError: the tag is none that Pipecat knows.
    """
    voice = voice_for(language, settings)
    if isinstance(voice, NoAssets):
        return voice
    limit_s = settings.speech_speaking_limit_s
    return SpeakingService(voice, language=_pipecat_language(language), limit_s=limit_s)


def voice_for(language: str, settings: Settings) -> Voice | NoAssets:
    """Returns what speaks a language outside a pipeline, or why nothing does."""
    if (served := offers(settings)).has(language, "speaking"):
        return ServerVoice(
            socket_url(settings.speech_url),
            language=language,
            rate=served.speaking_rate,
            limit_s=settings.speech_speaking_limit_s,
            model=served.speaking_model,
            token=settings.speech_token.get_secret_value(),
        )
    return offline_voice_for(language, settings)


def offline_voice_for(language: str, settings: Settings) -> Voice | NoAssets:
    """Returns what speaks a language with what is installed here, or why nothing does."""
    if missing := what_is_missing(language, "speaking"):
        return missing
    base, limit_s = base_language(language), settings.speech_speaking_limit_s
    if base == "en":
        accent: Accent = "gb" if language.lower().replace("_", "-") == "en-gb" else "us"
        return HibariVoice(_hibari(accent), limit_s=limit_s)
    return EspeakVoice(base, program=find_espeak(), limit_s=limit_s)


def spare_voice_for(language: str, settings: Settings) -> Voice | None:
    """Returns a voice of another program than the one that speaks a language; None without any."""
    if offers(settings).has(language, "speaking"):
        voice = offline_voice_for(language, settings)
        return None if isinstance(voice, NoAssets) else voice
    base, program = base_language(language), find_espeak()
    if base not in ESPEAK_VOICES or not program:
        return None
    return EspeakVoice(base, program=program, limit_s=settings.speech_speaking_limit_s)


@cache
def decoders_for(language: str) -> Engines[Decoder] | Through[Whisper, Decoder]:
    """Returns the threads that decode a language, the same ones for all calls of a process."""
    if language == "en":
        return Engines("moonshine", Moonshine)
    return Through(_whispers(), lambda whisper: whisper.speaking(language))


async def language_of_sound(
    samples: Samples, settings: Settings, *, among: tuple[str, ...] = ("en", *HEARD_BY_WHISPER)
) -> SpokenLanguage | NoAssets:
    """Returns which of some languages is spoken in 16 kHz samples, or why nothing can tell.

    Raises:
        SpeechFailure: the model did not answer in time, or broke.
    """
    if missing := what_is_missing("es", "hearing"):
        return NoAssets("", "hearing", missing.why)
    limit_s = settings.speech_hearing_limit_s
    shares = await language_shares_of_sound(samples, among, limit_s=limit_s)
    found = max(shares, key=lambda language: shares[language])
    return SpokenLanguage(found, shares[found])


async def language_shares_of_sound(
    samples: Samples, among: tuple[str, ...], *, limit_s: float
) -> dict[str, float]:
    """Returns how probable languages are by the first seconds of 16 kHz samples, together 1.

    Raises:
        SpeechFailure: the model did not answer in time, or broke.
    """
    return await _whispers().run(lambda whisper: whisper.shares(samples, among), limit_s=limit_s)


async def words_of_sound(
    samples: Samples, language: str, *, limit_s: float, expected: Expected = "calls_heard"
) -> Words:
    """Returns what is said in 16 kHz samples if it is in a language, and how well it fits.

    Raises:
        SpeechFailure: the model did not answer in time, or broke.
    """
    return await _whispers().run(
        lambda whisper: whisper.words(samples, language, expected=expected), limit_s=limit_s
    )


@cache
def _whispers() -> Engines[Whisper]:
    return Engines("whisper", Whisper)


@cache
def _hibari(accent: Accent) -> Engines[HibariEngine]:
    return Engines(f"hibari {accent}", lambda: HibariEngine(accent))


def _served_hearing(language: str, settings: Settings, served: Offers) -> STTService:
    """Hears on the server, and here what the server does not answer, where that is possible."""

    def stream() -> HearingStream:
        return HearingStream(
            socket_url(settings.speech_url),
            language=language,
            rate=served.hearing_rate,
            limit_s=settings.speech_hearing_limit_s,
            token=settings.speech_token.get_secret_value(),
        )

    is_here = what_is_missing(language, "hearing") is None
    return ServerHearingService(
        stream,
        language=_pipecat_language(language),
        model=served.hearing_model,
        limit_s=settings.speech_hearing_limit_s,
        offline=decoders_for(base_language(language)) if is_here else None,
    )


def _pipecat_language(tag: str) -> Language:
    for known in (tag.replace("_", "-"), base_language(tag)):
        try:
            return Language(known)
        except ValueError:
            continue
    raise ParleyError(f"language = {tag!r}: it is no tag of BCP 47 that speech knows, such as en.")
