"""A newer version of an imported policy: merged with what was changed here, conflict by conflict.

No state is stored in between. The newer text is attached to the question, and the button's custom_id has the policy,
its state when the first question was asked, and the choices so far.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import discord

from bot.cogs.interactions.permission import admits_editor
from bot.cogs.interactions.quoting import fenced, on_one_line
from bot.cogs.interactions.reply import Document, Reply, clipped, file_name, replace
from bot.cogs.interactions.submitted_forms import BadForm, SubmittedForm, on_component
from bot.cogs.interactions.wording import name as shown
from bot.cogs.policies import replies as policy_replies
from bot.cogs.policies.base import POLICY_GONE, PolicyCommands, PolicyTools
from bot.cogs.policies.editor import read_upload
from bot.languages.translation import _, marked, ngettext, number, say
from bot.moderation.policies.imports import Newer, text_here
from bot.moderation.policies.outcomes import Blocked
from bot.moderation.policies.reading import lint_policy
from guild_policies.text.merging import Merged, Side
from guild_policies.text.origin import Origin, with_origin, without_origin
from guild_policies.versions import StoredPolicy

MOST_CONFLICTS = 25  #: conflicts that are asked about one by one; a custom_id has 100 characters
AS_IMPORTED = "-as-imported.md"  #: suffix of the name of the file with the newer text

CHOOSE = (
    r"bylaw:merge:(?P<policy>[0-9]{1,19}):(?P<revision>[0-9]{1,19}):(?P<number>[0-9]{1,19}):"
    rf"(?P<choices>[ot]{{1,{MOST_CONFLICTS}}})"
)
_PART_LIMIT, _TEXT_LIMIT = 100, 700  #: UTF-16 units
_CHANGED = marked("**Nothing was saved.** The policy was changed while you chose. Import the attached file again.")
_FILE_GONE = marked("The file of this question is gone, so nothing was saved. Use /policy import again.")
SAVE_LABEL = marked("Save as draft")  # Translators: a button, at most 80 characters.
CANCEL_LABEL = marked("Cancel")  # Translators: a button, at most 80 characters.


class PolicyMerging(PolicyCommands):
    """Asks about what both sides changed."""

    @on_component(CHOOSE, what="a merge")
    async def choose(self, interaction: discord.Interaction[Any], click: SubmittedForm) -> None:
        """Another conflict was decided: show the next question, or a preview."""
        if not await admits_editor(interaction, self.tools.access) or interaction.guild_id is None:
            return
        await interaction.response.defer()
        files = interaction.message.attachments if interaction.message is not None else []
        whole = await read_upload(files[0], whole=True) if files else None
        theirs, origin = without_origin(whole) if isinstance(whole, str) else ("", None)
        if origin is None:
            await replace(interaction, Reply(text=_(_FILE_GONE)))
            return
        policy = await self.tools.desk.by_id(interaction.guild_id, click.number("policy"))
        before = await self.tools.imports.before(policy) if policy is not None else None
        if policy is None or before is None:
            await replace(interaction, Reply(text=_(POLICY_GONE), files=(imported_file(theirs, origin, "policy"),)))
            return
        seen_by_now = seen(policy)
        if seen_by_now != ":".join(click.ids[part] for part in ("policy", "revision", "number")):
            await replace(interaction, Reply(text=_(_CHANGED), files=(imported_file(theirs, origin, policy.name),)))
            return
        newer, choices = Newer(policy=policy, before=before), [Side(each) for each in click.ids["choices"]]
        actor_id = interaction.user.id
        await replace(interaction, await next_step(self.tools, newer, theirs, origin, choices, actor_id=actor_id))


async def next_step(
    tools: PolicyTools,
    newer: Newer,
    theirs: str,
    origin: Origin,
    choices: Sequence[Side] = (),
    *,
    actor_id: int,
) -> Reply:
    """The next conflict, or the merged text with a button that saves it as a draft.

    Raises:
        BadForm: there are more choices than conflicts.
    """
    policy = newer.policy
    merged = await tools.imports.merged(newer, theirs, choices)
    if len(choices) > len(merged.conflicts):
        raise BadForm("choices")
    file = imported_file(theirs, origin, policy.name)
    if len(merged.conflicts) > MOST_CONFLICTS:
        return Reply(text=_too_many(policy, merged), files=(file,))
    if len(choices) < len(merged.conflicts):
        return _question(newer, merged, origin, choices, file)
    if merged.text == text_here(policy):
        await tools.imports.remember(policy, origin, theirs, actor_id=actor_id)
        return Reply(
            text=_(
                "**{policy}** does not change: version {number} has nothing to add.",
                policy=shown(policy.name),
                number=origin.version,
            )
        )
    findings = await lint_policy(merged.text)
    if any(finding.blocking for finding in findings):
        return policy_replies.blocked(Blocked(findings=findings, text=merged.text), policy.name)
    return await _preview(newer, merged, origin, file)


def older(newer: Newer, origin: Origin) -> Reply:
    """Says that the file has nothing newer than the previous import."""
    return Reply(
        text=_(
            "This file is version {number} of the policy that **{policy}** comes from, and you imported version {had} "
            "before. Nothing was saved. To replace the draft with this file anyway, name the policy: "
            "/policy import name:",
            number=origin.version,
            policy=shown(newer.policy.name),
            had=newer.before.origin.version,
        )
    )


def imported_file(theirs: str, origin: Origin, policy_name: str) -> Document:
    """The newer text as a file that can be imported again."""
    stem = file_name(policy_name).removesuffix(".md")
    return Document(name=f"{stem}{AS_IMPORTED}", text=with_origin(theirs, origin))


def seen(policy: StoredPolicy) -> str:
    """The custom_id's part with the policy and its current state."""
    revision = policy.draft.revision if policy.draft else 0
    number = policy.published.number if policy.published else 0
    return f"{policy.id}:{revision}:{number}"


