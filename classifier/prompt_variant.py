"""Another wording of the prompt, to find out whether it judges better, or whether verdicts depend on a policy's layout.

The bot itself never uses one: what it says to the model is `classifier.prompt.wording`, and that has a version.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import cached_property


@dataclass(frozen=True, kw_only=True)
class PromptVariant:
    """The texts that differ. An empty text keeps the one in `classifier.prompt.wording`.

    `classifier.prompt.variants.checked` says whether texts can take the place of ours.
    """

    instructions: str = ""  #: in place of ``INSTRUCTIONS``
    answer: str = ""  #: in place of ``ANSWER``
    examples: str = ""  #: in place of ``EXAMPLES``
    user_opening: str = ""  #: in place of ``USER_OPENING``
    user_closing: str = ""  #: in place of ``USER_CLOSING``
    does_not_first: bool = False  #: what a rule allows comes before what breaks it

    @cached_property
    def fingerprint(self) -> str:
        """Eight hex digits that differ for differing variants."""
        canonical = json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()[:8]


AS_ALWAYS = PromptVariant()
