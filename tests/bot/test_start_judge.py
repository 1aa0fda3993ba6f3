"""The judge that the bot starts with when the model is on other machines."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.judge import start_judge
from bot.keys import keys_from, new_key
from bot.settings import Settings
from classifier import Content, JudgeRequest, Message, PolicyText, RuleText, Undecided, UndecidedReason, Verdict
from classifier.remote.client.judge import RemoteJudge
from tests.fakes.model_servers import serving

POLICY = PolicyText(title="Trading", rules=(RuleText(id="R1", title="Selling", breaks_it="offering it"),))


def about(text: str) -> JudgeRequest:
    return JudgeRequest(policy=POLICY, content=Content(target=Message(text=text)))


async def test_a_bot_starts_without_one_of_its_servers_and_without_all(
    tiny_model: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Messages are judged by those that are there, or get no verdict yet; the log says what is wrong."""
    keys = keys_from(new_key(), source="a test")
    settings = Settings(data_dir=tmp_path, judge="remote", model_path=tiny_model, sequences=3, _env_file=None)
    async with serving(tiny_model) as start:
        server = await start("llama")
        away = "http://127.0.0.1:9"
        both = settings.model_copy(update={"remote_urls": f"{away} {server.url}"})
        judge = await start_judge(both, keys)
        try:
            assert isinstance(await judge.judge(about("hello")), Verdict)
            assert server.url in judge.name
            assert isinstance(judge, RemoteJudge)
            assert judge.places == 3  # else the bot says that it is not ready
        finally:
            await judge.close()
        assert f"{away} cannot be reached" in caplog.text
        judge = await start_judge(settings.model_copy(update={"remote_urls": away}), keys)
        try:
            answer = await judge.judge(about("hello"))
            assert isinstance(judge, RemoteJudge)
            assert judge.places == 0
        finally:
            await judge.close()
    assert isinstance(answer, Undecided)
    assert answer.reason is UndecidedReason.JUDGE_UNAVAILABLE
