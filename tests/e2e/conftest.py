"""The real bot with its real database in a simulated Discord, and a small server to try it in.

After each test, every request that the bot made is held against Discord's limits: those of the official OpenAPI
description where that file is at hand, and those that it does not cover by hand.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import discord
import pytest
import pytest_asyncio
import simcord
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from bot.app import BylawBot, create_bot
from bot.keys import new_key
from bot.schedule import Schedule
from bot.settings import Settings
from classifier import Judge, Judgement, JudgeRequest, Verdict
from classifier.scripted import ScriptedJudge, clear, violation
from tests.e2e.invented_language import LOCALE, Sent, everybody_reads_it

SPEC = Path(os.environ.get("BYLAW_SHARED", Path(__file__).parents[3] / "shared")) / "data" / "discord_openapi.json"
Schema = tuple[str, re.Pattern[str], Draft202012Validator]

POLICY = """# Spoilers

Keep surprises safe.

## Rules
### R1 Unmarked spoiler
Severity: high
Breaks it: telling how the film ends.
Does not: opinions without plot.
Examples:
- violates: "cannot believe the sister was behind it all along"
- violates: "the ship sinks and he drowns"
- allowed: "the ending wrecked me, no details"
- allowed: "is it worth seeing"
"""


def _flags_what_says_butler(request: JudgeRequest) -> Verdict:
    if "butler" in request.content.target.words:
        return violation("R1", rationale="It tells who did it.", reasoning="It names the culprit, so R1 applies.")
    return clear()


INVENTED = "invented"
IN_BOTH = (pytest.param("", id=pytest.HIDDEN_PARAM), pytest.param(INVENTED, id=INVENTED))
ALL_INVENTED = "BYLAW_ALL_INVENTED"  #: set in the environment: all scenarios in the invented language, and only in it
SETTLE_TIMEOUT = 30.0  #: seconds that the simulation waits for the bot: a command may take long on a busy machine


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give every test here its time to settle, unless it asks for another."""
    for item in items:
        if Path(__file__).parent in item.path.parents and not item.get_closest_marker("simcord"):
            item.add_marker(pytest.mark.simcord(settle_timeout=SETTLE_TIMEOUT))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what is marked `also_invented` a second time, for people who read the invented language."""
    if any(mark.args[0] == "invented" for mark in metafunc.definition.iter_markers("parametrize")):
        return
    if os.environ.get(ALL_INVENTED):
        metafunc.parametrize("invented", [INVENTED], indirect=True)
    elif metafunc.definition.get_closest_marker("also_invented"):
        metafunc.parametrize("invented", IN_BOTH, indirect=True)


@pytest.fixture(autouse=True)
def invented(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Sent | None:
    """What the bot has sent, where everybody reads the invented language."""
    return everybody_reads_it(monkeypatch) if getattr(request, "param", "") == INVENTED else None


@pytest.fixture(autouse=True)
def started_schedules(monkeypatch: pytest.MonkeyPatch) -> list[Schedule]:
    """The schedules that bots have started. Their jobs run only when a test says so (`run_now`).

    The simulation waits for every timer that is due within its time to settle. Jobs that come round more often than
    that would keep it waiting until it gives up.
    """
    started: list[Schedule] = []
    monkeypatch.setattr(Schedule, "start", lambda schedule: started.append(schedule))
    return started


@pytest.fixture
def settings(tmp_path: Path, sqlite_address: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of which nothing comes from the environment."""
    for name in [name for name in os.environ if name.startswith("BYLAW_")]:
        monkeypatch.delenv(name)
    return Settings(data_dir=tmp_path, secret_key=new_key(), judge="lite", shard_count=1, _env_file=None)


@pytest.fixture
def judge() -> Judge:
    """The judge of the first bot: whoever mentions the butler breaks R1. A test module may bring its own."""
    return ScriptedJudge(_flags_what_says_butler)


@pytest_asyncio.fixture
async def bot_factory(settings: Settings) -> AsyncIterator[Callable[[Judge], BylawBot]]:
    """Makes bots on the same database, one after the other, and closes them at the end."""
    made: list[BylawBot] = []

    def make(judge: Judge) -> BylawBot:
        made.append(create_bot(settings, judge=judge))
        return made[-1]

    yield make
    for bot in made:
        await bot.close()


def _flags_by_the_policy(request: JudgeRequest) -> Judgement:
    text = request.content.target.words
    word = "gardener" if any("gardener" in rule.breaks_it for rule in request.policy.rules) else "butler"
    return violation("R1", rationale=f"It names the {word}.") if word in text else clear(rationale="Nothing is told.")


@pytest.fixture
def flags_by_the_policy() -> Callable[[JudgeRequest], Judgement]:
    """Whoever mentions the butler breaks R1; under a draft that speaks of the gardener, whoever mentions them does."""
    return _flags_by_the_policy


