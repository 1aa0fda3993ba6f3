"""The sentences about a raid control: why it wasn't set or ended.

These sentences are stored with the control, in English; `bot.languages.kept_sentences` translates them for the reader.
The sentences about Discord and permissions in `bot.moderation.review.whys` are used here, too.
"""

from __future__ import annotations

from bot.languages.translation import marked
from bot.moderation.review.whys import WHYS as _WHYS

GONE = marked("The channel is gone.")
LONGER_PAUSE = marked("A pause that lasts at least as long is in force already, so nothing was changed.")
SLOWER = marked("The channel has slow mode of {seconds} seconds already, so nothing was changed.")
OTHER_END = marked("Somebody changed the pause in Discord, so it stays as it is.")
LIFTED = marked("Somebody ended the pause in Discord before.")
OTHER_SLOW_MODE = marked("Somebody changed the slow mode to {seconds} seconds, so it stays as it is.")

NEVER_SET = marked("Bylaw did not hear from Discord, and it is not in force.")
NOT_ENDED = marked("Bylaw did not hear from Discord, and it is still in force.")
BROKE = marked("Something broke before Bylaw heard whether this worked. It looks again within minutes.")
GAVE_UP = marked("Bylaw could not end it for a day. End it in the channel's settings.")

FORBIDDEN = marked("Discord does not let Bylaw do that. Check that Bylaw has {permission}.")
FORBIDDEN_IN_CHANNEL = marked("Discord does not let Bylaw do that. Check that Bylaw has {permission} in {channel}.")

#: All of them, the longest first, so that none matches a longer one that begins with it.
RAID_WHYS = tuple(
    sorted(
        [*(value for name, value in vars().copy().items() if name.isupper() and isinstance(value, str)), *_WHYS],
        key=len,
        reverse=True,
    )
)
