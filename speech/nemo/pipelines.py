"""The configuration of NeMo's streaming pipelines, as `PipelineBuilder` reads it."""

from typing import Any

from speech.nemo.kinds import Found, NotAModel
from speech.settings import Settings

_GREEDY = {
    "use_cuda_graph_decoder": False,
    "enable_per_stream_biasing": False,
    "preserve_frame_confidence": False,
    "max_symbols": 10,
}


def pipeline_config(found: Found, settings: Settings, *, device: str) -> dict[str, Any]:
    """Returns the configuration for a model; what pipelines can do and we leave to others is off.

    Raises:
        NotAModel: the model was not trained for the look-ahead of the settings.
    """
    style, _, decoding = found.kind.rpartition("_")
    return {
        "asr": {
            "model_name": str(found.path),
            "device": device,
            "device_id": 0,
            "compute_dtype": settings.precision,
            "use_amp": False,
            "decoding": {
                "strategy": "greedy_batch",
                "preserve_alignments": False,
                "fused_batch_size": -1,
                "greedy": _GREEDY,
            },
        },
        "itn": {
            "input_case": "lower_cased",
            "whitelist": None,
            "overwrite_cache": False,
            "max_number_of_permutations_per_split": 729,
            "left_padding_size": 4,
            "batch_size": 32,
            "n_jobs": 1,
        },
        "confidence": {
            "exclude_blank": True,
            "aggregation": "mean",
            "method_cfg": {
                "name": "entropy",
                "entropy_type": "tsallis",
                "alpha": 0.5,
                "entropy_norm": "exp",
            },
        },
        # The call's own voice detection ends utterances, not silence in the words.
        "endpointing": {"stop_history_eou": -1, "residue_tokens_at_end": 2},
        "streaming": _streaming(found, settings),
        "matmul_precision": "high",
        "log_level": 40,
        "pipeline_type": style,
        "asr_decoding_type": decoding,
        "enable_itn": False,
        "enable_nmt": False,
        "asr_output_granularity": "segment",
        "cache_dir": None,
        "lang": None,
        "return_tail_result": False,
    }


def _streaming(found: Found, settings: Settings) -> dict[str, Any]:
    shared = {
        "sample_rate": found.rate,
        "batch_size": settings.batch,
        "word_boundary_tolerance": 4,
        "request_type": "frame",
    }
    if found.kind.startswith("cache_aware"):
        return shared | {
            "att_context_size": _attention(found, settings.lookahead),
            "use_cache": True,
            "use_feat_cache": True,
            "chunk_size_in_secs": None,
            # One utterance may begin while the end of the one before still waits.
            "num_slots": max(settings.batch, 2 * settings.asr_streams),
        }
    return shared | {
        "left_padding_size": settings.context_s,
        "right_padding_size": settings.beyond_s,
        "chunk_size": settings.chunk_s,
        "stateful": True,
        "padding_mode": "right",
    }


def _attention(found: Found, lookahead: int) -> list[int] | None:
    """Returns which of its contexts a model shall use; None means its own first."""
    if lookahead < 0:
        return None
    trained = found.config["encoder"]["att_context_size"]
    choices = trained if isinstance(trained[0], list) else [trained]
    for choice in choices:
        if choice[1] == lookahead:
            return choice
    known = ", ".join(str(choice[1]) for choice in choices)
    raise NotAModel(f"PARLEY_NEMO_LOOKAHEAD = {lookahead}: {found.path} was trained for {known}.")