def _question(newer: Newer, merged: Merged, origin: Origin, choices: Sequence[Side], file: Document) -> Reply:
    conflict = merged.conflicts[len(choices)]
    head = _(
        "**Version {version} and you both changed this part** of {policy} ({which} of {all}): **{part}**\nNothing is "
        "saved yet.",
        version=origin.version,
        policy=shown(newer.policy.name),
        which=number(len(choices) + 1),
        all=number(len(merged.conflicts)),
        part=on_one_line(conflict.told(say), _PART_LIMIT),
    )
    theirs = _("Version {number}:", number=origin.version)
    text = "\n".join([head, _("Yours:"), _side(conflict.ours), theirs, _side(conflict.theirs)])
    so_far = "".join(choices)
    return Reply(
        text=text,
        files=(file,),
        buttons=(
            # Translators: a button, at most 80 characters.
            _choice(newer, f"{so_far}{Side.OURS}", _("Keep ours")),
            # Translators: a button, at most 80 characters.
            _choice(newer, f"{so_far}{Side.THEIRS}", _("Take theirs")),
            discord.ui.Button[Any](custom_id="bylaw:import:cancel", label=_(CANCEL_LABEL)),
        ),
    )


def _choice(newer: Newer, choices: str, label: str) -> discord.ui.Button[Any]:
    return discord.ui.Button(
        custom_id=f"bylaw:merge:{seen(newer.policy)}:{choices}", label=label, style=discord.ButtonStyle.primary
    )


def _side(text: str) -> str:
    return fenced(clipped(_cut(text), _TEXT_LIMIT)) if text.strip() else _("-# (removed, or empty)")


def _cut(text: str) -> str:
    """Cut a line that is too long for a message; the whole text is in the file."""
    most = _TEXT_LIMIT // 2
    return "\n".join(line if len(line) <= most else f"{line[:most]}…" for line in text.split("\n"))


async def _preview(newer: Newer, merged: Merged, origin: Origin, file: Document) -> Reply:
    policy = newer.policy
    conflicts = len(merged.conflicts)
    decided = [ngettext("You chose for {n} part.", "You chose for {n} parts.", conflicts)] if conflicts else []
    merges = _(
        "**Not saved yet.** Version {number} merged with what you changed in **{policy}** since version {before}.",
        number=origin.version,
        policy=shown(policy.name),
        before=newer.before.origin.version,
    )
    head = " ".join([merges, *decided, _("The first file is what would be saved. What changes for you:")])
    what = await policy_replies.changes_between(text_here(policy), merged.text, head, policy.name)
    return Reply(
        text=what.text,
        files=(Document(name=file_name(policy.name), text=merged.text), file, *what.files),
        buttons=(
            discord.ui.Button[Any](
                custom_id=f"bylaw:import:{seen(policy)}", label=_(SAVE_LABEL), style=discord.ButtonStyle.primary
            ),
            discord.ui.Button[Any](custom_id="bylaw:import:cancel", label=_(CANCEL_LABEL)),
        ),
    )


def _too_many(policy: StoredPolicy, merged: Merged) -> str:
    names = ", ".join(on_one_line(each.told(say), _PART_LIMIT) for each in merged.conflicts[:5])
    return ngettext(
        "**Nothing was saved.** You and the newer version of **{policy}** changed {n} part differently: {parts}. The "
        "newer text is attached. Use what you want with /policy edit, or replace the draft with the file: /policy "
        "import name:",
        "**Nothing was saved.** You and the newer version of **{policy}** changed {n} parts differently, such as "
        "{parts}: too many to ask about one by one. The newer text is attached. Use what you want with /policy edit, "
        "or replace the draft with the file: /policy import name:",
        len(merged.conflicts),
        policy=shown(policy.name),
        parts=names,
    )
