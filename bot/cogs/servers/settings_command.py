"""``/settings``: admins' options besides ``/setup``."""

from __future__ import annotations

from discord import app_commands
from discord.ext import commands

from bot.cogs.servers.settings_cards import CardSettings
from bot.cogs.servers.settings_cascade import CascadeSettings
from bot.cogs.servers.settings_language import LanguageSettings
from bot.cogs.servers.settings_members import MemberSettings
from bot.cogs.servers.settings_mending import MendingSettings
from bot.cogs.servers.settings_pictures import PictureSettings
from bot.cogs.servers.settings_practice import PracticeSettings
from bot.cogs.servers.settings_reading import ReadingSettings
from bot.cogs.servers.settings_reports import ReportSettings
from bot.cogs.servers.settings_review import ReviewSettings
from bot.moderation.cascade.cascade import Cascade
from bot.moderation.policies.publishing import Publishing
from bot.moderation.servers.interface_language import InterfaceLanguages
from bot.moderation.servers.options import OptionStore


@app_commands.default_permissions(manage_guild=True)
class SettingsCommand(
    CascadeSettings,
    MemberSettings,
    ReportSettings,
    MendingSettings,
    ReadingSettings,
    LanguageSettings,
    CardSettings,
    PracticeSettings,
    ReviewSettings,
    PictureSettings,
    commands.GroupCog,
    group_name="settings",
    group_description="Notices, appeals, reading and what else can be set",
):
    """All commands that change options of a server."""

    def __init__(
        self,
        *,
        options: OptionStore,
        can_write: bool,
        cascade: Cascade,
        policies: Publishing,
        can_compare: bool,
        languages: InterfaceLanguages,
    ) -> None:
        super().__init__()
        self.options = options
        self.can_write = can_write
        self.cascade = cascade
        self.policies = policies
        self.can_compare = can_compare
        self.languages = languages
