"""A clear verdict from thinking that was cut is judged again, once, with a larger budget.

Otherwise a sufficiently confusing text would get a clear verdict. The cost is bounded and counts towards the server's
share: the second look waits in a lane behind new messages, at the price of its larger budget.
"""

from __future__ import annotations

from classifier.inventing import Inventions
from classifier.llama.client.in_flight import Entry, never_finished
from classifier.llama.options import ReasoningTokens
from classifier.verdict import Judgement, Method, Outcome, Undecided, UndecidedReason, Verdict


def needs_second_look(entry: Entry, judgement: Judgement | Inventions, budgets: ReasoningTokens) -> bool:
    """Whether to judge this request again before its answer is returned."""
    return budgets.again > 1 and not entry.again and _is_clear_but_cut(judgement)


def settled(entry: Entry, judgement: Judgement | Inventions) -> Judgement | Inventions:
    """What the caller gets: the judgement, unless the second look was cut as well."""
    if not entry.again:
        return judgement
    if _is_clear_but_cut(judgement):
        return never_finished("it was cut again with a larger budget")
    if isinstance(judgement, Undecided) and judgement.reason is UndecidedReason.DEADLINE:
        return never_finished(judgement.detail)
    return judgement


def _is_clear_but_cut(judgement: Judgement | Inventions) -> bool:
    return (
        isinstance(judgement, Verdict)
        and judgement.outcome is Outcome.CLEAR
        and judgement.provenance.method is Method.CUT
    )
