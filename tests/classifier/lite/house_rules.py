"""A policy with two rules, and what a fresh lite judge says under it."""

from __future__ import annotations

from classifier.content import Content, Message
from classifier.judge import JudgeRequest
from classifier.lite.judge import LiteJudge
from classifier.policy_text import LabelledExample, PolicyText, RuleText
from classifier.verdict import Verdict

SCAMS = (
    "Free Nitro for everyone, claim here before it runs out: dlscord-gift.example",
    "I doubled my crypto in a week, DM me and I will show you how",
    "Steam is giving away 50$ gift cards, log in with this link",
    "your account will be banned, verify it with this bot now",
    "hey i accidentally reported you, please contact this discord admin",
)
FINE = (
    "be careful, someone in my dms tried the free nitro scam again",
    "is this gift link real or a scam?",
    "bought bitcoin last year and lost half of it lol",
    "the steam summer sale has gift cards in the shop",
)
INSULTS = (
    "you are so stupid, nobody wants you here, just leave",
    "shut up you ugly fat pig",
    "everyone go spam her dms until she quits",
    "kill yourself",
)
BANTER = (
    "that play was stupid, I hate losing like this",
    "you killed me there, nice shot",
    "I disagree with you completely, that argument is weak",
)


def rule(rule_id: str, title: str, violates: tuple[str, ...], allows: tuple[str, ...], *patterns: str) -> RuleText:
    """A rule with labelled examples."""
    examples = [LabelledExample(text=text, violates=True) for text in violates]
    examples += [LabelledExample(text=text, violates=False) for text in allows]
    return RuleText(id=rule_id, title=title, examples=tuple(examples), patterns=patterns)


POLICY = PolicyText(
    title="House rules",
    rules=(
        rule("R1", "Scams", SCAMS, FINE, r"(?i)\bt\.me/joinchat/"),
        rule("R2", "Insults", INSULTS, BANTER, r"(?i)\bidiot\b", r"idiots?"),
    ),
)


async def verdict(text: str, policy: PolicyText = POLICY, *, context: tuple[str, ...] = ()) -> Verdict:
    """What a fresh lite judge says."""
    content = Content(target=Message(text=text), context=tuple(Message(text=each) for each in context))
    answer = await LiteJudge().judge(JudgeRequest(policy=policy, content=content))
    assert isinstance(answer, Verdict)
    return answer
