"""Raid controls on the card of a raid: paused invites and direct messages, slow mode, their ends and their refusals."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import discord
import pytest

from bot.app import BylawBot
from bot.cogs.interactions.submitted_forms import NOT_OURS
from bot.cogs.raids.clicks import ENDED_BEFORE
from bot.moderation.cards import shared_cards
from bot.moderation.cases.audit import AuditAction
from bot.moderation.cases.raid_control import ControlState
from bot.simulation.incidents import Incidents, teach_incidents
from classifier import Judge, JudgeRequest, Verdict
from classifier.scripted import ScriptedJudge, clear, violation
from tests.e2e.acting import requests
from tests.e2e.conftest import answer
from tests.e2e.test_act_refusals import give_role, take_from_bylaw
from tests.e2e.test_noise import POLICY, members, post, settled

INCIDENTS = teach_incidents()
HOUR = "3600"


def _adverts(request: JudgeRequest) -> Verdict:
    return violation("R1", rationale="It advertises.") if "advert" in request.content.target.text else clear()


@pytest.fixture
def judge() -> Judge:
    """Adverts break R1."""
    return ScriptedJudge(_adverts)


@pytest.fixture
def incidents() -> Incidents:
    """What Discord knows of incidents."""
    return INCIDENTS


@pytest.fixture
async def raided(world: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The server in a raid: seven members posted one advert in general."""
    await world.mira.slash(world.general, "setup", channel=world.mods, reviewers=world.reviewers, starters="none")
    await world.write("House", POLICY)
    for each in members(world, 7):
        await post(world, each, world.general, "advert of the raid")
    await settled(world)
    monkeypatch.setattr(shared_cards, "CALM", 0.2)  # from here on time is real
    return world


async def shown(world: Any) -> None:
    """Wait until the cards say what happened."""
    await world.env.settle()
    await world.bot.services.cards.settle()


def raid_card(world: Any) -> discord.Message:
    """The card of the raid as it is now."""
    return next(card for card in world.cards() if "Many members at once" in world.said(card))


def boss(world: Any, name: str = "tess", **permissions: bool) -> Any:
    """A moderator with these permissions, or with all that raid controls take."""
    wanted = permissions or {"manage_guild": True, "manage_channels": True}
    role = world.guild.create_role(f"Team of {name}", permissions=discord.Permissions(manage_messages=True, **wanted))
    return world.guild.add_member(world.env.create_user(name), roles=[role])


def labels(result: Any) -> list[str]:
    """The buttons of an answer."""
    rows = [each if isinstance(each, dict) else each.to_dict() for each in answer(result).components]
    return [button["label"] for row in rows for button in row["components"]]


async def choose(world: Any, who: Any, label: str, **values: Any) -> str:
    """Open the panel, click a button, fill its form in; what the moderator is told."""
    panel = await who.click(raid_card(world), label="Raid controls…")
    form = await who.click(answer(panel), label=label)
    said: str = world.said(await who.submit_modal(form, {"length": [HOUR], "reason": "a raid", **values}))
    await shown(world)
    return said


async def slow(world: Any, who: Any, *, seconds: int = 30) -> str:
    """Slow mode in general."""
    return await choose(world, who, "Slow mode…", channel=[world.general], seconds=[str(seconds)])


async def end(world: Any, who: Any, label: str) -> str:
    """Open the panel, and end a control."""
    panel = await who.click(raid_card(world), label="Raid controls…")
    said: str = world.said(await who.click(answer(panel), label=label))
    await shown(world)
    return said


def slow_mode(world: Any) -> int:
    """Of general, in seconds."""
    return int(world.env.backend.channels[world.general.id].rate_limit_per_user or 0)


async def two_hours_later(world: Any) -> None:
    """By Discord's clock; then Bylaw looks at what is over."""
    world.bot.services.discord_time.has_been(discord.utils.utcnow() + timedelta(hours=2))
    assert await world.bot.schedule.run_now("raid controls")
    await shown(world)


