"""Tiny models of each kind, built from configurations and saved: their weights are drawn.

Runs in the server's environment: `python tiny_models.py FOLDER`. What they say means nothing, and
the same sound always gives the same words.
"""

import sys
from pathlib import Path

import sentencepiece
import torch
from nemo.collections.asr.models import EncDecCTCModel, EncDecCTCModelBPE, EncDecRNNTBPEModel
from nemo.collections.tts.models import (
    AudioCodecModel,
    FastPitchModel,
    HifiGanModel,
    MagpieTTSModel,
)
from omegaconf import OmegaConf

RATE = 16_000
WIDTH = 64
MEL = 20
FRAMES_A_LETTER = 6
LINES = (
    "hello this is a call about the price of the product",
    "yes we can meet on tuesday at three",
    "thank you and goodbye",
    "how much does it cost per seat",
)


def make(folder: Path) -> None:
    """Writes a `.nemo` file of each kind."""
    folder.mkdir(parents=True, exist_ok=True)
    tokens = _tokenizer(folder / "tokenizer")
    torch.manual_seed(1)
    for name, is_streaming in (("streaming", True), ("buffered", False)):
        shared = _hears(is_streaming) | {"tokenizer": {"dir": str(tokens), "type": "bpe"}}
        _save(EncDecCTCModelBPE, shared | {"decoder": _ctc(())}, folder / f"{name}_ctc.nemo")
        _save(EncDecRNNTBPEModel, shared | _rnnt(), folder / f"{name}_rnnt.nemo")
    letters = tuple(" abcdefghijklmnopqrstuvwxyz'")
    spelled = _hears(is_streaming=False) | {"decoder": _ctc(letters)}
    _save(EncDecCTCModel, spelled, folder / "letters.nemo")
    _speaking(folder)
    _magpie(folder)


def _tokenizer(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    prefix = folder / "tokenizer"
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(LINES * 5),
        model_prefix=str(prefix),
        vocab_size=40,
        model_type="bpe",
        hard_vocab_limit=False,
        bos_id=-1,
        eos_id=-1,
        minloglevel=2,
    )
    pieces = sentencepiece.SentencePieceProcessor(model_file=f"{prefix}.model")
    names = [pieces.id_to_piece(number) for number in range(len(pieces))]
    (folder / "vocab.txt").write_text("\n".join(names), "utf-8")
    return folder


def _hears(is_streaming: bool) -> dict:
    encoder = {
        "_target_": "nemo.collections.asr.modules.ConformerEncoder",
        **{"feat_in": 80, "feat_out": -1, "n_layers": 2, "d_model": WIDTH, "n_heads": 4},
        **{"subsampling": "dw_striding", "subsampling_factor": 8, "subsampling_conv_channels": 32},
        **{"ff_expansion_factor": 2, "self_attention_model": "rel_pos", "conv_kernel_size": 9},
    }
    if is_streaming:
        encoder |= {
            **{"causal_downsampling": True, "conv_context_size": "causal"},
            **{"att_context_size": [[70, 1], [70, 0]], "att_context_style": "chunked_limited"},
            "conv_norm_type": "layer_norm",
        }
    return {
        "sample_rate": RATE,
        "preprocessor": {
            "_target_": "nemo.collections.asr.modules.AudioToMelSpectrogramPreprocessor",
            **{"sample_rate": RATE, "features": 80, "n_fft": 512, "normalize": "NA"},
            **{"window_size": 0.025, "window_stride": 0.01, "dither": 0.0, "pad_to": 0},
        },
        "encoder": encoder,
        "optim": {"name": "sgd", "lr": 0.1},
    }


def _ctc(letters: tuple[str, ...]) -> dict:
    return {
        "_target_": "nemo.collections.asr.modules.ConvASRDecoder",
        "feat_in": None if not letters else WIDTH,
        "num_classes": len(letters) or -1,
        "vocabulary": list(letters),
    }


