"""Text to tokens the way the model was trained: o200k's split into words and merges, by OpenAI's own tiktoken.

llama.cpp has a tokenizer too. It is not used for text, for three reasons that were measured on llama.cpp 0c1e570 (the
one in llama-cpp-python 0.3.36):

* it turns ``<|start|>`` in a member's text into the control token, also with ``parse_special=False``. Here the merges
  know ordinary tokens only, so no text can become a control token;
* it does not count combining marks as letters, so that a Hindi sentence becomes 18 tokens where the model was
  trained on 10;
* it splits words with a recursive regular expression, which overflows the stack on 30,000 equal letters.
"""

from __future__ import annotations

from collections.abc import Mapping

import tiktoken

_UPPER = r"\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}"
_LOWER = r"\p{Ll}\p{Lm}\p{Lo}\p{M}"
_SUFFIX = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"

#: How o200k splits text into words (``o200k_base`` in https://github.com/openai/tiktoken).
PATTERN = "|".join(
    (
        rf"[^\r\n\p{{L}}\p{{N}}]?[{_UPPER}]*[{_LOWER}]+{_SUFFIX}",
        rf"[^\r\n\p{{L}}\p{{N}}]?[{_UPPER}]+[{_LOWER}]*{_SUFFIX}",
        r"\p{N}{1,3}",
        r" ?[^\s\p{L}\p{N}]+[\r\n/]*",
        r"\s*[\r\n]+",
        r"\s+(?!\S)",
        r"\s+",
    )
)


def encoding(ids: Mapping[bytes, int]) -> tiktoken.Encoding:
    """An encoding of ordinary tokens. `ids` maps the bytes of each to its id and has all single bytes.

    The order of the merges is the order of the ids, which holds for o200k: there ids are ranks.
    """
    return tiktoken.Encoding("gpt-oss", pat_str=PATTERN, mergeable_ranks=dict(ids), special_tokens={})
