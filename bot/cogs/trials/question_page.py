"""The five questions in words: the post about a week, one question, and a proposed change."""

from __future__ import annotations

from dataclasses import dataclass

from bot.cogs.interactions.quoting import as_quote, fenced, on_one_line
from bot.cogs.interactions.reply import Reply
from bot.cogs.interactions.wording import ID_LIMIT, name, rule
from bot.cogs.trials.question_buttons import QuestionButton, QuestionClick, QuestionVerb
from bot.languages.translation import _, listing, marked, ngettext, number
from bot.moderation.trials.question import Question, QuestionAnswer, QuestionWeek
from classifier import LabelledExample
from guild_policies.text.add_example import with_example
from guild_policies.text.parse import policy_of
from guild_policies.versions import StoredPolicy

QUOTE_LIMIT = 600  #: UTF-16 units

DONE = marked("All questions of this week are answered. Thank you.")
NONE_LEFT = marked("There are no questions left to answer this week.")
NO_SUCH = marked("These questions no longer exist.")
FIRST = marked("-# Somebody else had already answered the last one; their answer counts.")
NO_CHANGE = marked(
    "Bylaw has no line to propose here. If you agree with the answer, change the rule with /policy edit."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A policy with one more example."""

    text: str  #: text of the whole policy
    line: str  #: the added example


def announcement(week: QuestionWeek) -> Reply:
    """The post in the moderators' channel. It quotes nothing, so it needs no edit when texts are deleted."""
    count = len(week.questions)
    head = ngettext(
        "**Where is the line?** The judge invented {n} message near the line of **{policy}** v{version}. Nobody wrote "
        "it. Say what you would decide: your answer becomes a pinned example.",
        "**Where is the line?** The judge invented {n} messages near the line of **{policy}** v{version}. Nobody wrote "
        "them. Say what you would decide: your answers become pinned examples.",
        count,
        policy=name(week.policy_name),
        version=week.version_number,
    )
    lines = [
        head,
        _("-# {answered} of {all} answered.", answered=number(week.answered), all=number(count)),
        *(f"-# {_difference(each)}" for each in week.differing),
        *closed_line(week),
    ]
    look = QuestionClick(verb=QuestionVerb.LOOK, number=int(week.week.strftime("%Y%m%d")))
    buttons = [QuestionButton(look)] if week.open else []
    buttons += [
        QuestionButton(
            QuestionClick(verb=QuestionVerb.CHANGE, number=each.id),
            # Translators: a button, at most 75 characters.
            label=_("Proposed change for question {number}…", number=each.place),
        )
        for each in week.differing
    ]
    return Reply(text="\n".join(lines), buttons=tuple(buttons))


def question_page(week: QuestionWeek, policy: StoredPolicy | None, note: str = "") -> Reply:
    """The next open question."""
    if not week.open:
        return Reply(text="\n".join(filter(None, [note, *closed_line(week), _(NONE_LEFT if week.closed else DONE)])))
    question = week.open[0]
    head = _(
        "**Question {number} of {all}** · {policy}. The judge invented this message; nobody wrote it:",
        number=question.place,
        all=len(week.questions),
        policy=name(week.policy_name),
    )
    lines = [
        note,
        *closed_line(week),
        head,
        as_quote(question.text or "", QUOTE_LIMIT).text,
        _("Does it break **{rule}**?", rule=_rule(question.rule_id, policy)),
        _("-# Your answer becomes a pinned example of the policy. The first answer counts."),
    ]
    verbs = (QuestionVerb.BREAKS, QuestionVerb.FINE, QuestionVerb.SKIP)
    buttons = tuple(QuestionButton(QuestionClick(verb=verb, number=question.id)) for verb in verbs)
    return Reply(text="\n".join(filter(None, lines)), buttons=buttons)


def closed_line(week: QuestionWeek) -> list[str]:
    """The questions that can't be answered because their rule was removed, in one line; empty if there are none."""
    if not week.closed:
        return []
    if len(week.closed) == 1:
        (only,) = week.closed
        return [
            _(
                "-# Question {number} is closed: rule {rule} is no longer in force.",
                number=only.place,
                rule=on_one_line(only.rule_id, ID_LIMIT),
            )
        ]
    places = listing([str(each.place) for each in week.closed])
    return [_("-# Questions {numbers} are closed: their rules are no longer in force.", numbers=places)]


def proposal_for(question: Question, policy: StoredPolicy) -> Proposal | None:
    """A proposal with one more example, so that the policy agrees with the team; None if it can't be generated."""
    if question.text is None or policy.published is None or not question.differs:
        return None
    violates = question.answer is QuestionAnswer.BREAKS
    rule_id = question.rule_id if violates else question.found[0]
    text = with_example(policy.published.text, rule_id, LabelledExample(text=question.text, violates=violates))
    if text is None:
        return None
    return Proposal(text=text, line=f'- {"violates" if violates else "allowed"}: "{question.text}"')


def proposal_page(question: Question, policy: StoredPolicy, proposal: Proposal | None) -> Reply:
    """The difference, and the change that would resolve it."""
    head = f"**{name(policy.name)}**: {_difference(question)}"
    if proposal is None:
        return Reply(text=f"{head}\n{_(NO_CHANGE)}")
    rule_id = question.rule_id if question.answer is QuestionAnswer.BREAKS else question.found[0]
    lines = [
        head,
        _("One more example for {rule} would say what your team says:", rule=_rule(rule_id, policy)),
        fenced(f"+ {proposal.line}", "diff"),
        _("-# Nothing changes automatically. A backtest compares the changed policy with your team's past decisions."),
    ]
    verbs = (QuestionVerb.BACKTEST, QuestionVerb.DRAFT)
    buttons = tuple(QuestionButton(QuestionClick(verb=verb, number=question.id)) for verb in verbs)
    return Reply(text="\n".join(lines), buttons=buttons)


def there_is_a_draft(policy: StoredPolicy, proposal: Proposal) -> Reply:
    """Says that there is a draft already, which isn't overwritten."""
    told = _(
        "**{policy}** has a draft already, so nothing was saved. Add this line to it with /policy edit:",
        policy=name(policy.name),
    )
    return Reply(text=f"{told}\n{fenced(proposal.line)}")


def _difference(question: Question) -> str:
    found = ", ".join(on_one_line(each, ID_LIMIT) for each in question.found)
    values = {"number": question.place, "rule": on_one_line(question.rule_id, ID_LIMIT), "found": found}
    if question.answer is QuestionAnswer.BREAKS:
        if found:
            return _("Question {number}: you say it breaks {rule}, the judge says it breaks {found}.", **values)
        return _("Question {number}: you say it breaks {rule}, the judge says it is clear.", **values)
    if found:
        return _("Question {number}: you say it is fine, the judge says it breaks {found}.", **values)
    return _("Question {number}: you say it is fine, the judge says it is clear.", **values)


def _rule(rule_id: str, policy: StoredPolicy | None) -> str:
    known = policy_of(policy.published.text).rule(rule_id) if policy and policy.published else None
    return rule(rule_id, known.title if known else "")