class TestPauses:
    """Invites and direct messages, for a chosen time."""

    async def test_invites_are_paused_and_allowed_again(self, raided: Any, incidents: Incidents) -> None:
        """The card says until when and by whom; a button ends it; what Discord is asked is what it knows."""
        tess = boss(raided)
        said = await choose(raided, tess, "Pause invites…")
        assert "Invites are paused until" in said
        now = incidents.of(raided.env.backend, raided.guild.id)
        until = discord.utils.parse_time(now["invites_disabled_until"])
        assert timedelta(minutes=55) < until - discord.utils.utcnow() < timedelta(minutes=61)
        assert now["dms_disabled_until"] is None
        assert f"by <@{tess.id}>" in raided.said(raid_card(raided))
        assert "a raid" not in raided.said(raid_card(raided))
        assert "over" in await end(raided, tess, "Allow invites again")
        assert incidents.of(raided.env.backend, raided.guild.id)["invites_disabled_until"] is None
        assert "paused" not in raided.said(raid_card(raided))

    @pytest.mark.also_invented
    async def test_one_pause_leaves_the_other_alone(self, raided: Any, incidents: Incidents) -> None:
        """Both are named in each request."""
        tess = boss(raided)
        await choose(raided, tess, "Pause invites…")
        await choose(raided, tess, "Pause direct messages…", length=["900"])
        now = incidents.of(raided.env.backend, raided.guild.id)
        assert now["invites_disabled_until"] > now["dms_disabled_until"]
        await end(raided, tess, "Allow direct messages again")
        now = incidents.of(raided.env.backend, raided.guild.id)
        assert now["invites_disabled_until"]
        assert now["dms_disabled_until"] is None

    async def test_a_day_is_within_discords_limit(self, raided: Any, incidents: Incidents) -> None:
        """Discord counts from its own clock."""
        assert "paused until" in await choose(raided, boss(raided), "Pause invites…", length=["86400"])
        assert incidents.of(raided.env.backend, raided.guild.id)["invites_disabled_until"]

    async def test_it_is_over_by_itself(self, raided: Any) -> None:
        """Discord ends it; the card follows, and nothing is asked for."""
        await choose(raided, boss(raided), "Pause invites…")
        asked = len(requests(raided, "PUT", "/incident-actions"))
        await two_hours_later(raided)
        assert "paused" not in raided.said(raid_card(raided))
        assert len(requests(raided, "PUT", "/incident-actions")) == asked

    async def test_what_somebody_ended_in_discord_is_over(self, raided: Any, incidents: Incidents) -> None:
        """And is not ended again."""
        await choose(raided, boss(raided), "Pause invites…")
        await incidents.change(raided.env, raided.guild.id, invites_disabled_until=None)
        await shown(raided)
        assert "paused" not in raided.said(raid_card(raided))
        (control,) = await raided.bot.services.raid_controls._store.of_card(raided.guild.id, 1)
        assert control.state is ControlState.ENDED

    async def test_a_longer_pause_by_hand_stays(self, raided: Any, incidents: Incidents) -> None:
        """Nothing is made shorter."""
        later = (discord.utils.utcnow() + timedelta(hours=5)).isoformat()
        await incidents.change(raided.env, raided.guild.id, invites_disabled_until=later)
        said = await choose(raided, boss(raided), "Pause invites…")
        assert "at least as long is in force already" in said
        assert requests(raided, "PUT", "/incident-actions") == []

    async def test_discord_itself_noticed_a_raid(self, raided: Any, incidents: Incidents) -> None:
        """In the panel, and on the card."""
        tess, now = boss(raided), discord.utils.utcnow().isoformat()
        assert "neither a raid" in raided.said(await tess.click(raid_card(raided), label="Raid controls…"))
        await incidents.change(raided.env, raided.guild.id, raid_detected_at=now, dm_spam_detected_at=now)
        noticed = "Discord itself noticed a raid"
        assert noticed in raided.said(await tess.click(raid_card(raided), label="Raid controls…"))
        await choose(raided, tess, "Pause invites…")
        assert noticed in raided.said(raid_card(raided))