def _rnnt() -> dict:
    return {
        "model_defaults": {"enc_hidden": WIDTH, "pred_hidden": WIDTH, "joint_hidden": WIDTH},
        "decoder": {
            "_target_": "nemo.collections.asr.modules.RNNTDecoder",
            "prednet": {"pred_hidden": WIDTH, "pred_rnn_layers": 1, "t_max": None, "dropout": 0.0},
        },
        "joint": {
            "_target_": "nemo.collections.asr.modules.RNNTJoint",
            **{"log_softmax": None, "preserve_memory": False, "fuse_loss_wer": False},
            "jointnet": {"joint_hidden": WIDTH, "activation": "relu", "dropout": 0.0},
        },
        "decoding": {"strategy": "greedy_batch", "greedy": {"max_symbols": 3}},
        "loss": {"loss_name": "default"},
    }


def _speaking(folder: Path) -> None:
    fft = {
        "_target_": "nemo.collections.tts.modules.transformer.FFTransformerDecoder",
        **{"n_layer": 1, "n_head": 1, "d_model": WIDTH, "d_head": 32, "d_inner": 128},
        **{"kernel_size": 3, "dropout": 0.0, "dropatt": 0.0, "dropemb": 0.0},
    }
    predictor = {
        "_target_": "nemo.collections.tts.modules.fastpitch.TemporalPredictor",
        **{"input_size": WIDTH, "kernel_size": 3, "filter_size": WIDTH, "dropout": 0.0},
        "n_layers": 1,
    }
    config = {
        **{"learn_alignment": True, "n_speakers": 1, "symbols_embedding_dim": WIDTH},
        **{"pitch_embedding_kernel_size": 3, "n_mel_channels": MEL, "max_token_duration": 75},
        **{"pitch_mean": 200.0, "pitch_std": 60.0, "sample_rate": RATE},
        "text_tokenizer": {
            "_target_": "nemo.collections.common.tokenizers.text_to_speech.tts_tokenizers"
            ".EnglishCharsTokenizer",
        },
        "train_ds": {"dataset": {"_target_": "nemo.collections.tts.data.dataset.TTSDataset"}},
        "preprocessor": {
            "_target_": "nemo.collections.asr.modules.AudioToMelSpectrogramPreprocessor",
            **_frames(),
        },
        "input_fft": fft
        | {"_target_": "nemo.collections.tts.modules.transformer.FFTransformerEncoder"},
        "output_fft": fft,
        **{"duration_predictor": predictor, "pitch_predictor": predictor},
        "alignment_module": {
            "_target_": "nemo.collections.tts.modules.aligner.AlignmentEncoder",
            **{"n_text_channels": WIDTH, "n_mel_channels": MEL, "n_att_channels": MEL},
        },
        "optim": {"name": "sgd", "lr": 0.1},
    }
    # Data are for training only.
    FastPitchModel.setup_training_data = HifiGanModel.setup_training_data = _nothing

    def lasts(model: FastPitchModel) -> None:
        with torch.no_grad():
            model.fastpitch.duration_predictor.fc.bias.fill_(
                torch.tensor(1.0 + FRAMES_A_LETTER).log()
            )

    _save(FastPitchModel, config, folder / "fastpitch.nemo", lasts)
    vocoder = {
        "train_ds": {
            "dataset": {"_target_": "nemo.collections.tts.data.vocoder_dataset.VocoderDataset"}
        },
        "preprocessor": {
            "_target_": "nemo.collections.asr.parts.preprocessing.features.FilterbankFeatures",
            **{"nfilt": MEL, "n_fft": 512, "highfreq": 8000, "mag_power": 1.0, "log": True},
            **{"sample_rate": RATE, "n_window_size": 512, "n_window_stride": 256, "dither": 0.0},
            **{"pad_to": 0, "use_grads": False, "normalize": None},
        },
        "generator": {
            "_target_": "nemo.collections.tts.modules.hifigan_modules.Generator",
            **{"resblock": 2, "upsample_rates": [8, 8, 4], "upsample_kernel_sizes": [16, 16, 8]},
            **{"upsample_initial_channel": 32, "initial_input_size": MEL},
            **{"resblock_kernel_sizes": [3, 5], "resblock_dilation_sizes": [[1, 2], [2, 3]]},
        },
        "debug": True,
        "optim": {"_target_": "torch.optim.AdamW", "lr": 0.1},
    }
    _save(HifiGanModel, vocoder, folder / "hifigan.nemo")


