"""A policy is at most about 10,000 tokens long, the most that the model can use, and has at most 1,000 lines.

The model's own usage guide names that limit, and 400 to 600 tokens as the best length. There is no tokenizer here, so a
token is taken for four bytes of UTF-8: about right for English, too many for most other scripts by a third. The exact
limit is checked where the model is loaded. The limit of lines is for the bot: it reads a text line by line, and 38,000
lines of one letter would fit the other limit.
"""

from __future__ import annotations

from collections.abc import Iterator

from guild_policies.findings import Finding
from guild_policies.text.lines import Role
from guild_policies.text.parse import Parsed

MAX_TOKENS = 10_000
MAX_LINES = 1_000
_BYTES_PER_TOKEN = 4

#: An uploaded file beyond this is not even decoded; UTF-16 needs up to two bytes where UTF-8 needs one.
MAX_UPLOAD_BYTES = 2 * MAX_TOKENS * _BYTES_PER_TOKEN + 2


def estimated_tokens(text: str) -> int:
    """An estimate of this text's tokens."""
    return -(-len(text.encode("utf-8", "surrogatepass")) // _BYTES_PER_TOKEN)


def tokens_read(parsed: Parsed) -> int:
    """About how many tokens of a policy the model reads: patterns are for the lite judge alone."""
    return estimated_tokens("\n".join(line.raw for line in parsed.lines if line.role is not Role.PATTERN))


def check(parsed: Parsed) -> Iterator[Finding]:
    """Find a text that is too long. Blocking: the model would not see its end, or the bot would take long to read
    it."""
    tokens = estimated_tokens(parsed.text)
    if tokens > MAX_TOKENS:
        yield too_long(f"The policy has {len(parsed.text):,} characters, about {tokens:,} tokens")
    elif (lines := _line_count(parsed.text)) > MAX_LINES:
        yield too_long(f"The policy has {lines:,} lines", most=f"{MAX_LINES:,} lines")


def _line_count(text: str) -> int:
    """A line break at the end does not start another line."""
    return text.count("\n") + (not text.endswith("\n"))


def too_long(what: str, *, most: str = f"{MAX_TOKENS:,} tokens") -> Finding:
    """The finding for a text or file that is too long; `what` begins the message, `most` is the limit."""
    return Finding(
        code="fits_the_length_limit",
        line=1,
        column=1,
        message=f"{what}; at most {most} are allowed.",
        hint="Keep a policy to about 400 words, and write a second policy for the other problems.",
        blocking=True,
    )
