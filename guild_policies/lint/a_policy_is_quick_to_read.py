"""A policy of 400 to 600 tokens is read best; a longer one is followed less closely, and costs more each time.

The length is the one that the model's own usage guide recommends. The estimate is that of `fits_the_length_limit`.
Patterns do not count, because the model does not read them.
"""

from __future__ import annotations

from collections.abc import Iterator

from guild_policies.findings import Finding
from guild_policies.lint.fits_the_length_limit import tokens_read
from guild_policies.text.parse import Parsed

BEST_TOKENS = 600


def check(parsed: Parsed) -> Iterator[Finding]:
    """Find a text that is longer than is good for it."""
    tokens = tokens_read(parsed)
    if tokens > BEST_TOKENS:
        yield Finding(
            code="a_policy_is_quick_to_read",
            line=1,
            column=1,
            message=f"The policy is about {tokens:,} tokens long; 400 to {BEST_TOKENS} work best.",
            hint="Shorten it, or move some rules into a policy of their own: a server has room for ten.",
        )
