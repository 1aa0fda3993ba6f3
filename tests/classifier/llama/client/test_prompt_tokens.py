"""What the engine counts from each of its starts is summed up for whoever watches it."""

from __future__ import annotations

from classifier.llama.client.load import PromptTokens
from classifier.llama.wire import Progress


def test_counts_go_on_over_a_restart() -> None:
    """A counter never goes back, and what the present engine says twice counts once."""
    tokens = PromptTokens()
    for progress in (
        Progress(1, prompt_tokens=100, reused_tokens=60),
        Progress(2, prompt_tokens=200, reused_tokens=150),
    ):
        tokens.heard(progress)
    tokens.began_again()
    assert (tokens.prompt, tokens.reused) == (200, 150)
    tokens.heard(Progress(1, prompt_tokens=10, reused_tokens=0))
    assert (tokens.prompt, tokens.reused) == (210, 150)
