"""A LoRA adapter of a few weights, so that a tenant's own can be served beside the model.

Runs in the server's environment: `python adapter.py MODEL FOLDER SEED`. It is trained on nothing:
its weights are drawn, and large enough that it writes otherwise than the model alone.
"""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file

RANK = 8
SIZE = 0.3
"""Standard deviation of its weights; with a tenth of it the model hardly notices."""


def make(model: Path, folder: Path, seed: int) -> None:
    """Writes an adapter of the attention's queries and values in the format of PEFT."""
    config = json.loads((model / "config.json").read_text("utf-8"))
    hidden, heads = config["hidden_size"], config["num_attention_heads"]
    head = config.get("head_dim") or hidden // heads
    widths = {"q_proj": heads * head, "v_proj": config["num_key_value_heads"] * head}
    dice = torch.Generator().manual_seed(seed)
    weights = {}
    for layer in range(config["num_hidden_layers"]):
        for name, width in widths.items():
            at = f"base_model.model.model.layers.{layer}.self_attn.{name}"
            for part, shape in (("lora_A", (RANK, hidden)), ("lora_B", (width, RANK))):
                drawn = SIZE * torch.randn(shape, generator=dice)
                weights[f"{at}.{part}.weight"] = drawn.to(torch.bfloat16)
    folder.mkdir(parents=True, exist_ok=True)
    save_file(weights, folder / "adapter_model.safetensors")
    about = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": str(model),
        "r": RANK,
        "lora_alpha": RANK,
        "target_modules": list(widths),
        "bias": "none",
    }
    (folder / "adapter_config.json").write_text(json.dumps(about, indent=1), "utf-8")


if __name__ == "__main__":
    make(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
