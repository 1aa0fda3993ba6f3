"""`bylaw case`: write the record of a case's receipt, and judge a case again."""

from __future__ import annotations

import asyncio
import json as json_format
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from bot.console.inputs.options import EffortOption, JsonOption, JudgeOption, ModelOption
from bot.console.screen.errors import BadInput, UserError

if TYPE_CHECKING:
    from bot.console.inputs.judge import ChosenJudge
    from bot.moderation.cases.case import Case
    from bot.moderation.cases.receipt import Receipt
    from bot.moderation.trials.replay import CannotReplay, Replayed
    from bot.settings import Settings
    from bot.wiring.stores import Stores

T = TypeVar("T")
CaseOption = Annotated[
    str, typer.Option("--case", metavar="GUILD/NUMBER", help="The case: the server's id and the case's number.")
]
OutOption = Annotated[Path, typer.Option("--out", metavar="FILE", help="Where to write the record. Never overwritten.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A case with everything that both commands need."""

    case: Case
    policy_text: str | None
    receipt: Receipt | None


def record(case: CaseOption, out: OutOption, json: JsonOption = False) -> None:
    """Write what somebody outside needs to check the receipt in a notice, with `bylaw verify`.

    The record holds the policy's version and the verdict, and nothing that a member wrote. Give it only to somebody who
    may see the case.
    """
    from bot.console.screen.output import print_result
    from bot.moderation.cases.receipt import record_of

    guild_id, number = _key(case)
    found = _with_stores(lambda stores, _: _find(stores, guild_id, number))
    if found.receipt is None:
        raise UserError(
            f"Case {case} has no receipt: one is made when its member is told of an action, if a judge gave a verdict."
        )
    text = json_format.dumps(record_of(found.receipt, found.policy_text), indent=2, ensure_ascii=True) + "\n"
    try:
        with out.open("x", encoding="ascii") as file:
            file.write(text)
    except FileExistsError:
        raise BadInput(f"{out} exists already: name another file.") from None
    except OSError as error:
        raise BadInput(f"{out} cannot be written ({error.strerror}): name another file.") from None
    code = found.receipt.code
    print_result(
        {"file": str(out), "code": code},
        f"Wrote {out}. Its code is {code}: the one in the member's notice.",
        json=json,
    )


def replay(
    case: CaseOption,
    judge: JudgeOption = None,
    model: ModelOption = None,
    effort: EffortOption = None,
    json: JsonOption = False,
) -> None:
    """Judge a case again with the prompt of then, and say what is the same: prompt, model, verdict. Changes nothing."""
    from bot.console.inputs.judge import choose_judge
    from bot.console.screen.output import print_json, print_line
    from bot.moderation.trials.replay import CannotReplay

    guild_id, number = _key(case)
    chosen = choose_judge(judge, model, effort)
    replayed = _with_stores(lambda stores, settings: _replay(stores, settings, guild_id, number, chosen))
    if isinstance(replayed, CannotReplay):
        raise UserError(f"Case {case}: {replayed.why}")
    if json:
        print_json(replayed.as_json())
        return
    for line in _lines(replayed):
        print_line(line)


def _lines(replayed: Replayed) -> list[str]:
    shown = replayed.as_json()
    then, now = shown["then"], shown["now"]
    lines = [
        f"Then ({then['at']}, version {then['version']}): {_verdict(then)}",
        f"Now: {_verdict(now)}",
        f"Prompt: {_same(replayed.same_prompt)}",
        f"Model: {_same(replayed.same_model)}",
        f"Verdict: {_same(replayed.same_verdict)}",
    ]
    if not replayed.whole:
        lines.append("The case is from before Bylaw kept the channel's name and the message that it answers.")
    return lines


def _verdict(said: dict[str, Any]) -> str:
    rules = f" of {', '.join(said['rules'])}" if said["rules"] else ""
    score = "" if said.get("score") is None else f", score {said['score']:.3f}"
    judge = f", by {said['judge']}" if said.get("judge") else ""
    return f"{said['outcome']}{rules}{score}{judge}"


def _same(value: bool) -> str:
    return "the same" if value else "another one"


async def _find(stores: Stores, guild_id: int, number: int) -> _Found:
    case = await stores.cases.get(guild_id, number)
    if case is None:
        raise UserError(f"There is no case {guild_id}/{number} in this database.")
    version = await stores.policies.version(guild_id, case.judged.version_id)
    receipt = await stores.receipts.of_case(guild_id, number)
    return _Found(case=case, policy_text=None if version is None else version.text, receipt=receipt)


async def _replay(
    stores: Stores, settings: Settings, guild_id: int, number: int, chosen: ChosenJudge
) -> Replayed | CannotReplay:
    from bot.console.inputs.judge import open_judge
    from bot.moderation.policies.judge_requests import JudgeRequests
    from bot.moderation.trials.replay import CannotReplay, message_of, replay

    found = await _find(stores, guild_id, number)
    if isinstance(why_not := message_of(found.case), CannotReplay):
        return why_not  # checked before a model is loaded
    requests = JudgeRequests(effort=chosen.effort, deadline_s=settings.deadline_seconds, think_from=settings.think_from)
    async with open_judge(chosen.name, chosen.model) as judge:
        return await replay(found.case, found.policy_text, judge=judge, requests=requests)


def _key(case: str) -> tuple[int, int]:
    guild, slash, number = case.partition("/")
    if not slash or not guild.isascii() or not guild.isdecimal() or not number.isascii() or not number.isdecimal():
        raise BadInput(f"--case {case[:60]}: give the server's id and the case's number, such as 1234567890/12.")
    if max(int(guild), int(number)) >= 2**63:
        raise BadInput(f"--case {case[:60]}: no server or case has such a number.")
    return int(guild), int(number)


def _with_stores(work: Callable[[Stores, Settings], Awaitable[T]]) -> T:
    from bot.console.inputs.files import load_settings, upgrade_database
    from bot.keys import KeyTrouble
    from bot.storage.database.errors import StorageError
    from bot.storage.database.migrate import require_database
    from bot.wiring.keys import keys_for_reading
    from bot.wiring.stores import open_stores

    settings = load_settings()

    async def run() -> T:
        await require_database(settings.database)
        keys = await keys_for_reading(settings)
        await upgrade_database(settings.database)
        async with open_stores(settings, keys.cipher) as stores:
            return await work(stores, settings)

    try:
        return asyncio.run(run())
    except (KeyTrouble, StorageError) as error:
        raise UserError(str(error)) from None
