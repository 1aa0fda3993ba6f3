"""`POST /v1/judge`: who is answered, with what, and what hostile bodies get instead of a traceback."""

from __future__ import annotations

import json
import logging
import pickle
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies

from bot.console.inputs.options import ServedJudge as ServedBy
from bot.serving.application import front_options, replica_options
from bot.serving.front import LONGEST_BODY, LONGEST_ROWS, Capacity
from bot.serving.rows import MOST_ROWS
from bot.settings import Settings
from classifier import Content, Effort, Judgement, JudgeRequest, Lane, Message, PolicyText, RuleText, Verdict
from classifier.lite.judge import LiteJudge
from classifier.remote.json_form import read_judgement, request_object
from classifier.scripted import ScriptedJudge, violation
from tests.fakes.served_judge import BOT_KEY, OTHER_TOOL_KEY, TOOL_KEY, ServedJudge, bearer

POLICY = PolicyText(title="Trading", rules=(RuleText(id="R1", title="Selling accounts", breaks_it="offering one."),))
TEXT = """# Trading

## Rules
### R1 Selling accounts
Breaks it: offering accounts for money.
Examples:
- violates: "selling my account, cheap"
"""
SECRET = "zanzibar"


def about(text: str, **more: Any) -> dict[str, Any]:
    """A bot's question about one message."""
    return {"request": request_object(JudgeRequest(policy=POLICY, content=Content(target=Message(text=text)), **more))}


def rows(*texts: str, **more: Any) -> dict[str, Any]:
    """A tool's rows."""
    return {"policy": TEXT, "rows": [{"id": number, "text": text} for number, text in enumerate(texts)], **more}


def refused(response: Any) -> str:
    """The one line that a refusal holds."""
    (line,) = response.json().values()
    assert 400 <= response.status_code < 600
    assert line
    assert "\n" not in line
    assert SECRET not in response.text
    return line


async def test_a_bot_gets_the_judgement_of_the_judge() -> None:
    """The whole request arrives: policy, content, context, lane, whose turn it is, effort, budget and deadline."""
    judge = ScriptedJudge.of([violation("R1", rationale="It offers one.", reasoning="Hm.")])
    served = ServedJudge(judge=judge)
    content = Content(
        target=Message(author="B", text="selling my account"), context=(Message(text="hello", forwarded=True),)
    )
    request = JudgeRequest(
        policy=POLICY, content=content, lane=Lane.INTERACTIVE, server=7, effort=Effort.HIGH, deadline_s=12.5
    )
    answer = await served.post({"request": request_object(request)})
    judgement = read_judgement(answer.json()["judgement"])
    assert judge.requests == [request]
    assert isinstance(judgement, Verdict)
    assert (judgement.rule_ids, judgement.rationale, judgement.reasoning) == (("R1",), "It offers one.", "Hm.")
    assert judgement.provenance.policy_fingerprint == POLICY.fingerprint


async def test_a_tool_gets_an_answer_for_each_row() -> None:
    """In the form of `bylaw classify`, in the order of the rows, with the policy's fingerprint."""
    answer = (
        await ServedJudge(judge=LiteJudge()).post(rows("selling my account, cheap", "good morning"), key=TOOL_KEY)
    ).json()
    first, second = answer["answers"]
    assert (first["id"], first["outcome"], first["rules"], first["method"]) == (0, "violation", ["R1"], "lite")
    assert (second["id"], second["outcome"], second["rules"], second["reason"]) == (1, "clear", [], None)
    assert len(answer["policy_fingerprint"]) == 64


async def test_a_tool_never_holds_up_what_was_posted() -> None:
    """Its rows wait in the background lane, as a server of their own, so that tools and bots take turns."""
    judge = ScriptedJudge()
    served = ServedJudge(judge=judge, tools=(TOOL_KEY, OTHER_TOOL_KEY))
    await served.post(rows("one"), key=TOOL_KEY)
    await served.post(rows("one"), key=OTHER_TOOL_KEY)
    assert {request.lane for request in judge.requests} == {Lane.BACKGROUND}
    assert [request.server for request in judge.requests] == [-1, -2]


async def test_a_policy_is_sent_once_and_named_after_that() -> None:
    """By its fingerprint; one that nobody sent is not found, and the line says what to do. A bot's counts as well."""
    served = ServedJudge()
    unknown = await served.post({"policy_fingerprint": "0" * 64, "rows": [{"id": 1, "text": "hi"}]}, key=TOOL_KEY)
    assert unknown.status_code == 404
    assert "send its text once" in refused(unknown)
    fingerprint = (await served.post(rows("hi"), key=TOOL_KEY)).json()["policy_fingerprint"]
    await served.post(about("hi"))
    for known in (fingerprint, POLICY.fingerprint):
        answer = await served.post({"policy_fingerprint": known, "rows": [{"id": 1, "text": "hi"}]}, key=TOOL_KEY)
        assert answer.json()["policy_fingerprint"] == known


