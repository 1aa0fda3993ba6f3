"""The sentences about an action: why it wasn't done, or what else a moderator should know.

These sentences are stored with the action, in English; `bot.languages.kept_sentences` translates them for the reader.
So each is a whole sentence, its placeholders are numbers, mentions, times or names of permissions, and several are only
joined with a space.
"""

from __future__ import annotations

from bot.languages.translation import marked
from bot.moderation.cards.face import NOT_TOLD
from bot.moderation.cases.action import LEFT_IN_FORCE as _LEFT_IN_FORCE
from bot.moderation.cases.external_actions import IN_DISCORD as _IN_DISCORD

# Bylaw's connection to Discord.
NOT_HERE = marked("Bylaw is not connected to this server at the moment. Try again later.")
NO_CONNECTION = marked("Discord could not be reached, so nothing was done. Try again in a minute.")
BUSY = marked("Discord asks Bylaw to slow down. Try again in a minute.")
TROUBLE = marked("Discord had trouble (error {status}), so nothing was done. Try again in a minute.")
NO_ANSWER = marked(
    "The connection to Discord broke, so it may or may not have been done. Check in Discord, then try again."
)
NO_CLEAR_ANSWER = marked(
    "Discord had trouble (error {status}), so it may or may not have been done. Check in Discord, then try again."
)
REFUSED = marked("Discord refused (error {status}, code {code}).")
BROKE = marked("Something broke before Bylaw heard whether this worked: look in Discord.")
NOT_BEGUN = marked("Bylaw stopped before it could do this.")
DECIDED_SINCE = marked("The case was closed without an action before this was begun.")
DONE_SINCE = marked("It was done before Bylaw could begin.")
NOT_HEARD = marked("Bylaw stopped before it heard whether this worked: look in Discord.")

# The member.
LEFT = marked("The member is no longer in this server.")
ITSELF = marked("Bylaw takes no action against itself.")
OWNER = marked("The member owns this server, and nobody can act against its owner.")
BOT = marked("The member is a bot, and Bylaw takes no action against bots. Remove it in Server Settings, Integrations.")
ADMIN = marked(
    "The member is an administrator: Discord lets nobody time them out, and Bylaw takes no action against the team."
)
ON_THE_TEAM = marked("The member is on this server's team, and Bylaw takes no action against the team.")
NO_MEMBER = marked("A webhook posted this, so there is no member to act against. You can delete the message.")
NOT_CERTAIN = marked(
    "A webhook posted this, and it is not certain that these are the member's words, so no action is taken against "
    "them. You can delete the message."
)
NO_SUCH_ACCOUNT = marked("Discord no longer knows this account.")

# Permissions and roles.
RANKS_ABOVE_BYLAW = marked(
    "The member's highest role is level with Bylaw's or above it. Move Bylaw's role up in Server Settings, Roles."
)
RANKS_ABOVE_MODERATOR = marked(
    "The member's highest role is level with the moderator's or above it, so Discord would refuse them, too."
)
ROLES_OR_PERMISSION = marked(
    "Discord does not let Bylaw do that. Check that Bylaw has {permission} and that its role is above the member's."
)
LACKS = marked("Bylaw lacks {permission}. Give it to Bylaw's role in Server Settings, Roles.")
LACKS_IN_CHANNEL = marked(
    "Bylaw lacks {permission} in {channel}. Open that channel's settings, Permissions, and allow it."
)
MODERATOR_LEFT = marked("{moderator} is no longer in this server, so Bylaw does nothing for them.")
MODERATOR_LACKS = marked("{moderator} lacks {permission}, so Bylaw does not do it for them.")
MODERATOR_LACKS_IN_CHANNEL = marked("{moderator} lacks {permission} in {channel}, so Bylaw does not do it for them.")
WHO_CAN_UNDO_TIMEOUT = marked("Anyone with {permission} can press Undo timeout.")
WHO_CAN_UNDO_BAN = marked("Anyone with {permission} can press Undo ban.")
NEEDS_TWO_FACTORS = marked(
    "This server requires two-factor authentication from its moderators, and the account that owns Bylaw has none."
)
TOO_MANY_BANS = marked(
    "You have reached Discord's limit for banning people who are not in the server. Try again tomorrow."
)

# Messages and channels.
CHANNEL_GONE = marked("The channel was deleted.")
THREAD_ARCHIVED = marked("The thread is archived, and Discord changes nothing in it until somebody reopens it.")
OF_TITLE = marked(
    "This case is about the title of a thread: rename or delete the thread in Discord. Bylaw does neither."
)
NO_MESSAGE = marked("This case is not about a message, so there is nothing to delete.")
WAS_DELETED = marked("The message had already been deleted.")
SOME_WERE_DELETED = marked("{n} messages had already been deleted.")
ONE_WAS_DELETED = marked("1 message had already been deleted.")
PARTLY_DELETED = marked("{done} of {all} messages are deleted.")
EDITED_SINCE = marked(
    "The message was edited after this text was posted. Only the verdict on its new text can act by itself."
)