class TestSlowMode:
    """In one channel, with what was before."""

    @pytest.mark.also_invented
    async def test_the_former_slow_mode_comes_back(self, raided: Any) -> None:
        """By the button; Discord's audit log says which case, why and for whom."""
        raided.env.backend.edit_channel(raided.general.id, {"rate_limit_per_user": 5})
        tess = boss(raided)
        assert "Slow mode of 30 seconds" in await slow(raided, tess)
        assert slow_mode(raided) == 30
        reasons = [entry.reason for entry in requests(raided, "PATCH", f"/channels/{raided.general.id}")]
        assert reasons[-1].startswith("Case 1: a raid (by tess")
        await end(raided, tess, "End slow mode in #general")
        assert slow_mode(raided) == 5

    async def test_it_ends_by_itself(self, raided: Any) -> None:
        """Discord would leave it forever."""
        await slow(raided, boss(raided))
        await two_hours_later(raided)
        assert slow_mode(raided) == 0
        assert "Slow mode of" not in raided.said(raid_card(raided))

    async def test_what_somebody_changed_stays(self, raided: Any) -> None:
        """They know why."""
        tess = boss(raided)
        await slow(raided, tess)
        raided.env.backend.edit_channel(raided.general.id, {"rate_limit_per_user": 120})
        await shown(raided)
        await two_hours_later(raided)
        assert slow_mode(raided) == 120

    async def test_the_channel_is_deleted_meanwhile(self, raided: Any) -> None:
        """Its slow mode is over, and nothing fails."""
        await slow(raided, boss(raided))
        raided.env.backend.delete_channel(raided.general.id)
        await shown(raided)
        (control,) = await raided.bot.services.raid_controls._store.of_card(raided.guild.id, 1)
        assert (control.state, control.why) == (ControlState.ENDED, "The channel is gone.")

    async def test_bylaw_loses_the_permission_meanwhile(self, raided: Any) -> None:
        """The card says what to do, and the slow mode ends once Bylaw may."""
        await slow(raided, boss(raided))
        take_from_bylaw(raided)
        await two_hours_later(raided)
        assert slow_mode(raided) == 30
        assert "Bylaw lacks Manage Channels" in raided.said(raid_card(raided))
        take_from_bylaw(raided, manage_channels=True)
        world_time = raided.bot.services.discord_time
        world_time.has_been(discord.utils.utcnow() + timedelta(hours=3))
        assert await raided.bot.schedule.run_now("raid controls")
        assert slow_mode(raided) == 0


class TestWhoMay:
    """Only what both Bylaw and the moderator may is offered, and it is asked again."""

    async def test_a_reviewer_without_the_permissions_is_offered_nothing(self, raided: Any) -> None:
        """They see what is in force, and what they need."""
        panel = await raided.omar.click(raid_card(raided), label="Raid controls…")
        assert answer(panel).components == []
        assert "you need Manage Server" in raided.said(panel)
        assert "need Manage Channels" in raided.said(panel)

    async def test_each_permission_has_its_buttons(self, raided: Any) -> None:
        """Manage Server pauses, Manage Channels slows down."""
        card = raid_card(raided)
        admin, keeper = boss(raided, "una", manage_guild=True), boss(raided, "vic", manage_channels=True)
        pauses = ["Pause invites…", "Pause direct messages…"]
        assert labels(await admin.click(card, label="Raid controls…")) == pauses
        assert labels(await keeper.click(card, label="Raid controls…")) == ["Slow mode…"]

    async def test_members_get_nothing(self, raided: Any) -> None:
        """The card is for reviewers."""
        assert "Only reviewers" in raided.said(await raided.ana.click(raid_card(raided), label="Raid controls…"))

    async def test_a_bot_without_permission_offers_no_button(self, raided: Any) -> None:
        """After the next edit of the card; an old button says what is missing."""
        old = raid_card(raided)
        tess = boss(raided)
        take_from_bylaw(raided)
        panel = await tess.click(old, label="Raid controls…")
        assert answer(panel).components == []
        assert "Bylaw lacks Manage Server" in raided.said(panel)
        await raided.omar.click(old, label="Not a violation")
        await shown(raided)
        assert "Raid controls" not in json.dumps([each.to_dict() for each in raid_card(raided).components])

    @pytest.mark.also_invented
    async def test_who_lost_the_permission_while_the_form_was_open(self, raided: Any) -> None:
        """What counts is the moment in which Discord is asked."""
        tess = boss(raided)
        form = await tess.click(
            answer(await tess.click(raid_card(raided), label="Raid controls…")), label="Pause invites…"
        )
        raided.env.backend.edit_member(raided.guild.id, tess.id, {"role_ids": []})
        give_role(raided, tess, "Still a reviewer", manage_messages=True)
        said = raided.said(await tess.submit_modal(form, {"length": [HOUR], "reason": ""}))
        assert f"<@{tess.id}> lacks Manage Server" in said
        assert requests(raided, "PUT", "/incident-actions") == []


