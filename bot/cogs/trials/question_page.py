"""The five questions in words: the post about a week, one question, and a proposed change."""

from __future__ import annotations

from dataclasses import dataclass

from bot.cogs.interactions.quoting import as_quote, fenced, on_one_line
from bot.cogs.interactions.reply import Reply
from bot.cogs.interactions.wording import ID_LIMIT, how_many, name, rule
from bot.cogs.trials.question_buttons import QuestionButton, QuestionClick, QuestionVerb
from bot.moderation.trials.question import Question, QuestionAnswer, QuestionWeek
from classifier import LabelledExample
from guild_policies.add_example import with_example
from guild_policies.text.parse import policy_of
from guild_policies.versions import StoredPolicy

QUOTE_LIMIT = 600  #: UTF-16 units

DONE = "All questions of this week are answered. Thank you."
NONE_LEFT = "No question of this week is left to answer."
NO_SUCH = "These questions are not known any more."
FIRST = "-# Somebody else had answered the last one already; their answer counts."
NO_CHANGE = "Bylaw has no line to propose here. If you agree with the answer, change the rule with /policy edit."


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A policy with one more example."""

    text: str  #: of the whole policy
    line: str  #: that is added


def announcement(week: QuestionWeek) -> Reply:
    """The post in the moderators' channel. It quotes nothing, so nothing in it has to go when texts are deleted."""
    policy = f"**{name(week.policy_name)}** v{week.version_number}"
    count = len(week.questions)
    head = (
        f"**Where is the line?** The judge invented {how_many(count, 'message', 'messages')} near the line of "
        f"{policy}. Nobody wrote them. Say what you would decide: your answers become pinned examples."
    )
    lines = [
        head,
        f"-# {week.answered} of {count} answered.",
        *(f"-# {_difference(each)}" for each in week.differing),
        *closed_line(week),
    ]
    look = QuestionClick(verb=QuestionVerb.LOOK, number=int(week.week.strftime("%Y%m%d")))
    buttons = [QuestionButton(look)] if week.open else []
    buttons += [
        QuestionButton(
            QuestionClick(verb=QuestionVerb.CHANGE, number=each.id), label=f"Proposed change for question {each.place}…"
        )
        for each in week.differing
    ]
    return Reply(text="\n".join(lines), buttons=tuple(buttons))


def question_page(week: QuestionWeek, policy: StoredPolicy | None, note: str = "") -> Reply:
    """The next question that is open."""
    if not week.open:
        return Reply(text="\n".join(filter(None, [note, *closed_line(week), NONE_LEFT if week.closed else DONE])))
    question = week.open[0]
    head = (
        f"**Question {question.place} of {len(week.questions)}** · {name(week.policy_name)}. The judge invented this "
        "message; nobody wrote it:"
    )
    lines = [
        note,
        *closed_line(week),
        head,
        as_quote(question.text or "", QUOTE_LIMIT).text,
        f"Does it break **{_rule(question.rule_id, policy)}**?",
        "-# Your answer becomes a pinned example of the policy, and whoever answers first counts.",
    ]
    verbs = (QuestionVerb.BREAKS, QuestionVerb.FINE, QuestionVerb.SKIP)
    buttons = tuple(QuestionButton(QuestionClick(verb=verb, number=question.id)) for verb in verbs)
    return Reply(text="\n".join(filter(None, lines)), buttons=buttons)


def closed_line(week: QuestionWeek) -> list[str]:
    """Which questions nobody can answer because their rule is gone, in one line; nothing where there are none."""
    if not week.closed:
        return []
    if len(week.closed) == 1:
        (only,) = week.closed
        return [
            f"-# Question {only.place} is closed: rule {on_one_line(only.rule_id, ID_LIMIT)} is no longer in force."
        ]
    places = ", ".join(str(each.place) for each in week.closed)
    return [f"-# Questions {places} are closed: the rules that they are about are no longer in force."]


def proposal_for(question: Question, policy: StoredPolicy) -> Proposal | None:
    """One more example, so that the policy says what the team says; None where that cannot be written by itself."""
    if question.text is None or policy.published is None or not question.differs:
        return None
    violates = question.answer is QuestionAnswer.BREAKS
    rule_id = question.rule_id if violates else question.found[0]
    text = with_example(policy.published.text, rule_id, LabelledExample(text=question.text, violates=violates))
    if text is None:
        return None
    return Proposal(text=text, line=f'- {"violates" if violates else "allowed"}: "{question.text}"')


def proposal_page(question: Question, policy: StoredPolicy, proposal: Proposal | None) -> Reply:
    """What differs, and the change that would settle it."""
    head = f"**{name(policy.name)}**: {_difference(question)}"
    if proposal is None:
        return Reply(text=f"{head}\n{NO_CHANGE}")
    rule_id = question.rule_id if question.answer is QuestionAnswer.BREAKS else question.found[0]
    lines = [
        head,
        f"One line more among the examples of {_rule(rule_id, policy)} would say what your team says:",
        fenced(f"+ {proposal.line}", "diff"),
        "-# Nothing changes by itself. A backtest holds the changed policy against your team's past decisions.",
    ]
    verbs = (QuestionVerb.BACKTEST, QuestionVerb.DRAFT)
    buttons = tuple(QuestionButton(QuestionClick(verb=verb, number=question.id)) for verb in verbs)
    return Reply(text="\n".join(lines), buttons=buttons)


def there_is_a_draft(policy: StoredPolicy, proposal: Proposal) -> Reply:
    """A draft is being written by somebody, and is not overwritten."""
    return Reply(
        text=f"**{name(policy.name)}** has a draft already, so nothing was saved. Add this line to it with /policy "
        f"edit:\n{fenced(proposal.line)}"
    )


def _difference(question: Question) -> str:
    found = ", ".join(on_one_line(each, ID_LIMIT) for each in question.found)
    judge = f"the judge finds {found} broken" if question.found else "the judge finds it clear"
    asked = on_one_line(question.rule_id, ID_LIMIT)
    team = f"breaks {asked}" if question.answer is QuestionAnswer.BREAKS else "fine"
    return f"Question {question.place}: you say {team}, {judge}."


def _rule(rule_id: str, policy: StoredPolicy | None) -> str:
    known = policy_of(policy.published.text).rule(rule_id) if policy and policy.published else None
    return rule(rule_id, known.title if known else "")