@pytest.fixture
def literal_judge() -> Judge:
    """A judge of this kind."""
    return ScriptedJudge(_flags_by_the_policy)


@pytest.fixture
def simcord_bot(bot_factory: Callable[[Judge], BylawBot], judge: Judge) -> BylawBot:
    """The bot that the simulated Discord starts."""
    return bot_factory(judge)


@dataclass(slots=True)
class World:
    """A server: its owner Mira, the moderator Omar, Rita who only has the reviewer role, and the member Ana."""

    env: simcord.Env
    guild: simcord.GuildHandle
    general: simcord.ChannelHandle
    mods: simcord.ChannelHandle
    reviewers: simcord.RoleHandle
    mira: simcord.MemberActor
    omar: simcord.MemberActor
    rita: simcord.MemberActor
    ana: simcord.MemberActor

    policy = POLICY

    @property
    def bot(self) -> BylawBot:
        """The bot that runs now."""
        assert isinstance(self.env.bot, BylawBot)
        return self.env.bot

    async def set_up(self) -> None:
        """Run ``/setup`` and put the policy Spoilers in force."""
        await self.mira.slash(self.general, "setup", channel=self.mods, reviewers=self.reviewers, starters="none")
        await self.write("Spoilers", POLICY)

    async def write(self, name: str, text: str) -> None:
        """Write a new policy in the editor and publish it, as an admin does."""
        form = await self.mira.slash(self.general, "policy new", name=name)
        await self.mira.submit_modal(form, {"text": text})
        await self.publish(name)

    async def rewrite(self, name: str, text: str) -> None:
        """Change a policy in the editor and publish it."""
        form = await self.mira.slash(self.general, "policy edit", name=name)
        await self.mira.submit_modal(form, {"text": text})
        await self.publish(name)

    async def publish(self, name: str) -> simcord.InteractionResult:
        """Publish a draft."""
        asked = await self.mira.slash(self.general, "policy publish", name=name)
        return await self.mira.click(answer(asked), label="Publish")

    async def stored(self, name: str = "Spoilers") -> Any:
        """A policy as the database has it."""
        return await self.bot.services.policies.find(self.guild.id, name)

    def second_admin(self) -> simcord.MemberActor:
        """Nadia, who may manage the server, too."""
        role = self.guild.create_role("Admins", permissions=discord.Permissions(manage_guild=True))
        return self.guild.add_member(self.env.create_user("nadia"), roles=[role])

    async def draft(self) -> str:
        """Save a draft of Spoilers that is about the gardener; its text."""
        text = POLICY.replace("telling how the film ends", "telling about the gardener")
        await self.mira.slash(self.general, "policy edit", name="Spoilers", file=("x.md", text.encode()))
        return text

    def cards(self) -> list[discord.Message]:
        """The messages in the moderators' channel, oldest first."""
        return [message for message in self.mods.history() if not message.flags.ephemeral]

    @staticmethod
    def said(where: simcord.InteractionResult | discord.Message) -> str:
        """Everything that an answer or a message shows, its components included."""
        messages = [where] if isinstance(where, discord.Message) else [where.response, *where.followups]
        return "\n".join(_shown(message) for message in messages if message is not None)

    @staticmethod
    def preview(result: simcord.InteractionResult) -> Any:
        """The message of an answer with buttons."""
        return result.response if not result.followups else result.followups[-1]

    def files(self, result: simcord.InteractionResult) -> dict[str, str]:
        """The files of an answer, by name."""
        messages = [message for message in (result.response, *result.followups) if message is not None]
        files = [file for message in messages for file in message.attachments]
        return {file.filename: (self.env.backend.cdn.get(file.url) or b"").decode() for file in files}


def answer(result: simcord.InteractionResult) -> simcord.ResponseMessage:
    """The answer that there must be."""
    assert result.response is not None
    return result.response


def _shown(message: Any) -> str:
    parts = [message.content]
    components = [each if isinstance(each, dict) else each.to_dict() for each in message.components]
    return "\n".join(part for part in [*parts, *(each.get("content", "") for each in walk(components))] if part)


def walk(components: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Every component, at whatever depth."""
    for component in components:
        yield component
        yield from walk(component.get("components", []))
        yield from walk([component[key] for key in ("component", "accessory") if component.get(key)])


@pytest.fixture(scope="session")
def request_schemas() -> list[Schema]:
    """A validator for the body of each of Discord's operations; none where the official description is missing."""
    if not SPEC.is_file():
        return []
    spec = json.loads(SPEC.read_text(encoding="utf-8"))
    spec["components"]["schemas"]["SnowflakeType"] = {"type": ["string", "integer"]}  # discord.py sends numbers
    registry: Any = Registry().with_resource(
        "urn:discord", Resource.from_contents(spec, default_specification=DRAFT202012)
    )
    found = []
    for path, operations in spec["paths"].items():
        pattern = re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path)))
        for method, operation in operations.items():
            body = operation.get("requestBody") if isinstance(operation, dict) else None
            if body:
                schema = {
                    "$ref": f"urn:discord#/paths/{_pointer(path)}/{method}/requestBody/content/application~1json/schema"
                }
                found.append((method.upper(), pattern, Draft202012Validator(schema, registry=registry)))
    return found


