"""A reply written through a `TokenServer`, in the steps of `classifier.llama.engine.reply_form` and with its results.

The server is asked for many tokens at a time. What it writes beyond a mark that is ours is used while it agrees with
that mark, and asked for again where it does not, so the reply is the one that a token-by-token writer gets. Usually
that makes two requests: the thinking, and the digit. A violation takes one for each name, and one for its rationale.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Collection, Sequence
from typing import TypeVar

from classifier.judge import Way
from classifier.llama.engine import answer_grammar as grammar
from classifier.llama.engine.reply_form import Choices, Digit, Reply, ReplyForm, Thinking
from classifier.prompt.harmony import Prompt
from classifier.prompt.vocabulary import Vocabulary
from classifier.remote.errors import EndpointFailed
from classifier.remote.servers.token_server import TokenServer

T = TypeVar("T")


class RemoteWriter(ReplyForm):
    """Writes replies behind one prompt."""

    def __init__(self, server: TokenServer, prompt: Prompt, *, vocabulary: Vocabulary, rule_ids: Sequence[str]) -> None:
        super().__init__(vocabulary, 0)
        self._server = server
        self._prompt = prompt.ids
        self._rule_ids = rule_ids
        self._messages = prompt.messages
        self._ahead: deque[int] = deque()  # what the server wrote behind `ids`

    async def reply(self, *, reasoning_tokens: int, way: Way, think_from: float) -> Reply:
        """The reply; see `classifier.llama.engine.decoding.write_reply`.

        Raises:
            RemoteError: the server gives no answer that can be used.
        """
        if way is not Way.REASON:
            self._begin(0)
            self.open_answer()
            digit = await self._read_digit()
            if way is Way.SCREEN:
                return self.clear(digit, Thinking.SCORE_ONLY)
            if way is Way.PROBE or digit.score < think_from:
                return await self._answer(digit, Thinking.UNASKED)
        self._begin(reasoning_tokens)
        thinking = await self._decide(self.think())
        return await self._answer(await self._read_digit(), thinking)

    def _begin(self, budget: int) -> None:
        self.budget = budget
        self.ids.clear()
        self._ahead.clear()

    async def _decide(self, choices: Choices[T]) -> T:
        """Let the server choose."""
        try:
            among = next(choices)
            while True:
                among = choices.send(await self._chosen(among) if among else await self._next())
        except StopIteration as finished:
            found: T = finished.value
            return found

    async def _chosen(self, among: Collection[int]) -> int:
        token = (await self._server.choose(self._all(), tuple(among))).token
        if token not in among:
            raise EndpointFailed("the server chose a token that the grammar rules out: update the server")
        return token

    async def _read_digit(self) -> Digit:
        """Open the final message's form and read what the model makes of its digit."""
        self.write_text(grammar.OPENING)
        digits = tuple(self.vocabulary.encode(digit)[0] for digit in "01")
        ids = self._all()
        found = dict((await self._server.choose(ids, digits)).logprobs)
        for digit in digits:
            if digit not in found:  # not among the likeliest: its number is reported if it is the only choice
                found[digit] = (await self._server.choose(ids, (digit,))).logprobs[digit]
        zero, one = (found[digit] for digit in digits)
        score = 1.0 / (1.0 + math.exp(min(zero - one, 700.0)))
        return Digit(score, min(1.0, math.exp(zero) + math.exp(one)))

    async def _answer(self, digit: Digit, thinking: Thinking) -> Reply:
        """The digit and what follows."""
        if digit.score <= 0.5:
            return self.clear(digit, thinking)
        await self._decide(self.name(self._rule_ids, self._messages))
        await self._explain()
        return self.end(digit, thinking)

    async def _explain(self) -> None:
        """Let the model write the rationale; close it where the server's text ends early or leaves the form."""
        most = grammar.LONGEST_RATIONALE_TOKENS
        state, written = grammar.rationale(), 0
        for token in await self._server.explain(self._all(), most=most):
            following = grammar.advance(state, self.vocabulary.decode((token,)))
            if following is None or token in self.control.every or state.ending(full=written >= most):
                break
            state, written = following, written + 1
            self.write(token)
        if not written:
            raise EndpointFailed("the server gave no rationale: it must support grammars (GBNF)")
        if not state.done:
            self.write(*self.vocabulary.encode(state.ending(full=True) or grammar.CLOSING))

    def write(self, *ids: int) -> None:
        """Add ids; what the server wrote ahead is used while it agrees."""
        super().write(*ids)
        for token in ids:
            if self._ahead and self._ahead[0] == token:
                self._ahead.popleft()
            else:
                self._ahead.clear()

    async def _next(self) -> int:
        """The token that the model writes next; it is not written yet."""
        if not self._ahead:
            most = self.budget - len(self.ids)
            ahead = await self._server.go_on(self._all(), most=most, control=self.control)
            self._ahead.extend(ahead or (self.control.return_,))
        return self._ahead[0]

    def _all(self) -> tuple[int, ...]:
        return (*self._prompt, *self.ids)