# Bans.
WAS_BANNED = marked("The member was already banned.")
NOT_BANNED = marked("The member was no longer banned.")
ANOTHER_BAN = marked(
    "The current ban was not set by this case, so it stays. Server Settings, Bans shows who set it and why."
)
CANNOT_TELL_WHOSE_BAN = marked(
    "Bylaw lacks View Audit Log, so it cannot see who set the current ban, and the ban stays. Give it to Bylaw's role "
    "in Server Settings, Roles, or lift the ban in Server Settings, Bans."
)
TOO_MANY_BANS_TO_TELL = marked(
    "More than {n} people were banned recently, so Bylaw cannot see who set the current ban, and the ban stays. Lift "
    "it in Server Settings, Bans."
)
BAN_OF_LATER_CASE = marked("Case {number} banned the member later, so the current ban is that case's. Undo it there.")
BAN_WANTED_BY_CASE = marked(
    "Case {number} asks for this ban, too, so the member stays banned. Reopen case {number} first."
)

# Timeouts.
LONGER_IN_FORCE = marked("The member is already timed out until {moment}.")
WAS_TIMED_OUT = marked("Before, the member was timed out until {moment}.")
ENDED = marked("This timeout is over, so there is nothing to undo.")
LIFTED = marked("The timeout was already over: somebody lifted it.")
NOTHING_TO_CHANGE = marked("The timeout was lifted in the meantime. To time the member out again, press Act….")
OTHERS_TIMEOUT_STAYS = marked(
    "Case {number} set the timeout in force, until {moment}; it was not set by this action, so it stays."
)
OTHERS_TIMEOUT_NOT_CHANGED = marked(
    "Case {number} set the timeout in force, until {moment}; it was not set by this action, so it was not changed."
)
SOMEBODYS_TIMEOUT_STAYS = marked(
    "Somebody else set the timeout in force, until {moment}; it was not set by this action, so it stays."
)
SOMEBODYS_TIMEOUT_NOT_CHANGED = marked(
    "Somebody else set the timeout in force, until {moment}; it was not set by this action, so it was not changed."
)
CASE_KEEPS_LONGER = marked(
    "Case {number} times the member out until {moment}, so this timeout cannot end before that. Choose a longer one, "
    "or press Undo timeout, which leaves that much."
)
SOMEBODY_KEEPS_LONGER = marked(
    "Somebody had timed the member out until {moment} before, outside of any case, so this timeout cannot end before "
    "that. Choose a longer one, or press Undo timeout, which leaves that much."
)
CASE_KEEPS = marked("Case {number} times the member out until {moment}, so this timeout stays.")
SOMEBODY_KEEPS = marked(
    "Somebody had timed the member out until {moment} before, outside of any case, so this timeout stays."
)
CASE_KEEPS_REST = marked("Case {number} times the member out until {moment}, so that much stays.")
SOMEBODY_KEEPS_REST = marked(
    "Somebody had timed the member out until {moment} before, outside of any case, so that much stays."
)
REOPEN_THAT_CASE = marked("If that is wrong, reopen case {number} and mark it as **Not a violation** first.")
DECIDE_THAT_CASE = marked("Decide case {number} first.")
REMOVE_IN_DISCORD = marked("To end it all the same, remove it in Discord.")

# Notices.
TOLD_ALREADY = marked("The member had been told that it would happen.")
NOTICES_OFF = marked("Nobody was told: this server has notices to members switched off.")

# What cannot be undone or changed.
CANNOT_UNDO_WARNING = marked("A warning cannot be unsaid.")
CANNOT_UNDO_DELETION = marked("Discord cannot restore a deleted message.")
CANNOT_UNDO_KICK = marked("A kick cannot be undone; the member can join again with an invite.")
UNDID_A_TIMEOUT = marked("This undid a timeout itself.")
UNDID_A_BAN = marked("This undid a ban itself.")
UNDONE_ALREADY = marked("It was already undone.")
OVER = marked("This timeout is over.")
CHANGED_LATER = marked("This timeout was changed later. Undo the later one.")
STILL_ASKING = marked("Discord is still being asked about it. Try again in a moment.")
NOT_DONE_YET = marked("It was not done yet. Try again in a moment.")
NEVER_DONE = marked("It was never done, so there is nothing to undo.")
CHANGED_NOTHING = marked("This case changed nothing, so there is nothing to undo.")
ONLY_REHEARSED = marked("It was only rehearsed, so there is nothing to undo.")
NO_TIMEOUT = marked("Only a timeout can be changed.")
OVER_FOR_CHANGE = marked("This timeout is over. To time the member out again, press Act….")

#: All of them, the longest first, so that none matches a longer one that begins with it.
WHYS = tuple(
    sorted(
        [
            *(value for name, value in vars().copy().items() if name.isupper() and isinstance(value, str)),
            *NOT_TOLD.values(),
            _LEFT_IN_FORCE,
            _IN_DISCORD,
        ],
        key=len,
        reverse=True,
    )
)
