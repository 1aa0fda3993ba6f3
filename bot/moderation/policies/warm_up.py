"""Has the judge room for a policy? It is asked before a version comes into force, and is ready for it then."""

from __future__ import annotations

from bot.moderation.judging.pipeline import Judging
from bot.moderation.policies.outcomes import Refused
from classifier import Judge
from guild_policies.compile import NotJudgeable, compile_policy
from guild_policies.text.parse import parse
from guild_policies.versions import StoredPolicy


class PolicyRooms:
    """Has policies computed before the first message is judged by them."""

    def __init__(self, *, judge: Judge, judging: Judging) -> None:
        self._judge = judge
        self._judging = judging

    async def make(self, policy: StoredPolicy, text: str) -> Refused | None:
        """Get the judge ready for this text of the policy; why that cannot be. A judge that cannot be asked at the
        moment is no reason against a text, and neither is a text that no judge reads."""
        try:
            compiled = compile_policy(parse(text).policy)
        except NotJudgeable:
            return None
        room = await self._judge.prepare(compiled, effort=policy.settings.effort or self._judging.effort)
        if room is None or room.fits:
            return None
        return Refused(
            why=f"“{policy.name}” is too long for the model: it has {room.tokens:,} tokens, and at most "
            f"{max(room.most, 0):,} leave room for a message and an answer."
        )
