"""Which policies the engine should be prepared for: those used last. Pure."""

from __future__ import annotations

from collections import OrderedDict

from classifier.judge import Effort
from classifier.policy_text import PolicyText

MOST = 32  #: policies that are remembered; others are computed when they are needed


class RecentPolicies:
    """Remembers the policies in use, so that a new engine can be made ready for them, the last one first.

    An `OrderedDict` and no `cachetools.LRUCache`, because that one does not list its entries by their last use.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._recent: OrderedDict[tuple[str, Effort], PolicyText] = OrderedDict()
        self._cold: OrderedDict[tuple[str, Effort], PolicyText] = OrderedDict()

    def use(self, policy: PolicyText, effort: Effort) -> None:
        """The engine is using this policy now, so it is prepared for it."""
        key = (policy.fingerprint, effort)
        self._recent[key] = policy
        self._recent.move_to_end(key)
        self._cold.pop(key, None)
        if len(self._recent) > self._most:
            self._recent.popitem(last=False)

    def forget(self, policy: PolicyText, effort: Effort) -> None:
        """Prepare no engine for this policy."""
        self._recent.pop((policy.fingerprint, effort), None)
        self._cold.pop((policy.fingerprint, effort), None)

    def all_cold(self) -> None:
        """There is a new engine, which is prepared for none."""
        self._cold = OrderedDict(self._recent)

    def next_cold(self) -> tuple[PolicyText, Effort] | None:
        """The policy used last of those that the engine is not ready for; None when there is none."""
        if not self._cold:
            return None
        (_, effort), policy = self._cold.popitem()
        return policy, effort
