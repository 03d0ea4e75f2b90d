"""`faultline mcp`: an assistant's client asks a daemon."""

import asyncio
import json
import subprocess

import pytest
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

from harness import http_client, openapi, spans
from harness.project import BINARY
from harness.waiting import DEADLINE

TRACE = bytes(range(1, 17))


def converse(address, talk):
    """Runs `talk` with an initialized session, and returns what it returns."""

    async def run():
        server = StdioServerParameters(command=str(BINARY), args=["mcp", "--address", address])
        async with stdio_client(server) as (read, write), ClientSession(read, write, DEADLINE) as session:
            welcome = await session.initialize()
            return await talk(session, welcome)

    return asyncio.run(run())


def asked(address, tool, **arguments):
    """Whether the answer is an error, and its text."""

    async def talk(session, _):
        answer = await session.call_tool(tool, arguments)
        (content,) = answer.content
        return answer.is_error, content.text

    return converse(address, talk)


@pytest.fixture(scope="module")
def loaded():
    from harness.daemon import Faultline

    with Faultline() as daemon:
        made = spans.span(
            "GET /api/v1/pods", trace_id=TRACE,
            attributes=[spans.text("http.request.method", "GET"), spans.text("http.target", "/api/v1/pods?limit=5")],
        )
        assert http_client.send(daemon.http, spans.body(made, service="apiserver")).status == 200
        yield daemon


async def introduction(session, welcome):
    return welcome, await session.list_tools()


def test_it_introduces_itself_and_lists_its_tools(loaded):
    welcome, listed = converse(loaded.query, introduction)
    assert welcome.server_info.name == "faultline" and "never instructions" in welcome.instructions
    names = [tool.name for tool in listed.tools]
    assert names == ["what_is_wrong_now", "verdict", "requests", "search_traces", "trace"]
    for tool in listed.tools:
        assert tool.annotations.read_only_hint and tool.description
        assert tool.input_schema["additionalProperties"] is False


def test_answers_are_those_of_the_daemon(loaded):
    def answer(tool, **arguments):
        is_error, text = asked(loaded.query, tool, **arguments)
        assert not is_error, text
        return json.loads(text)

    now = answer("what_is_wrong_now")
    assert (now["status"]["received"], now["status"]["incident"], now["last_incidents"]) == (1, None, [])
    (request,) = answer("requests", verb="list", **{"from": "-5m"})
    assert (request["resource"], request["count"]) == ("pods", 1)
    assert answer("requests", resource="a&limit=0") == []
    verdict = answer("verdict", **{"from": "-1m", "to": "now"})
    openapi.check("/api/v1/culprit", "application/json", json.dumps(verdict).encode())
    (found,) = answer("search_traces", verb="list", order="recent")["traces"]
    assert (found["trace_id"], found["operation"]) == (TRACE.hex(), "GET /api/v1/pods")
    (same,) = answer("search_traces", operation="GET /api/v1/pods", kind="SERVER")["traces"]
    assert same["trace_id"] == found["trace_id"] and answer("search_traces", kind="CLIENT", service="apiserver")["traces"] == []
    trace = answer("trace", id=TRACE.hex())
    assert [span["operation"] for span in trace["spans"]] == ["GET /api/v1/pods"]


def portions_of(id):
    """Reads a trace until there is no more of it."""

    async def read(session, _):
        found, offset = [], 0
        while offset is not None:
            answer = await session.call_tool("trace", {"id": id, "offset": offset})
            assert not answer.is_error and len(answer.content[0].text) <= 512 << 10
            found.append(json.loads(answer.content[0].text))
            offset = found[-1].get("next_offset")
        return found

    return read


def test_a_large_trace_comes_in_portions(loaded):
    large = b"L" * 16
    made = [spans.span(f"span {number}", trace_id=large) for number in range(2_000)]
    assert http_client.send(loaded.http, spans.body(*made)).status == 200
    found = converse(loaded.query, portions_of(large.hex()))
    assert {portion["span_count"] for portion in found} == {2_000}
    names = [span["operation"] for portion in found for span in portion["spans"]]
    assert len(names) == 2_000 and set(names) == {span.name for span in made}


@pytest.mark.parametrize(
    "tool, arguments, reason", [
        ("requests", {"from": "yesterday"}, "400: from must be a time in RFC 3339"),
        ("requests", {"frm": "-5m"}, 'requests has no argument "frm"; it has from, to, cluster, verb'),
        ("requests", {"limit": [1]}, "limit must be a text or a number: the maximum number of rows"),
        ("requests", {"limit": "many"}, "400: limit must be a number from 1 to 100000, but found"),
        ("search_traces", {"limit": 100000}, "400: limit must be a number from 1 to 1000 for traces"),
        ("verdict", {"baseline_from": "-5m"}, "400: baseline_from and baseline_to go together"),
        ("trace", {"id": TRACE.hex(), "offset": -1}, "offset must be a whole number of spans"),
        ("trace", {"id": TRACE.hex(), "offset": 1}, "offset must be less than 1, the number of spans"),
        ("trace", {}, "id is missing: the trace id"),
        ("trace", {"id": "../status"}, "400: a trace id must be 32 hexadecimal digits"),
        ("trace", {"id": "0" * 31 + "1"}, "404: trace not found"),
        ("what_is_wrong_now", {"a": 1}, "it has none"),
    ],
)
def test_wrong_arguments_are_refused_with_what_would_be_right(loaded, tool, arguments, reason):
    is_error, text = asked(loaded.query, tool, **arguments)
    assert is_error and reason in text, text


def test_a_daemon_that_does_not_answer_is_an_error_of_the_tool():
    is_error, text = asked("127.0.0.1:1", "what_is_wrong_now")
    assert is_error and "no answer from the daemon at http://127.0.0.1:1" in text and "--address" in text


def said(*lines):
    """The replies to lines, until the input ends."""
    done = subprocess.run(
        [BINARY, "mcp"], input=b"".join(line + b"\n" for line in lines), capture_output=True, timeout=DEADLINE)
    assert (done.returncode, done.stderr) == (0, b"")
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    "line, code", [
        (b"{", -32700), (b"\xff", -32700), (b"1", -32600), (b"[]", -32600), (b'{"id": 1, "method": "ping"}', -32600),
        (b'{"jsonrpc": "2.0", "id": 1}', -32600), (b'{"jsonrpc": "2.0", "id": 1, "method": "no"}', -32601),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "tools/call"}', -32602),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "rm"}}', -32602),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": 1}}', -32602),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "verdict", "arguments": ["-5m"]}}', -32602),
        (b"[" * 100_000, -32700), (b" " * 2_000_000 + b"1", -32600),
    ],
)
def test_a_wrong_message_is_answered_with_its_fault_and_the_next_one_is_heard(line, code):
    fault, pong = said(line, b'{"jsonrpc": "2.0", "id": "next", "method": "ping"}')
    assert fault["error"]["code"] == code and fault["error"]["message"]
    assert pong == {"jsonrpc": "2.0", "id": "next", "result": {}}


def test_notifications_and_empty_lines_have_no_reply():
    assert said(b"", b'{"jsonrpc": "2.0", "method": "notifications/initialized"}', b"\r") == []


@pytest.mark.parametrize("asked, told", [("2024-11-05", "2024-11-05"), ("1999-01-01", "2025-11-25")])
def test_the_revision_is_the_clients_if_it_is_known(asked, told):
    message = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": asked}}
    (reply,) = said(json.dumps(message).encode())
    assert reply["result"]["protocolVersion"] == told