async def test_a_wrong_key_is_refused() -> None:
    """Whatever is asked, and before anything of the body is read."""
    served = ServedJudge()
    for headers in ({}, {"Authorization": "Bearer nobody"}, {"Authorization": BOT_KEY}, {"Authorization": "Bearer "}):
        for method, path in (("POST", "/v1/judge"), ("GET", "/v1/models"), ("GET", "/nowhere")):
            answer = await served.client.request(method, path, headers=headers, content=b"x" * (LONGEST_BODY + 1))
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"] == "Bearer"
            assert "give a key" in refused(answer)
    assert served.judge.requests == []  # type: ignore[attr-defined]


async def test_without_keys_for_tools_only_bots_are_answered() -> None:
    """The service for other tools is off unless an operator gives them keys."""
    served = ServedJudge(tools=())
    assert (await served.post(rows("hi"), key=TOOL_KEY)).status_code == 401
    assert (await served.post(about("hi"))).status_code == 200


async def test_a_tool_cannot_ask_like_a_bot() -> None:
    """So it cannot choose a lane or a server; the line says what to send instead."""
    served = ServedJudge()
    for path in ("/v1/judge", "/v1/prepare"):
        answer = await served.post(about("hi"), key=TOOL_KEY, path=path)
        assert answer.status_code == 403
        assert 'send "rows"' in refused(answer)


