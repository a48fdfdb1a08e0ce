"""Settings of the speech server, from the environment."""

from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """`PARLEY_NEMO_…`; models are paths to `.nemo` files, or names that are in NeMo's cache."""

    model_config = SettingsConfigDict(env_prefix="PARLEY_NEMO_", extra="ignore")

    asr: str = ""
    """What hears; empty means that this server hears nothing."""
    tts: str = ""
    """What speaks: FastPitch, which needs a vocoder, or Magpie."""
    vocoder: str = ""
    """HiFi-GAN, for FastPitch."""
    codec: str = ""
    """The audio codec, for a Magpie whose file names none that is there."""
    asr_languages: str = "en"
    """Tags of BCP 47 with commas between; ignored where the model names its own."""
    tts_languages: str = "en"
    device: Literal["cpu", "cuda", "auto"] = "auto"
    precision: Literal["float32", "bfloat16", "float16"] = "float32"
    threads: int = Field(default=0, ge=0)
    """Of torch on a CPU; 0 leaves that to torch."""
    lookahead: int = Field(default=-1, ge=-1)
    """Frames that a cache-aware model may look ahead, of those that it was trained for: fewer give
    words earlier, more give better ones; -1 takes the model's first choice."""
    chunk_s: float = Field(default=0.64, ge=0.08, le=10)
    """Sound in one step of a model that is not cache-aware."""
    context_s: float = Field(default=3.2, ge=0, le=30)
    """Sound before the chunk that such a model hears again with it."""
    beyond_s: float = Field(default=0.64, ge=0, le=10)
    """Sound behind the chunk for which such a model waits."""
    asr_streams: int = Field(default=32, ge=1)
    tts_streams: int = Field(default=32, ge=1)
    batch: int = Field(default=16, ge=1)
    """Utterances in one step."""
    window_s: float = Field(default=4.0, gt=0)
    """Sound of a stream that may wait to be heard."""
    step_s: float = Field(default=20.0, gt=0)
    """A step that takes longer hangs."""
    drain_s: float = Field(default=30.0, ge=0)
    """What is open may take so long to end after SIGTERM."""
    host: str = "127.0.0.1"
    port: int = Field(default=8790, ge=0, le=65_535)
    token: SecretStr = Field(default=SecretStr(""), validation_alias="PARLEY_SPEECH_TOKEN")
    """What clients must send; empty means that all may come."""


def tags(listed: str) -> tuple[str, ...]:
    """Returns the languages of a setting."""
    return tuple(tag.strip() for tag in listed.split(",") if tag.strip())
