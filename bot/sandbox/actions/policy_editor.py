"""A policy editor: lints while typing, tries sentences, publishes.

Saving and publishing use the bot's own commands, so that people learn what they will see in Discord.
"""

from __future__ import annotations

import asyncio
from typing import Any

import simcord

from bot.moderation.policies.judge_requests import judgeable
from bot.moderation.policies.reading import lint_policy, read_policy
from bot.sandbox.actions.answers import has_button, texts_of
from bot.sandbox.views.verdicts import view_of_judgement
from bot.sandbox.world.errors import BadRequest
from bot.simulation import story as scene
from bot.simulation.simulated_server import Simulation
from classifier import Content, Judge, JudgeRequest, Lane, Message
from guild_policies.findings import Finding

MOST_SENTENCES = 20

_PUBLISH = "Publish"


async def listing(simulation: Simulation) -> list[dict[str, Any]]:
    """The server's policies with the text to edit."""
    policies = await simulation.bot.services.policies.list(simulation.guild.id)
    return [
        {
            "name": policy.name,
            "text": (policy.draft or policy.published).text if policy.draft or policy.published else "",  # type: ignore[union-attr]  # one of them is there
            "version": policy.published.number if policy.published else None,
            "draft": policy.draft is not None,
        }
        for policy in policies
    ]


async def lint_text(text: str) -> dict[str, Any]:
    """All findings about a text, and its number of rules."""
    findings = await lint_policy(text)
    blocked = any(finding.blocking for finding in findings)
    rules = 0 if blocked else len((await read_policy(text)).rules)
    return {"findings": [_finding(finding) for finding in findings], "rules": rules}


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "line": finding.line,
        "message": finding.message,
        "hint": finding.hint,
        "blocking": finding.blocking,
    }


async def try_sentences(judge: Judge, text: str, sentences: list[str]) -> list[dict[str, Any]]:
    """Judge each sentence under a text, which needn't be saved.

    Raises:
        BadRequest: the text can't be used to judge.
    """
    compiled = await judgeable(text)
    if compiled is None or any(finding.blocking for finding in await lint_policy(text)):
        raise BadRequest("Nothing can be judged by this text yet. See the errors below the editor.")
    policy = await read_policy(text)
    requests = [
        JudgeRequest(policy=compiled, content=Content(target=Message(text=sentence)), lane=Lane.INTERACTIVE)
        for sentence in sentences[:MOST_SENTENCES]
    ]
    answers = await asyncio.gather(*(judge.judge(request) for request in requests))
    return [view_of_judgement(answer, policy) for answer in answers]


async def publish(simulation: Simulation, name: str, text: str) -> dict[str, Any]:
    """Save the text as a draft and publish it, as the admin. Returns the bot's reply to each step."""
    admin, channel = simulation.people[scene.OWNER], simulation.channels[scene.REVIEW_CHANNEL]
    existing = await simulation.bot.services.policies.find(simulation.guild.id, name)
    answers: list[str] = []
    if existing is None or text != (existing.draft or existing.published).text:  # type: ignore[union-attr]  # one of them is there
        command = "policy edit" if existing is not None else "policy new"
        saved = await admin.slash(channel, command, name=name, file=("policy.md", text.encode()))
        await simulation.settle()
        answers += texts_of(saved)
    asked = await admin.slash(channel, "policy publish", name=name)
    await simulation.settle()
    if not has_button(asked.response, _PUBLISH):
        return {"published": False, "answers": [*answers, *texts_of(asked)]}
    answers += texts_of(await _confirm(simulation, admin, asked))
    after = await simulation.bot.services.policies.find(simulation.guild.id, name)
    return {"published": bool(after and after.draft is None and after.published), "answers": answers}


async def _confirm(
    simulation: Simulation, admin: simcord.MemberActor, asked: simcord.InteractionResult
) -> simcord.InteractionResult:
    if asked.response is None:
        raise BadRequest("The bot did not answer.")
    result = await admin.click(asked.response, label=_PUBLISH)
    await simulation.settle()
    return result
