"""The starter policies: they are what a good policy looks like."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import re2

from classifier import Content, JudgeRequest, Message, PolicyText, Verdict
from classifier.lite.judge import LiteJudge
from classifier.lite.reported import own_words
from guild_policies import templates
from guild_policies.compile import compile_policy
from guild_policies.lint import lint
from guild_policies.lint.fits_the_length_limit import tokens_read
from guild_policies.policy import ConsequenceKind
from guild_policies.text.lines import Role
from guild_policies.text.parse import parse, render

NAMES = (
    "game-cheating", "harassment", "hate", "health-and-money", "misinformation", "off-topic", "private-data", "scams",
    "self-harm", "self-promotion", "sexual-content", "spoilers",
)  # fmt: skip
SHARED = Path(os.environ.get("BYLAW_SHARED", Path(__file__).parents[3] / "shared"))


def test_there_are_twelve() -> None:
    """Their names are stable: people and commands use them. Half of them are what a server starts with."""
    assert templates.names() == NAMES
    assert len(templates.BASICS) == 6
    assert set(templates.BASICS) <= set(NAMES)


@pytest.mark.parametrize("name", ["", "spam", "../policy", "scams.md", "__init__", "SCAMS"])
def test_other_names_are_refused(name: str) -> None:
    """A name is one of the list, never a path."""
    with pytest.raises(KeyError):
        templates.load(name)


@pytest.mark.parametrize("name", NAMES)
def test_lint_has_nothing_to_say(name: str) -> None:
    """A starter policy keeps every rule of the linter."""
    assert lint(templates.load(name)) == ()


@pytest.mark.parametrize("name", NAMES)
def test_it_is_complete(name: str) -> None:
    """One to three rules, examples on both sides, a way out of doubt, and nothing but flags."""
    policy = parse(templates.load(name)).policy
    assert policy.title
    assert policy.purpose
    assert policy.definitions
    assert policy.when_unclear
    assert [rule.id for rule in policy.rules] == [f"R{number}" for number in range(1, len(policy.rules) + 1)]
    assert len(policy.rules) <= 3
    for rule in policy.rules:
        assert rule.breaks_it
        assert rule.does_not
        assert rule.consequence.kind is ConsequenceKind.FLAG
        assert len({example.text for example in rule.examples}) == len(rule.examples)
    assert compile_policy(policy).rule_ids


@pytest.mark.parametrize("name", NAMES)
def test_patterns_keep_to_their_side(name: str) -> None:
    """A pattern finds an example's own words only where the example breaks its rule."""
    examples = [(rule, example) for rule in parse(templates.load(name)).policy.rules for example in rule.examples]
    for rule in parse(templates.load(name)).policy.rules:
        for pattern in rule.patterns:
            found = [(at, example) for at, example in examples if re2.search(pattern, own_words(example.text))]
            assert all(example.violates and at == rule for at, example in found)


@pytest.mark.parametrize("name", NAMES)
def test_it_is_written_as_the_format_is(name: str) -> None:
    """Reading, writing and reading again changes nothing."""
    policy = parse(templates.load(name)).policy
    assert parse(render(policy)).policy == policy


@pytest.mark.parametrize("name", NAMES)
def test_its_length_is_the_models_best(name: str) -> None:
    """300 to 600 tokens, by the linter's estimate. The model does not read patterns."""
    assert 300 <= tokens_read(parse(templates.load(name))) <= 600


@pytest.mark.parametrize("name", NAMES)
def test_it_fits_into_one_form(name: str) -> None:
    """A server's first edit of it opens the whole text: a form of Discord's takes 4,000 characters."""
    assert len(templates.load(name)) <= 4_000