class TestAtOnce:
    """Two moderators, double clicks, and Discord in trouble."""

    async def test_the_second_moderator_is_told_of_the_first(self, raided: Any) -> None:
        """Nothing is asked of Discord twice."""
        tess, una = boss(raided), boss(raided, "una")
        forms = [
            await who.click(answer(await who.click(raid_card(raided), label="Raid controls…")), label="Pause invites…")
            for who in (tess, una)
        ]
        await tess.submit_modal(forms[0], {"length": [HOUR], "reason": ""})
        said = raided.said(await una.submit_modal(forms[1], {"length": ["900"], "reason": ""}))
        assert "in force already" in said
        assert f"by <@{tess.id}>" in said
        assert len(requests(raided, "PUT", "/incident-actions")) == 1

    async def test_a_double_click_ends_it_once(self, raided: Any) -> None:
        """The second click hears that it is over."""
        tess = boss(raided)
        await choose(raided, tess, "Pause invites…")
        panel = answer(await tess.click(raid_card(raided), label="Raid controls…"))
        await tess.click(panel, label="Allow invites again")
        assert ENDED_BEFORE in raided.said(await tess.click(panel, label="Allow invites again"))
        assert len(requests(raided, "PUT", "/incident-actions")) == 2

    @pytest.mark.parametrize(("status", "said"), [(403, "Check that Bylaw has Manage Server"), (429, "slow down")])
    async def test_discord_refuses(self, raided: Any, status: int, said: str) -> None:
        """One sentence, and it can be tried again."""
        raided.env.inject_error("PUT", "/guilds/*/incident-actions", status=status, code=0)
        tess = boss(raided)
        assert said in await choose(raided, tess, "Pause invites…")

        assert "Pause invites…" in labels(await tess.click(raid_card(raided), label="Raid controls…"))

    @pytest.mark.also_invented
    async def test_a_forged_form_changes_nothing(self, raided: Any) -> None:
        """One for slow mode without a channel."""
        tess = boss(raided)
        panel = answer(await tess.click(raid_card(raided), label="Raid controls…"))
        form = await tess.click(panel, label="Pause invites…")
        form._interaction.modal["custom_id"] = f"bylaw:raid_form:{raided.guild.id}:1:slow_mode"
        assert raided.said(await tess.submit_modal(form, {"length": [HOUR], "reason": ""})) == NOT_OURS
        assert requests(raided, "PUT", "/incident-actions") == []
        assert slow_mode(raided) == 0


class TestWhatIsKept:
    """Who, when, why, and Discord's answer."""

    @pytest.mark.also_invented
    async def test_it_is_in_the_audit_log_and_in_the_export(self, raided: Any) -> None:
        """Of the first case of the raid; the export of every case of the raid has it, with the reason."""
        tess = boss(raided)
        await choose(raided, tess, "Pause invites…")
        await end(raided, tess, "Allow invites again")
        entries = await raided.bot.services.files.find(raided.guild.id, 1)
        told = [(entry.action, entry.actor_id, entry.detail) for entry in entries.history]
        mine = [each for each in told if each[0] in (AuditAction.CONTROL_ASKED, AuditAction.CONTROL_SETTLED)]
        assert mine[0][1] == tess.id
        assert mine[0][2].startswith("raid control 1: pause_invites until ")
        assert [each[2] for each in mine[1:]] == [
            "raid control 1: pending -> in_force",
            "raid control 1: in_force -> ending",
            "raid control 1: ending -> ended",
        ]
        history = raided.said(await raided.omar.click(raided.cards()[0], label="History"))
        assert "pause of invites asked for, until <t:" in history
        assert "raid control in force" in history
        assert f"end of a raid control asked for, by <@{tess.id}>" in history
        assert f"raid control over, by <@{tess.id}>" in history
        exported = await raided.omar.slash(raided.general, "case export", number=3, form="json")
        (text,) = raided.files(exported).values()
        (control,) = json.loads(text)["raid_controls"]
        assert control["reason"] == "a raid"
        assert control["ended_by"] == str(tess.id)

    async def test_a_restart_leaves_the_end_to_the_next_process(
        self, raided: Any, bot_factory: Callable[[Judge], BylawBot], judge: Judge
    ) -> None:
        """The slow mode ends all the same."""
        await slow(raided, boss(raided))
        await raided.env.restart_bot(bot_factory(judge))
        await two_hours_later(raided)
        assert slow_mode(raided) == 0
