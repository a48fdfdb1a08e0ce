"""The vectors that come with the training texts: complete, near enough, and never in the way."""

from pathlib import Path

import numpy as np
import pytest

from agent_runtime.models import embedded
from agent_runtime.models.embedding import E5Embedder, HashingEmbedder, vector_key
from agent_runtime.models.shipped_vectors import ShippedVectors, ship
from agent_runtime.models.training import read_stop_wishes, read_training


class Counting(HashingEmbedder):
    """Counts what it is asked to compute."""

    asked = 0

    def embed(self, texts):
        self.asked += len(texts)
        return super().embed(texts)


def test_shipped_texts_are_looked_up_and_others_computed_in_their_order(tmp_path: Path) -> None:
    inner = Counting()
    ship(tmp_path / "v.npz", ["one", "two", "three", "two"], inner)
    inner.asked = 0
    shipped = ShippedVectors.load(tmp_path / "v.npz", inner)

    found = shipped.embed(["three", "new", "one", "new too"])

    assert inner.asked == 2
    whole = HashingEmbedder().embed(["three", "new", "one", "new too"])
    assert (np.sum(found * whole, axis=1) > 0.999).all()
    assert shipped.embed([]).shape[0] == 0


def test_without_a_file_or_with_another_embedder_everything_is_computed(tmp_path: Path) -> None:
    inner = Counting()
    assert ShippedVectors.load(tmp_path / "none.npz", inner) is inner
    ship(tmp_path / "v.npz", ["one"], inner)
    inner.asked, inner.version = 0, "hashing-2"
    ShippedVectors.load(tmp_path / "v.npz", inner).embed(["one"])
    assert inner.asked == 1


def test_the_shipped_file_holds_the_training_texts_and_its_vectors_are_those_of_the_model() -> None:
    """After a change of training texts: parley playbook train --ship."""
    inner, asked = E5Embedder(), []

    class Missing:
        version = inner.version

        def embed(self, texts):
            asked.extend(texts)
            return inner.embed(texts)

    shipped = ShippedVectors.load(embedded.SHIPPED, Missing())
    assert isinstance(shipped, ShippedVectors)
    texts = [e.text for e in read_training()] + [t for ts in read_stop_wishes() for t in ts]
    plain = [t for t in (embedded.reading_text(embedded.message_of(t)) for t in texts) if t]
    known = [t for t in plain if vector_key(inner.version, t) in shipped.rows]
    assert len(known) > 0.9 * len(plain)
    sample = known[:: len(known) // 12]
    near = np.sum(shipped.embed(sample) * inner.embed(sample), axis=1)
    assert not asked
    assert near == pytest.approx(1, abs=2e-4)
