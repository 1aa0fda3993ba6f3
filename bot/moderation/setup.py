"""What ``/setup`` does: sets where cards go and who decides, and publishes starter policies."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.moderation.cards.posting import CardPosting
from bot.moderation.messages.watermarks import Watermarks
from bot.moderation.policies.consequences import ActingRule, Consequences
from bot.moderation.policies.publishing import Published, Publishing, Refused, Saved
from bot.moderation.servers.options import LanguageOptions, OptionStore
from bot.moderation.servers.server import MAX_APPEAL_LENGTH, ServerSettings, ServerStore
from classifier.content import clean_text
from guild_policies import templates
from guild_policies.text.hidden import is_blank


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUp:
    """The result of ``/setup``."""

    settings: ServerSettings
    started: tuple[str, ...]  #: starter policies that are in force now
    kept: tuple[str, ...]  #: starter policies whose name the server already uses; unchanged
    refused: tuple[str, ...]  #: a sentence for each starter policy that is a draft now and could not be published
    cards_posted: int  #: cards that were waiting for a channel
    acting: tuple[ActingRule, ...] = ()  #: rules with automatic actions; for others, Bylaw only reports


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupChoices:
    """An administrator's choices for ``/setup``."""

    review_channel_id: int
    reviewer_role_id: int | None = None  #: None leaves the role as it was
    policy_editor_role_id: int | None = None  #: None leaves the role as it was
    appeal: str | None = None  #: how members appeal; cut at `MAX_APPEAL_LENGTH`. None doesn't change it
    language: str | None = None  #: a value of `LanguageOptions.language`; None leaves it as it was
    starters: tuple[str, ...] | None = (
        None  #: names of templates; None means the basics the first time, and none after that
    )


class Setup:
    """Carries out ``/setup``. Running it again changes the settings and leaves policies alone."""

    def __init__(
        self,
        *,
        servers: ServerStore,
        policies: Publishing,
        cards: CardPosting,
        marks: Watermarks,
        consequences: Consequences,
        options: OptionStore,
        retention_days: int,
    ) -> None:
        self._servers = servers
        self._options = options
        self._policies = policies
        self._cards = cards
        self._marks = marks
        self._consequences = consequences
        self._retention_days = retention_days

    async def set_up(self, guild_id: int, choices: SetupChoices, *, actor_id: int, at_id: int) -> SetUp:
        """Save the settings, put the starter policies in force, and post waiting cards.

        Args:
            at_id: a current id from Discord: after the first setup, messages with higher ids are judged.
        """
        before = await self._servers.get(guild_id)
        starters = choices.starters
        if starters is None:
            starters = () if before else templates.BASICS
        settings = self._settings(guild_id, choices, before)
        await self._servers.save(settings, actor_id=actor_id)
        if choices.language is not None:
            language = LanguageOptions(language=choices.language)
            await self._options.save(guild_id, language, actor_id=actor_id)
        if before is None:
            await self._marks.begin_server(guild_id, at_id)
        ends = {name: await self._start(guild_id, name, actor_id=actor_id) for name in starters}
        return SetUp(
            settings=settings,
            started=tuple(name for name, end in ends.items() if isinstance(end, Published)),
            kept=tuple(name for name, end in ends.items() if end is None),
            refused=tuple(end.why for end in ends.values() if isinstance(end, Refused)),
            cards_posted=await self._cards.catch_up(guild_id),
            acting=await self._consequences.acting(guild_id),
        )

    async def settings_of(self, guild_id: int) -> ServerSettings | None:
        """The server's settings; None before its first ``/setup``."""
        return await self._servers.get(guild_id)

    def _settings(self, guild_id: int, choices: SetupChoices, before: ServerSettings | None) -> ServerSettings:
        appeal = clean_text(choices.appeal or "").replace("\0", "").strip()
        settings = ServerSettings(
            guild_id=guild_id,
            review_channel_id=choices.review_channel_id,
            reviewer_role_id=choices.reviewer_role_id,
            retention_days=self._retention_days,
            policy_editor_role_id=choices.policy_editor_role_id,
            appeal="" if is_blank(appeal) else appeal[:MAX_APPEAL_LENGTH],
        )
        if before is None:
            return settings
        return replace(
            settings,
            retention_days=before.retention_days,
            reviewer_role_id=choices.reviewer_role_id or before.reviewer_role_id,
            policy_editor_role_id=choices.policy_editor_role_id or before.policy_editor_role_id,
            appeal=before.appeal if choices.appeal is None else settings.appeal,
        )

    async def _start(self, guild_id: int, name: str, *, actor_id: int) -> Published | Refused | None:
        """Publish a starter policy. None if the server has a policy with this name, or somebody else was faster."""
        saved = await self._policies.create(guild_id, name, templates.load(name), actor_id=actor_id)
        if not isinstance(saved, Saved):
            return None
        end = await self._policies.publish(guild_id, name, seen_revision=saved.draft.revision, actor_id=actor_id)
        return end if isinstance(end, Published | Refused) else None