@pytest.mark.parametrize("name", NAMES)
def test_its_length_in_real_tokens(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """300 to 600 tokens of the model's own vocabulary, without the patterns."""
    if not (SHARED / "data" / "o200k_base.tiktoken").exists():
        pytest.skip("needs data/o200k_base.tiktoken in the folder that BYLAW_SHARED names")
    harmony = pytest.importorskip("openai_harmony", reason="needs openai-harmony (dependency group tests)")
    monkeypatch.setenv("TIKTOKEN_ENCODINGS_BASE", str(SHARED / "data"))
    encoding = harmony.load_harmony_encoding(harmony.HarmonyEncodingName.HARMONY_GPT_OSS)
    lines = [line.raw for line in parse(templates.load(name)).lines if line.role is not Role.PATTERN]
    assert 300 <= len(encoding.encode("\n".join(lines))) <= 600


@pytest.mark.parametrize(
    "text",
    [
        "FREE NITRO for everyone!! claim it at steamcommunlty-gift.example",
        "free nitro for everyone, claim it at steamcommunity-gift.example",
        "Free nitro for everyone\nclaim it at\nsteamcommunity-gift.example",
        "FR33 N1TR0 claim it at steamcommunlty-gift.example",
        "fr<:x:1>ee n||it||ro, claim it [here](https://gift.example)",
        "free skins for all, log in at cs-skins.example",
        "FREE DISCORD NITRO, log in at dlscord.example",
        "get 3 months of nitro for free, just sign in on discord-nitro.example",
        "nitro giveaway!! your gift is on nitro-drop.example",
        "Nitro gratis para todos en discord-regalo.example",
        "steamcommunlty-gift.example free nitro for everyone",
    ],
)
async def test_the_lite_judge_finds_the_usual_bait(text: str) -> None:
    """Free Nitro and skins, with an address of any kind, in capitals, disguised, and over several lines."""
    assert (await _judged("scams", text)).rule_ids == ("R1",)


@pytest.mark.parametrize(
    "text",
    [
        "careful, somebody is sending 'free nitro' links in DMs, do not click",
        "is nitro free with the game pass? I got mine for my birthday.",
        "free skins came with today's patch. grab some. they look great",
        "how do I claim the daily reward in the game?",
        "the free version at example.org is enough",
        "you asked for the wiki, here it is: https://wiki.example",
        "get the free coins from the level, then go to file.txt",
    ],
)
async def test_talk_about_free_things_is_no_bait(text: str) -> None:
    """Free things without a place to go to, and places without bait."""
    assert (await _judged("scams", text)).rule_ids == ()


async def test_the_lite_judge_finds_the_plainest_forms() -> None:
    """What a newcomer tries first breaks the rule that one would expect, also disguised and in other languages."""
    assert await _missed(_lines("plain_forms"), lambda text: text) == []


@pytest.mark.parametrize(
    "text",
    [
        *(
            "go kill yourself @bob",
            "hope you kill yourself tonight",
            "go kill yourself x",
            "kys @bob",
            "kys tonight bob",
        ),
        *(
            "go.kill.yourself",
            "go-kill-yourself",
            "go_kill_yourself",
            "gokillyourself",
            "kill.yourself",
            "go, kill, yourself",
            "go | kill | yourself",
            "go/kill/yourself",
        ),
        *(
            "g0 k1ll y0urself",
            "g0-k1ll-y0urself",
            "you should die @bob",
            "you should kill yourself at home",
            "@bob kill yourself",
            "bob kill yourself",
            "go kill ur self bob",
        ),
        *('I say: "kill yourself"', "lyrics: kill yourself loser", "he said you should kill yourself and he is right"),
    ],
)
async def test_no_dodge_hides_the_plainest_form(text: str) -> None:
    """Words behind it, signs or nothing between its words, digits for letters, and excuses in front of it."""
    assert (await _judged("self-harm", text)).rule_ids == ("R1",)


@pytest.mark.parametrize(
    "addition", [" @bob", " x", " tonight", " <@123456789012345678>", " \N{SLIGHTLY SMILING FACE}", ", ok"]
)
async def test_no_addition_hides_a_plain_form(addition: str) -> None:
    """Each plain form of each starter policy is found with a word, a mention or an emoji behind it."""
    # "k y s x" are four spaced letters of one word.
    lines = [line for line in _lines("plain_forms") if not line.endswith(": k y s")]
    assert await _missed(lines, lambda text: text + addition) == []


@pytest.mark.parametrize("sign", [".", "-", "_"])
async def test_no_sign_between_words_hides_a_plain_form(sign: str) -> None:
    """A sign for each blank is read as a blank. Left out are forms with an address or with numbers between signs."""
    lines = [line for line in _lines("plain_forms") if not re.search(r"https?:|\.\w|\d[-,]\d|k y s", line)]
    assert await _missed(lines, lambda text: text.replace(" ", sign)) == []


async def _missed(lines: list[str], dodge: Callable[[str], str]) -> list[str]:
    missed = []
    for line in lines:
        name, rule_id, text = re.fullmatch(r"(\S+) (R\d): (.+)", line).groups()  # type: ignore[union-attr]
        if rule_id not in (await _judged(name, dodge(text))).rule_ids:
            missed.append(line)
    return missed


async def test_the_lite_judge_leaves_look_alikes_alone() -> None:
    """Reports, quotes, news, lyrics, figures of speech, counter-speech, cries for help and talk about games."""
    flagged = [(name, text) for text in _lines("look_alikes") for name in NAMES if (await _judged(name, text)).rule_ids]
    assert flagged == []


def _lines(name: str) -> list[str]:
    path = Path(__file__).parent / "lines" / f"{name}.txt"
    return path.read_text(encoding="utf-8").splitlines()


@functools.cache
def _policy(name: str) -> PolicyText:
    return compile_policy(parse(templates.load(name)).policy)


@functools.cache
def _judge() -> LiteJudge:
    return LiteJudge()


async def _judged(name: str, text: str) -> Verdict:
    answer = await _judge().judge(JudgeRequest(policy=_policy(name), content=Content(target=Message(text=text))))
    assert isinstance(answer, Verdict)
    return answer
