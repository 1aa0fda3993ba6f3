"""What counts teach: agreement and thresholds in ``/policy show`` and ``/policy scope``, words for scores on cards."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.moderation.cases.case import CaseKind, CaseState, Decision, Evidence, Judged, NewCase, RuleBroken
from classifier.scripted import NAME

NOW = datetime.now(UTC)


async def decided(world: Any, count: int, *, agreed: int, score: float = 0.97) -> None:
    """This many cases of Spoilers as its scripted judge opens them, decided; moderators agreed with the first ones."""
    policy, cases = await world.stored(), world.bot.services.review._cases
    for number in range(count):
        evidence = Evidence(
            channel_id=world.general.id,
            message_id=int(score * 1_000) * 1_000 + number,
            author_id=world.ana.id,
            edit=0,
            text="x",
            forwarded=False,
            posted_at=NOW,
        )
        judged = Judged(
            policy_id=policy.id,
            policy_name="Spoilers",
            version_id=policy.published.id,
            version_number=1,
            rules=(RuleBroken(id="R1", title="Unmarked spoiler", severity="high"),),
            score=score,
            rationale="x",
            reasoning=None,
            method="scripted",
            judge=NAME,
            prompt_fingerprint=None,
        )
        kind = CaseKind.VIOLATION
        case, _ = await cases.open(NewCase(guild_id=world.guild.id, kind=kind, evidence=evidence, judged=judged))
        state = CaseState.VIOLATION if number < agreed else CaseState.NOT_A_VIOLATION
        await cases.decide(world.guild.id, case.number, Decision(state=state, moderator_id=world.omar.id, at=NOW))


class TestNumbers:
    """Counts beside the policy that they are about."""

    async def test_a_policy_without_decisions(self, world: Any) -> None:
        """Shows its text and nothing else; its scope says how many decisions are missing."""
        await world.set_up()
        assert "agreed" not in world.said(await world.mira.slash(world.general, "policy show", name="Spoilers"))
        scope = world.said(await world.mira.slash(world.general, "policy scope", name="Spoilers"))
        assert "need 50 more decisions: there are 0 of 50 on this text" in scope

    async def test_few_decisions(self, world: Any) -> None:
        """Agreement with its interval from twenty on, and how many more decisions advice takes."""
        await world.set_up()
        await decided(world, 24, agreed=18)
        said = world.said(await world.mira.slash(world.general, "policy show", name="Spoilers"))
        assert "R1 Unmarked spoiler: moderators agreed with 18 of 24; likely between 53 and 90 %" in said
        assert "need 26 more decisions: there are 24 of 50 on this text. A version with another text" in said
        assert "telling how the film ends" in said

    @pytest.mark.also_invented
    async def test_advice_is_never_followed_by_itself(self, world: Any) -> None:
        """From fifty decisions on thresholds are told with what they would have spared; the threshold stays."""
        await world.set_up()
        await decided(world, 13, agreed=1, score=0.7)
        await decided(world, 40, agreed=38)
        said = world.said(await world.mira.slash(world.general, "policy show", name="Spoilers"))
        assert "Of the last 53 decided cards on this text:" in said
        assert "at 0.8 you would have seen 13 cards fewer; violations among them: 1" in said
        assert "at 0.9 you would have seen 13 cards fewer" in said
        assert "at 0.99 you would have seen 53 cards fewer; violations among them: 39" in said
        assert "/policy scope name:Spoilers sets the threshold" in said
        assert (await world.stored()).settings.threshold == 0.5
        scope = world.said(await world.mira.slash(world.general, "policy scope", name="Spoilers"))
        assert "at 0.8 you would have seen 13 cards fewer; violations among them: 1" in scope

    async def test_another_text_starts_again(self, world: Any) -> None:
        """Scores of another text are other scores. Agreement by rule goes on, because rules keep their ids."""
        await world.set_up()
        await decided(world, 50, agreed=50)
        form = await world.mira.slash(world.general, "policy edit", name="Spoilers")
        await world.mira.submit_modal(form, {"text": world.policy.replace("how the film ends", "how any film ends")})
        published = world.said(await world.publish("Spoilers"))
        assert "Words for scores and advice on the threshold are counted from decisions on this text only." in published
        said = world.said(await world.mira.slash(world.general, "policy show", name="Spoilers"))
        assert "moderators agreed with 50 of 50" in said
        assert "there are 0 of 50 on this text" in said

    async def test_the_same_text_goes_on(self, world: Any) -> None:
        """A version that changes nothing that the judge reads keeps its counts."""
        await world.set_up()
        await decided(world, 50, agreed=50)
        form = await world.mira.slash(world.general, "policy edit", name="Spoilers")
        await world.mira.submit_modal(form, {"text": f"{world.policy}\n\n"})
        assert "counted from" not in world.said(await world.publish("Spoilers"))
        said = world.said(await world.mira.slash(world.general, "policy show", name="Spoilers"))
        assert "version 2" in said
        assert "at 0.99 you would have seen 50 cards fewer" in said

    async def test_words_for_scores(self, world: Any) -> None:
        """A card says that its score is no probability until fifty decisions say what it is worth."""
        await world.set_up()
        await world.ana.send(world.general, "the butler did it")
        assert "It is not a probability." in world.said(world.cards()[-1])
        await decided(world, 60, agreed=60)
        source = next(each for each in world.bot.services.faces._sources if hasattr(each, "_counts"))
        source._counts.forget(
            (world.guild.id, (await world.stored()).id, (await world.stored()).published.id)
        )  # what was counted a moment ago
        await world.ana.send(world.general, "it was the butler")
        said = world.said(world.cards()[-1])
        assert "Violation: almost certainly, going by 60 decisions of your team" in said
        assert "no probability" not in said
