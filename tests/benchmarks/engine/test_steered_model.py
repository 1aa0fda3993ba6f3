"""A random model that answers differently from message to message."""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np
import pytest

from benchmarks.engine.steered_model import difference, is_random, steer
from classifier.llama.model_file.vocabulary import open_vocabulary


@pytest.mark.parametrize("quantile", [0.5, 0.8])
def test_so_many_states_give_the_digit_0(quantile: float) -> None:
    """However much all states have in common, the row's difference is negative for the share that was asked for."""
    dice = np.random.default_rng(1)
    states = 5.0 + dice.standard_normal((2_000, 32))
    row = difference(states, size=3.0, quantile=quantile)
    assert np.mean(states @ row < 0) == pytest.approx(quantile, abs=0.01)


def test_only_the_row_of_the_digit_1_changes(tiny_model: Path, tmp_path: Path) -> None:
    """Everything that speed depends on is left as it was."""
    out = tmp_path / "steered.gguf"
    vocabulary = open_vocabulary(tiny_model)
    steer(tiny_model, out, vocabulary, threads=1)
    assert is_random(out)
    (one,) = vocabulary.encode("1")
    before, after = ({t.name: t.data for t in gguf.GGUFReader(path).tensors} for path in (tiny_model, out))
    changed = [name for name in before if not np.array_equal(before[name], after[name])]
    assert changed == ["output.weight"]
    rows = np.flatnonzero((before["output.weight"] != after["output.weight"]).any(axis=1))
    assert rows.tolist() == [one]