@pytest.fixture(scope="session")
def problems_of(request_schemas: list[Schema]) -> Callable[[simcord.HttpLogEntry], list[str]]:
    """Says what Discord would not like about a request."""

    @cache  # every bot sends the same long list of commands, and a validator takes a tenth of a second for it
    def against_spec(method: str, path: str, body: str) -> list[str]:
        fitting = [schema for of, pattern, schema in request_schemas if of == method and pattern.fullmatch(path)]
        return [error.message[:300] for schema in fitting[:1] for error in schema.iter_errors(json.loads(body))]

    def problems(entry: simcord.HttpLogEntry) -> list[str]:
        by_spec = [] if entry.json is None else against_spec(entry.method, entry.path, json.dumps(entry.json))
        return [*by_spec, *_by_hand(entry)]

    return problems


@pytest.fixture
def world(
    simcord_env: simcord.Env, invented: Sent | None, problems_of: Callable[[simcord.HttpLogEntry], list[str]]
) -> Iterator[World]:
    """A server that has not run ``/setup``. After the test: no request was one that Discord would refuse, and in the
    invented language no text was cut or left in English."""
    locale = LOCALE if invented else "en-US"
    guild = simcord_env.create_guild("Film club", owner=simcord_env.create_user("mira"), preferred_locale=locale)
    reviewers = guild.create_role("Reviewers")
    moderators = guild.create_role("Moderators", permissions=discord.Permissions(manage_messages=True))
    yield World(
        env=simcord_env,
        guild=guild,
        general=guild.create_text_channel("general"),
        mods=guild.create_text_channel("mods"),
        reviewers=reviewers,
        mira=simcord.MemberActor(simcord_env, guild, guild.owner),
        omar=guild.add_member(simcord_env.create_user("omar"), roles=[moderators]),
        rita=guild.add_member(simcord_env.create_user("rita"), roles=[reviewers]),
        ana=guild.add_member(simcord_env.create_user("ana")),
    )
    for entry in simcord_env.http_requests if invented is None else invented.entries:
        assert problems_of(entry) == [], f"{entry.method} {entry.path}"
    problems = [] if invented is None else invented.problems()
    assert problems == []


def _pointer(path: str) -> str:
    return path.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")


def _by_hand(entry: simcord.HttpLogEntry) -> list[str]:
    """What the official description leaves open, from the pages on messages, components and interactions."""
    body = entry.json if isinstance(entry.json, dict) else {}
    kind = body.get("type") if entry.path.endswith("/callback") else None
    data = body.get("data") or {} if kind is not None else body
    components = list(walk(data.get("components") or []))
    custom_ids = [each["custom_id"] for each in components if each.get("custom_id")]
    content = data.get("content") or ""
    v2 = any(each["type"] in {9, 10, 12, 13, 14, 17} for each in components)
    if entry.method in {"GET", "DELETE"}:
        return []
    is_message = kind in {4, 7} or (kind is None and "/messages" in entry.path) or "/webhooks/" in entry.path
    checks = {
        "content is too long": _units(content) > 2_000,
        "too many components": len(components) > 40,
        "too much text": sum(_units(each.get("content", "")) for each in components) > 4_000,
        "custom_ids are not unique": len(set(custom_ids)) != len(custom_ids),
        "a custom_id is too long": any(_units(custom_id) > 100 for custom_id in custom_ids),
        "somebody could be pinged": is_message and not _calls_nobody_but_a_role(_mentions_of(entry.path, data)),
        "V2 without its flag": is_message and v2 and not data.get("flags", 0) & 32_768,
        "V2 with content": v2 and bool(content),
        "an empty message": kind in {None, 4} and is_message and not content and not components,
        "modal": kind == 9 and (_units(data["title"]) > 45 or not 1 <= len(data["components"]) <= 5),
        "modal id": kind == 9 and _units(data["custom_id"]) > 100,
        "too many choices": kind == 8 and len(data["choices"]) > 25,
        "nonce": _units(str(data.get("nonce") or "")) > 25,
    }
    return [problem for problem, found in checks.items() if found]


def _mentions_of(path: str, data: dict[str, Any]) -> Any:
    """Whom a message may call; that of a forum's post stands inside."""
    return (data.get("message") or data if path.endswith("/threads") else data).get("allowed_mentions")


def _calls_nobody_but_a_role(allowed: Any) -> bool:
    """A card may call the one role that the server chose, and nothing that is in a text may call anybody."""
    roles = (allowed or {}).get("roles", [])
    return len(roles) <= 1 and {**(allowed or {}), "roles": roles} == {"parse": [], "roles": roles}


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