async def test_a_body_that_is_too_large_is_refused() -> None:
    """Whether its length is told or not; for tools the limit is lower than for bots."""

    async def pieces() -> Any:
        for _ in range(LONGEST_ROWS // 65_536 + 1):
            yield SECRET.encode() * (65_536 // len(SECRET) + 1)

    served = ServedJudge()
    headers = bearer(TOOL_KEY)
    for content in (SECRET.encode() * LONGEST_ROWS, pieces()):
        answer = await served.client.post("/v1/judge", content=content, headers=headers)
        assert answer.status_code == 413
        assert "longer than 1 MiB" in refused(answer)
    many = {"policy": TEXT, "rows": [{"id": 1, "text": "hi"}] * (MOST_ROWS + 1)}
    assert (await served.post(many, key=TOOL_KEY)).status_code == 413
    assert (await served.post(about("x" * LONGEST_ROWS))).status_code == 200


async def test_a_tool_that_asks_too_fast_has_to_wait() -> None:
    """Each tool has its own allowance, which fills up again; bots have none."""
    served = ServedJudge(tools=(TOOL_KEY, OTHER_TOOL_KEY), rows_per_minute=6)
    assert (await served.post(rows(*"abcde"), key=TOOL_KEY)).status_code == 200
    late = await served.post(rows("f", "g"), key=TOOL_KEY)
    assert late.status_code == 429
    assert late.headers["retry-after"] == "10"
    assert "try again in 10 s" in refused(late)
    assert (await served.post(rows("f"), key=OTHER_TOOL_KEY)).status_code == 200
    served.now = 10.0
    assert (await served.post(rows("f", "g"), key=TOOL_KEY)).status_code == 200
    for _ in range(10):
        assert (await served.post(about("hi"))).status_code == 200


BAD_ROWS: list[tuple[object, str]] = [
    ({"rows": [{"id": 1, "text": SECRET}]}, 'give either "policy"'),
    ({**rows(SECRET), "policy_fingerprint": "0"}, 'give either "policy"'),
    ({"policy": TEXT}, '"rows" must be a list'),
    ({"policy": TEXT, "rows": []}, '"rows" must be a list'),
    ({"policy": TEXT, "rows": [SECRET]}, "row 1 is not a JSON object"),
    ({"policy": TEXT, "rows": [{"id": 1, "text": "hi"}, {"text": SECRET}]}, 'row 2 needs an "id"'),
    ({"policy": TEXT, "rows": [{"id": 1, "text": 5}]}, "row 1 has a text"),
    ({"policy": 5, "rows": [{"id": 1, "text": SECRET}]}, '"policy" must be a text'),
    ({"policy": "", "rows": [{"id": 1, "text": SECRET}]}, "cannot be judged"),
    ({"policy_fingerprint": [SECRET], "rows": [{"id": 1, "text": SECRET}]}, "must be a string"),
    (rows("hi", effort=SECRET), '"effort" must be one of low, medium, high'),
    (rows("hi", **{SECRET: 1}), "1 of the keys is unknown"),
    ([SECRET], "not a JSON object"),
]


@pytest.mark.parametrize(("body", "line"), BAD_ROWS)
async def test_rows_that_cannot_be_judged_are_refused(body: object, line: str) -> None:
    """In one line that says what to change and repeats nothing of what was sent."""
    answer = await ServedJudge().post(body, key=TOOL_KEY)
    assert answer.status_code == 400
    assert line in refused(answer)


@pytest.mark.parametrize("content", [b"", b"\xff", b'{"request":', b"[" * 200_000, b'"\\ud800"', b"NaN"])
async def test_a_body_that_is_no_object_is_refused(content: bytes) -> None:
    """Broken UTF-8, broken JSON, and JSON nested so deeply that a parser gives up."""
    answer = await ServedJudge().client.post("/v1/judge", content=content, headers=bearer(BOT_KEY))
    assert answer.status_code == 400
    assert "not" in refused(answer)


def spoiled(data: strategies.DataObject) -> dict[str, Any]:
    """A bot's question with something else in one place."""
    body = about(SECRET)
    place: Any = body
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(strategies.sampled_from(keys))
        if isinstance(place[key], dict | list | tuple) and place[key] and data.draw(strategies.booleans()):
            place[key] = list(place[key]) if isinstance(place[key], tuple) else place[key]
            place = place[key]
            continue
        odd = [None, -1, 1e400, 2**70, SECRET, "\ud800", [], {}, [[SECRET]], {SECRET: SECRET}, True, float("nan")]
        place[key] = data.draw(strategies.sampled_from(odd))
        return body


@hypothesis.given(data=strategies.data())
@hypothesis.settings(max_examples=150)
async def test_a_spoiled_request_is_answered_or_refused(data: strategies.DataObject) -> None:
    """Whatever is put in any field: a judgement, or a 4xx with one line that repeats nothing of the body."""
    served = ServedJudge()
    content = json.dumps(spoiled(data)).encode()
    answer = await served.client.post("/v1/judge", content=content, headers=bearer(BOT_KEY))
    if answer.status_code != 200:
        assert 400 <= answer.status_code < 500
        refused(answer)


async def test_what_is_not_there_is_refused() -> None:
    """Another path is not found, another method is not allowed, and the lines say what there is."""
    client, headers = ServedJudge().client, bearer(BOT_KEY)
    assert "POST /v1/judge" in refused(nowhere := await client.get("/", headers=headers))
    assert "another method" in refused(wrong := await client.get("/v1/judge", headers=headers))
    assert (nowhere.status_code, wrong.status_code) == (404, 405)


async def test_the_list_of_models_says_what_judges() -> None:
    """As OpenAI's list, with what a bot has to know; without a replica it says that there is none."""
    served = ServedJudge()
    headers = bearer(BOT_KEY)
    (entry,) = (await served.client.get("/v1/models", headers=headers)).json()["data"]
    assert (entry["id"], entry["meta"]) == ("m", {"judge": "scripted:1"})
    assert entry["bylaw"] == {"protocol": 1, "places": 4, "context_tokens": None}
    served.capacity = Capacity(model="", judge="", places=0)
    nothing = await served.client.get("/v1/models", headers=headers)
    assert nothing.status_code == 503
    assert "no replica" in refused(nothing)


async def test_what_fails_inside_is_told_without_its_words(caplog: pytest.LogCaptureFixture) -> None:
    """Neither the answer nor the log holds an error's text, a message or a key."""

    def fail(request: JudgeRequest) -> Judgement:
        raise ValueError(request.content.target.text)

    with caplog.at_level(logging.DEBUG):
        answer = await ServedJudge(judge=ScriptedJudge(fail)).post(about(SECRET))
    assert answer.status_code == 500
    assert "the judge failed" in refused(answer)
    assert "ValueError" in caplog.text
    assert SECRET not in caplog.text
    assert BOT_KEY not in caplog.text


async def test_a_caller_that_goes_away_is_not_answered() -> None:
    """A connection that ends in the middle of a body is no error, and nothing is judged."""
    served, sent = ServedJudge(), list[Any]()

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(event: Any) -> None:
        sent.append(event)

    headers = [(b"authorization", f"Bearer {BOT_KEY}".encode())]
    scope = {"type": "http", "method": "POST", "path": "/v1/judge", "headers": headers}
    await served.edge(scope, receive, send)
    assert sent == []


def test_keys_are_kept_as_digests_only() -> None:
    """What travels to the machines of a cluster does not give a key away."""
    settings = Settings(serve_key=BOT_KEY, serve_tool_keys=f"{TOOL_KEY}, {OTHER_TOOL_KEY}", model_path=Path("m.gguf"))
    sent = pickle.dumps((front_options(settings), replica_options(settings, ServedBy.LLAMA)))
    for key in (BOT_KEY, TOOL_KEY, OTHER_TOOL_KEY):
        assert key.encode() not in sent
