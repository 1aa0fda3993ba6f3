"""What has become of requests: each must come to exactly one end."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from classifier import Judgement, PolicyText, Undecided


@dataclass(slots=True)
class Tally:
    """What has become of the requests."""

    asked: int = 0
    verdicts: int = 0
    cancelled: int = 0
    undecided: Counter[str] = field(default_factory=Counter)
    twice: int = 0  #: verdicts that are not about what was asked: another request's answer

    def count(self, judgement: Judgement, policy: PolicyText) -> None:
        """Note an answer."""
        if isinstance(judgement, Undecided):
            self.undecided[judgement.reason.value] += 1
            return
        self.verdicts += 1
        self.twice += judgement.provenance.policy_fingerprint != policy.fingerprint

    @property
    def lost(self) -> int:
        """Requests that came to no end."""
        return self.asked - self.verdicts - self.cancelled - sum(self.undecided.values())