def _magpie(folder: Path) -> None:
    modules = "nemo.collections.tts.modules.audio_codec_modules."
    losses = "nemo.collections.tts.losses.audio_codec_loss."
    codec = {
        **{"sample_rate": RATE, "samples_per_frame": 320, "commit_loss_scale": 0.0},
        **{"loss_resolutions": [[640, 160, 640]], "mel_loss_dims": [40]},
        "audio_encoder": {
            "_target_": f"{modules}MultiResolutionSTFTEncoder",
            **{"out_dim": 8, "resolutions": [[640, 160, 640], [1280, 320, 1280]]},
            "resolution_filter_list": [16, 32],
        },
        "audio_decoder": {
            "_target_": f"{modules}ResNetDecoder",
            **{"input_dim": 8, "input_filters": 16, "n_hidden_layers": 1, "hidden_filters": 16},
            **{"pre_up_sample_rates": [], "pre_up_sample_filters": []},
            **{"resblock_up_sample_rates": [8, 8, 5], "resblock_up_sample_filters": [16, 8, 8]},
        },
        "vector_quantizer": {
            "_target_": f"{modules}GroupFiniteScalarQuantizer",
            **{"num_groups": 2, "num_levels_per_group": [4, 4, 4, 4]},
        },
        "generator_loss": {"_target_": f"{losses}GeneratorSquaredLoss"},
        "discriminator_loss": {"_target_": f"{losses}DiscriminatorSquaredLoss"},
    }
    _save(AudioCodecModel, codec, folder / "codec.nemo")
    width = 32
    layers = {
        **{"n_layers": 1, "d_model": width, "d_ffn": 64, "sa_n_heads": 2, "kernel_size": 1},
        **{"max_length_causal_mask": 512, "use_learnable_pos_emb": True, "is_causal": True},
    }
    letters = (
        "nemo.collections.common.tokenizers.text_to_speech.tts_tokenizers.EnglishCharsTokenizer"
    )
    config = {
        **{"codecmodel_path": str(folder / "codec.nemo"), "model_type": "decoder_ce"},
        **{"embedding_dim": width, "hidden_dim": width, "cfg_unconditional_prob": 0.1},
        "text_tokenizers": {"english_chartokenizer": {"_target_": letters}},
        **{"local_transformer_type": "autoregressive", "local_transformer_hidden_dim": width},
        **{"local_transformer_n_layers": 1, "local_transformer_n_heads": 1},
        "encoder": layers,
        "context_encoder": layers | {"is_causal": False},
        "decoder": layers
        | {"has_xattn": True, "xa_d_memory": width, "xa_n_heads": 1, "xa_d_head": 16},
        **{"inference_parameters": {"max_decoder_steps": 40}, "prior_scaling_factor": None},
        **{"prior_end_step": 0, "prior_scaledown_start_step": 0, "indefinite_prior_prob": 0.0},
        **{"context_duration_min": 1.0, "context_duration_max": 1.0},
        "optim": {"name": "sgd", "lr": 0.1},
    }
    MagpieTTSModel.setup_training_data = _nothing
    voices, steps = 2, 10

    def bake(model: MagpieTTSModel) -> None:
        model.baked_context_embedding = torch.nn.Embedding(voices, steps * width)
        model._baked_embedding_T = torch.tensor(steps)
        model._baked_embedding_D = torch.tensor(width)
        model.baked_context_embedding_len = torch.tensor([steps] * voices)

    _save(MagpieTTSModel, config, folder / "magpie.nemo", bake)


def _frames() -> dict:
    return {
        **{"sample_rate": RATE, "features": MEL, "n_fft": 512, "dither": 0.0, "pad_to": 1},
        **{"n_window_size": 512, "n_window_stride": 256, "window_size": False},
        **{"window_stride": False, "normalize": None},
    }


def _nothing(*_: object, **__: object) -> None:
    pass


def _save(kind: type, config: dict, path: Path, change=_nothing) -> None:
    model = kind(cfg=OmegaConf.create(config))
    model.eval()
    change(model)
    model.save_to(str(path))


if __name__ == "__main__":
    make(Path(sys.argv[1]))
