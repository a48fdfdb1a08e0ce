"""Which kind of model lies in a `.nemo` file, told by its configuration alone."""

import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

Kind = Literal[
    "cache_aware_ctc",
    "cache_aware_rnnt",
    "buffered_ctc",
    "buffered_rnnt",
    "whole_utterance",
    "fastpitch",
    "vocoder",
    "magpie",
]
"""cache_aware: reads each sound once; buffered: reads some of it again with each chunk;
whole_utterance: reads all at its end; fastpitch: makes spectra, which a vocoder makes into sound;
magpie: makes sound of text."""
HEARS = ("cache_aware_ctc", "cache_aware_rnnt", "buffered_ctc", "buffered_rnnt", "whole_utterance")

_CONFIG = "model_config.yaml"
_SPEAKS: dict[str, Kind] = {
    "FastPitchModel": "fastpitch",
    "HifiGanModel": "vocoder",
    "MagpieTTSModel": "magpie",
}


class NotAModel(Exception):
    """A file that holds no model, or none of a kind that is known."""


@dataclass(frozen=True, slots=True)
class Found:
    """A file with a model."""

    path: Path
    kind: Kind
    config: dict[str, Any]

    @property
    def rate(self) -> int:
        """Samples a second."""
        preprocessor = self.config.get("preprocessor") or {}
        return int(self.config.get("sample_rate") or preprocessor.get("sample_rate") or 16_000)


def look_at(path: Path) -> Found:
    """Returns what a `.nemo` file holds; reads its configuration and no weights.

    Raises:
        NotAModel: it is none, or of a kind that is not known.
    """
    try:
        with tarfile.open(path) as packed:
            names = {name.removeprefix("./"): name for name in packed.getnames()}
            inside = packed.extractfile(names[_CONFIG])
            config = yaml.safe_load(inside.read()) if inside else None
    except (OSError, tarfile.TarError, KeyError, yaml.YAMLError) as error:
        raise NotAModel(f"{path} is no .nemo file: {type(error).__name__}: {error}.") from None
    if not isinstance(config, dict):
        raise NotAModel(f"{path} is no .nemo file: its {_CONFIG} holds no settings.")
    return Found(path, kind_of(config, path), config)


def kind_of(config: dict[str, Any], path: Path) -> Kind:
    """Returns the kind of a model by its configuration.

    Raises:
        NotAModel: none is known for it.
    """
    name = str(config.get("target", "")).rpartition(".")[2]
    if name in _SPEAKS:
        return _SPEAKS[name]
    encoder, decoder = config.get("encoder"), config.get("decoder")
    if not encoder or (not decoder and "transf_decoder" not in config):
        raise NotAModel(
            f"{path} holds {name or 'a model without a name'}, which neither hears nor speaks."
        )
    if "tokenizer" not in config or "transf_decoder" in config:
        # The streaming pipelines want the tokens of a tokenizer, one after the other.
        return "whole_utterance"
    is_rnnt = "joint" in config
    is_cache_aware = (
        encoder.get("att_context_style") == "chunked_limited"
        and encoder.get("conv_context_size") == "causal"
    )
    if is_cache_aware:
        return "cache_aware_rnnt" if is_rnnt else "cache_aware_ctc"
    return "buffered_rnnt" if is_rnnt else "buffered_ctc"
