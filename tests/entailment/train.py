"""Teaches a sentence encoder to say whether a premise entails a hypothesis.

Runs in an environment of its own (`environment.py`): `python train.py BASE SNLI PAIRS FOLDER`.
First on pairs of SNLI with three labels, then on our own, which know entailed or not. On two cores
it takes about an hour. `SHARE` in the environment, such as 0.01, takes a part of all pairs, to try
the whole way in a minute.
"""

import json
import os
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch.nn import functional
from transformers import AutoModelForSequenceClassification, AutoTokenizer

LABELS = {"entailment": 0, "neutral": 1, "contradiction": 2}
BATCH = 32
MAX_TOKENS = 220
EPOCHS = 1
RATE = 3e-5
OF_SNLI = 17_000
SORTED_TOGETHER = 40
"""Batches whose pairs are sorted by length, so that little of a batch is padding."""


@dataclass(frozen=True)
class Pair:
    """`label` is a place in `LABELS`, or for our own pairs 1 where entailed and 0 where not."""

    premise: str
    hypothesis: str
    label: int


def of_snli(path: Path) -> list[Pair]:
    """Returns some pairs of SNLI, without those on which its annotators did not agree."""
    with path.open(encoding="utf-8") as lines:
        told = [json.loads(line) for line in lines]
    kept = [
        Pair(one["sentence1"], one["sentence2"], LABELS[one["gold_label"]])
        for one in told
        if one["gold_label"] in LABELS
    ]
    random.shuffle(kept)
    return kept[:OF_SNLI]


def of_ours(path: Path) -> list[Pair]:
    """Returns the pairs that `pairs.py` wrote."""
    with path.open(encoding="utf-8") as lines:
        told = [Pair(**json.loads(line)) for line in lines]
    random.shuffle(told)
    return told


def batches(pairs: list[Pair]) -> Iterator[list[Pair]]:
    """Yields every pair once, near neighbours in length together, batches in any order."""
    pairs = random.sample(pairs, len(pairs))
    size = BATCH * SORTED_TOGETHER
    for start in range(0, len(pairs), size):
        some = sorted(pairs[start : start + size], key=lambda p: len(p.premise) + len(p.hypothesis))
        cut = [some[at : at + BATCH] for at in range(0, len(some), BATCH)]
        yield from random.sample(cut, len(cut))


class Trainer:
    """A model on its way from `base` to `folder`."""

    def __init__(self, base: Path) -> None:
        self._tokenizer = AutoTokenizer.from_pretrained(base)
        self._model = AutoModelForSequenceClassification.from_pretrained(
            base, num_labels=len(LABELS)
        )
        for name, weights in self._model.named_parameters():
            weights.requires_grad = "embeddings" not in name

    def teach(self, pairs: list[Pair], *, epochs: int, is_ours: bool) -> None:
        """Goes through all pairs `epochs` times; the rate rises for a while, then falls to zero."""
        steps = epochs * -(-len(pairs) // BATCH)
        learnt = [w for w in self._model.parameters() if w.requires_grad]
        optimizer = torch.optim.AdamW(learnt, lr=RATE, weight_decay=0.01)
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimizer,
            lambda at: min((at + 1) / (0.06 * steps + 1), max(0.02, (steps - at) / steps)),
        )
        self._model.train()
        began, done, total = time.monotonic(), 0, 0.0
        for _ in range(epochs):
            for batch in batches(pairs):
                loss = self._loss(batch, is_ours)
                loss.backward()
                torch.nn.utils.clip_grad_norm_(learnt, 1.0)
                optimizer.step()
                schedule.step()
                optimizer.zero_grad()
                done, total = done + 1, total + loss.item()
                if done % 50 == 0:
                    passed = time.monotonic() - began
                    print(f"{done} of {steps} steps, loss {total / 50:.3f}, {passed:.0f} s")
                    total = 0.0

    def _loss(self, batch: list[Pair], is_ours: bool) -> torch.Tensor:
        told = self._tokenizer(
            [p.premise for p in batch],
            [p.hypothesis for p in batch],
            truncation="only_first",
            max_length=MAX_TOKENS,
            padding=True,
            return_tensors="pt",
        )
        with torch.autocast("cpu", dtype=torch.bfloat16):
            scores = self._model(**told).logits.float()
        labels = torch.tensor([p.label for p in batch])
        if not is_ours:
            return functional.cross_entropy(scores, labels)
        entailed = scores[:, 0] - torch.logsumexp(scores[:, 1:], -1)
        return functional.binary_cross_entropy_with_logits(entailed, labels.float())

    def save(self, folder: Path) -> None:
        """Writes weights and tokenizer, as any server of such models reads them."""
        self._model.config.id2label = {place: name for name, place in LABELS.items()}
        self._model.config.label2id = LABELS
        self._model.save_pretrained(folder)
        self._tokenizer.save_pretrained(folder)


if __name__ == "__main__":
    base, snli, ours, folder = map(Path, sys.argv[1:5])
    torch.manual_seed(1)
    random.seed(1)
    torch.set_num_threads(2)
    share = float(os.environ.get("SHARE", "1"))
    trainer = Trainer(base)
    for pairs, is_ours in ((of_snli(snli), False), (of_ours(ours), True)):
        trainer.teach(pairs[: round(share * len(pairs))], epochs=EPOCHS, is_ours=is_ours)
    trainer.save(folder)
