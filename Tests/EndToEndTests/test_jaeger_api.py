"""Jaeger's query API, v1 and v3: every answer against schemas of our own, and real clients."""

import json
import os
import re
import subprocess
from datetime import datetime
from urllib.parse import quote, urlencode

import jsonschema
import pytest

from harness import http_client, now, project, raw, spans
from harness.daemon import Faultline

START, END = "2020-01-01T00:00:00Z", "2040-01-01T00:00:00.000000001Z"

TEXT = {"type": "string"}
INTEGER = {"type": "integer"}


def exactly(required, **optional):
    return {
        "type": "object",
        "properties": required | optional,
        "required": list(required),
        "additionalProperties": False,
    }


def list_of(schema):
    return {"type": "array", "items": schema}


TAG = exactly({"key": TEXT, "type": {"enum": ["string", "bool", "int64", "float64", "binary"]}, "value": {}})
SPAN = exactly(
    {
        "traceID": {"type": "string", "pattern": "^([0-9a-f]{16}|[0-9a-f]{32})$"},
        "spanID": {"type": "string", "pattern": "^[0-9a-f]{16}$"},
        "operationName": TEXT,
        "references": list_of(
            exactly({"refType": {"enum": ["CHILD_OF", "FOLLOWS_FROM"]}, "traceID": TEXT, "spanID": TEXT})
        ),
        "startTime": INTEGER,
        "duration": INTEGER,
        "tags": list_of(TAG),
        "logs": list_of(exactly({"timestamp": INTEGER, "fields": list_of(TAG)})),
        "processID": TEXT,
        "warnings": {"type": "null"},
    }
)
TRACE = exactly(
    {
        "traceID": TEXT,
        "spans": list_of(SPAN),
        "processes": {"type": "object", "additionalProperties": exactly({"serviceName": TEXT, "tags": list_of(TAG)})},
        "warnings": {"type": "null"},
    }
)


def envelope(data):
    return exactly({"data": data, "total": INTEGER, "limit": {"const": 0}, "offset": {"const": 0}, "errors": {"type": "null"}})


OPERATION = exactly({"name": TEXT, "spanKind": {"enum": ["unspecified", "internal", "server", "client", "producer", "consumer"]}})
METRICS = exactly(
    {
        "name": TEXT,
        "type": {"const": "GAUGE"},
        "help": TEXT,
        "metrics": list_of(
            exactly(
                {
                    "labels": list_of(exactly({"name": TEXT, "value": TEXT})),
                    "metricPoints": list_of(
                        exactly({"gaugeValue": exactly({"doubleValue": {"type": "number"}}), "timestamp": TEXT})
                    ),
                }
            )
        ),
    }
)
DIGITS = {"type": "string", "pattern": "^[0-9]+$"}
SUMMARY = exactly(
    {
        "traceId": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
        "rootServiceName": TEXT,
        "rootOperationName": TEXT,
        "minStartTimeUnixNano": DIGITS,
        "maxEndTimeUnixNano": DIGITS,
        "spanCount": INTEGER,
        "errorSpanCount": INTEGER,
        "orphanSpanCount": INTEGER,
        "services": list_of(exactly({"name": TEXT, "spanCount": INTEGER, "errorSpanCount": INTEGER})),
    }
)
RESULT = exactly({"result": exactly({"resourceSpans": list_of({"type": "object"})})})
V3_ERROR = exactly({"error": exactly({"httpCode": INTEGER, "message": TEXT})})
V1_ERROR = exactly(
    {
        "data": {"type": "null"},
        "total": {"const": 0},
        "limit": {"const": 0},
        "offset": {"const": 0},
        "errors": list_of(exactly({"code": INTEGER, "msg": TEXT})),
    }
)


@pytest.fixture(scope="module")
def daemon():
    with Faultline() as running:
        now.send(running, now.messages())
        yield running


def ask(daemon, path, schema, expected=200, **parameters):
    query = "?" + urlencode(parameters, doseq=True) if parameters else ""
    status, type, body = daemon.get(path + query)
    assert (status, type) == (expected, "application/json"), body
    # Go refuses 1.0 and 1e15 for an integer; Python's parser would take the first for a whole number.
    answer = json.loads(body, parse_float=lambda text: _Float(text))
    jsonschema.validate(answer, schema, cls=_GoLike)
    return json.loads(body)


class _Float(float):
    pass


_GoLike = jsonschema.validators.extend(
    jsonschema.Draft202012Validator,
    type_checker=jsonschema.Draft202012Validator.TYPE_CHECKER.redefine(
        "integer", lambda _, value: isinstance(value, int) and not isinstance(value, bool)
    ),
)


def spans_of(trace):
    return {span["spanID"]: span for span in trace["spans"]}


def test_services_and_operations(daemon):
    assert ask(daemon, "/api/services", envelope(list_of(TEXT)))["data"] == ["apiserver", "etcd"]
    names = ask(daemon, "/api/services/etcd/operations", envelope(list_of(TEXT)))
    assert "etcdserverpb.KV/Txn" in names["data"] and names["total"] == len(names["data"])
    servers = ask(daemon, "/api/operations", envelope(list_of(OPERATION)), service="apiserver", spanKind="server")
    assert servers["data"] and all(operation["spanKind"] == "server" for operation in servers["data"])
    assert ask(daemon, "/api/services/nobody/operations", envelope(list_of(TEXT)))["data"] == []
    ask(daemon, "/api/operations", V1_ERROR, expected=400)


@pytest.mark.parametrize("service", ["a b", "team/a", "plus+x", "50%", "svc\u202e<b>", "%2F", "..", "ä"])
def test_a_services_name_in_a_path_is_percent_encoded(serve, service):
    daemon = serve(configuration='{jaeger: "127.0.0.1:0"}')
    assert http_client.send(daemon.http, spans.body(spans.span("work"), service=service)).status == 200
    path = f"/api/services/{quote(service, safe='')}/operations"
    assert ask(daemon, path, envelope(list_of(TEXT)))["data"] == ["work"]
    status, _, body = raw.get(daemon.address_of("Jaeger's API"), path)
    assert status == 200 and json.loads(body)["data"] == ["work"]


def test_letters_of_a_name_may_be_encoded_too(daemon):
    assert ask(daemon, "/api/services/%65tc%64/operations", envelope(list_of(TEXT)))["total"] > 0


@pytest.mark.parametrize("path, name", [("/api/traces", "raw"), ("/api/v3/traces", "rawTraces")])
def test_a_flag_is_true_or_false(daemon, path, name):
    id = json.loads(daemon.get("/api/v1/traces?limit=1")[2])["traces"][0]["trace_id"]
    assert daemon.get(f"{path}/{id}?{name}=true")[0] == 200
    status, _, body = daemon.get(f"{path}/{id}?{name}=maybe")
    assert status == 400 and f'{name} must be true or false, but found \\"maybe\\"' in body.decode()


def test_lists_and_maps_are_json_in_tags(serve):
    daemon = serve()
    made = spans.span("work")
    made.attributes.add(key="list").value.array_value.values.add(int_value=1)
    made.attributes[0].value.array_value.values.add(string_value="b")
    made.attributes.add(key="map").value.kvlist_value.values.add(key="a").value.bool_value = True
    assert http_client.send(daemon.http, spans.body(made)).status == 200
    (trace,) = ask(daemon, f"/api/traces/{made.trace_id.hex()}", envelope(list_of(TRACE)))["data"]
    tags = {tag["key"]: (tag["type"], tag["value"]) for tag in trace["spans"][0]["tags"]}
    assert tags["list"] == ("string", '[1,"b"]') and tags["map"] == ("string", '{"a":true}')


def test_a_search_gives_whole_traces_the_latest_first(daemon):
    found = ask(daemon, "/api/traces", envelope(list_of(TRACE)), service="etcd", limit=7, lookback="1h", end="")
    assert len(found["data"]) == 7 and found["total"] == 0
    for trace in found["data"]:
        services = {process["serviceName"] for process in trace["processes"].values()}
        assert "etcd" in services
        assert all(span["traceID"] == trace["traceID"] for span in trace["spans"])


@pytest.mark.parametrize(
    "parameters, holds",
    [
        ({"operation": "List"}, lambda span: span["operationName"] == "List"),
        ({"minDuration": "300ms"}, lambda span: span["duration"] >= 300_000),
        ({"minDuration": "1ms", "maxDuration": "1.5ms"}, lambda span: 1_000 <= span["duration"] <= 1_500),
        ({"tags": '{"verb":"PUT"}'}, lambda span: {"key": "verb", "type": "string", "value": "PUT"} in span["tags"]),
        ({"tag": "resource:leases"}, lambda span: {"key": "resource", "type": "string", "value": "leases"} in span["tags"]),
        ({"tags": '{"error":"true"}'}, lambda span: {"key": "error", "type": "bool", "value": True} in span["tags"]),
        ({"tag": "span.kind:client"}, lambda span: {"key": "span.kind", "type": "string", "value": "client"} in span["tags"]),
    ],
)
def test_every_trace_of_a_search_has_a_span_that_matches(daemon, parameters, holds):
    # Whole traces are read for tags.
    newest = datetime.fromisoformat(json.loads(daemon.get("/api/v1/status")[2])["last_span"]).timestamp()
    parameters |= {"start": int((newest - 30) * 1e6), "end": int((newest + 1) * 1e6)}
    found = ask(daemon, "/api/traces", envelope(list_of(TRACE)), service="apiserver", limit=20, **parameters)["data"]
    assert found and all(any(holds(span) for span in trace["spans"]) for trace in found)


def test_no_trace_is_an_empty_list_in_a_search_and_404_by_its_id(daemon):
    for parameters in ({"service": "nobody"}, {"service": "etcd", "start": 1, "end": 2}, {"traceID": "ff"}):
        assert ask(daemon, "/api/traces", envelope(list_of(TRACE)), **parameters)["data"] == []
    missing = ask(daemon, "/api/traces/" + "f" * 32, V1_ERROR, expected=404)
    assert missing["errors"] == [{"code": 404, "msg": "trace not found"}]
    assert ask(daemon, "/api/v3/traces/" + "f" * 32, V3_ERROR, expected=404)["error"]["message"] == "No traces found"


def test_an_id_is_read_in_either_case_and_padded_on_the_left(daemon, serve):
    id = ask(daemon, "/api/traces", envelope(list_of(TRACE)), service="etcd", limit=1)["data"][0]["traceID"]
    upper = ask(daemon, f"/api/traces/{id.upper()}", envelope(list_of(TRACE)), prettyPrint="true")
    assert upper["data"][0]["traceID"] == id
    short = serve()
    (message, *_) = now.messages()
    for span in now.spans(message):
        span.trace_id = bytes(15) + b"\xab"
    now.send(short, [message])
    for spelling in ("ab", "AB", "00ab", "ab".zfill(32)):
        assert ask(short, f"/api/traces/{spelling}", envelope(list_of(TRACE)))["data"][0]["traceID"] == "ab".zfill(16)
    assert ask(short, "/api/v3/traces/ab", RESULT)["result"]["resourceSpans"]


@pytest.mark.parametrize(
    "path, parameters, message",
    [
        ("/api/traces", {"start": "yesterday"}, "start must be an integer"),
        ("/api/traces", {"limit": "0"}, "limit must be an integer from 1"),
        ("/api/traces", {"limit": "1000000000000"}, "limit must be an integer from 1"),
        ("/api/traces", {"minDuration": "1 second"}, "minDuration must be a duration such as 1.2s"),
        ("/api/traces", {"minDuration": "2s", "maxDuration": "1s"}, "must not be more than maxDuration"),
        ("/api/traces", {"tags": "[1]"}, "tags must be a JSON object of texts"),
        ("/api/traces", {"tag": "verb"}, "tag must be KEY:VALUE"),
        ("/api/traces", {"traceID": "xyz"}, "up to 32 hexadecimal digits"),
        ("/api/traces/xyz", {}, "up to 32 hexadecimal digits"),
        ("/api/metrics/latencies", {"service": "etcd"}, "quantile must be a number"),
        ("/api/metrics/calls", {}, "the parameter service is missing"),
        ("/api/metrics/calls", {"service": "etcd", "step": "1", "lookback": "3600000"}, "choose a larger step"),
        ("/api/dependencies", {"lookback": "-1"}, "lookback must be an integer"),
    ],
)
def test_a_parameter_that_cant_be_read_is_400_in_the_envelope(daemon, path, parameters, message):
    answer = ask(daemon, path, V1_ERROR, expected=400, **parameters)
    assert message in answer["errors"][0]["msg"] and answer["errors"][0]["code"] == 400


def test_dependencies_and_metrics(daemon):
    (edge,) = ask(daemon, "/api/dependencies", envelope(list_of(exactly({"parent": TEXT, "child": TEXT, "callCount": INTEGER}))))["data"]
    assert (edge["parent"], edge["child"]) == ("apiserver", "etcd") and edge["callCount"] > 1000
    window = {"service": "etcd", "lookback": 60_000, "step": 5_000, "ratePer": 600_000}
    latencies = ask(daemon, "/api/metrics/latencies", METRICS, quantile=0.99, **window)
    assert latencies["name"] == "service_latencies"
    assert latencies["metrics"][0]["labels"][0] == {"name": "service_name", "value": "etcd"}
    # Over ten minutes, which hold the whole capture: milliseconds as in the report.
    rows = json.loads(daemon.get("/api/v1/operations")[2])
    slowest = max(row["p99_seconds"] for row in rows if row["service"] == "etcd" and row["kind"] == "SERVER")
    value = latencies["metrics"][0]["metricPoints"][-1]["gaugeValue"]["doubleValue"]
    assert 1 < value <= slowest * 1000
    calls = ask(daemon, "/api/metrics/calls", METRICS, groupByOperation="true", **window)
    assert calls["name"] == "service_operation_call_rate"
    assert {"name": "operation", "value": "etcdserverpb.KV/Txn"} in [label for m in calls["metrics"] for label in m["labels"]]
    assert ask(daemon, "/api/metrics/errors", METRICS, **window)["name"] == "service_error_rate"


def test_the_shortest_step_of_metrics_is_a_number_of_milliseconds(daemon):
    assert ask(daemon, "/api/metrics/minstep", envelope(INTEGER)) == {"data": 1, "total": 0, "limit": 0, "offset": 0, "errors": None}


@pytest.mark.parametrize("path", ["/api/nothing", "/api/metrics/nothing", "/api/traces/1/2", "/api/", "/api"])
def test_a_path_that_v1_does_not_have_is_404_in_its_envelope(daemon, path):
    (error,) = ask(daemon, path, V1_ERROR, expected=404)["errors"]
    assert error["code"] == 404 and "no such path; known paths are" in error["msg"]


@pytest.mark.parametrize("path", ["/api/v3/nothing", "/api/v3/traces/1/2", "/api/v3/", "/api/v3"])
def test_a_path_that_v3_does_not_have_is_404_in_its_envelope(daemon, path):
    error = ask(daemon, path, V3_ERROR, expected=404)["error"]
    assert error["httpCode"] == 404 and "no such path; known paths are" in error["message"]


def test_v3_lists_and_summaries(daemon):
    assert ask(daemon, "/api/v3/services", exactly({"services": list_of(TEXT)}))["services"] == ["apiserver", "etcd"]
    operations = ask(daemon, "/api/v3/operations", exactly({"operations": list_of(OPERATION)}), service="etcd", spanKind="server")
    assert operations["operations"]
    schema = exactly({"summaries": list_of(SUMMARY)})
    range = {"query.startTimeMin": START, "query.startTimeMax": END}
    found = ask(daemon, "/api/v3/trace-summaries", schema, **range, **{"query.serviceName": "etcd", "query.searchDepth": 5})
    assert len(found["summaries"]) == 5
    for summary in found["summaries"]:
        trace = ask(daemon, f"/api/v3/traces/{summary['traceId']}", RESULT)["result"]["resourceSpans"]
        spans = [s for r in trace for scope in r["scopeSpans"] for s in scope["spans"]]
        assert summary["spanCount"] == len(spans) == sum(service["spanCount"] for service in summary["services"])
        assert summary["minStartTimeUnixNano"] == str(min(int(span["startTimeUnixNano"]) for span in spans))
        assert all(len(r["scopeSpans"]) == 1 and r["scopeSpans"][0]["spans"] for r in trace)
    assert ask(daemon, "/api/v3/trace-summaries", schema, **range, **{"query.serviceName": "nobody"}) == {"summaries": []}
    ask(daemon, "/api/v3/trace-summaries", V3_ERROR, expected=400)
    ask(daemon, "/api/v3/traces", V3_ERROR, expected=404, **range, **{"query.serviceName": "nobody"})


def test_grafanas_snake_case_is_taken_unescaped(daemon):
    query = f"query.service_name=etcd&query.start_time_min={START}&query.start_time_max={END}&query.num_traces=2"
    status, _, body = daemon.get(f"/api/v3/traces?{query}")
    assert status == 200 and len(json.loads(body)["result"]["resourceSpans"]) >= 2
    assert daemon.get(f"/api/services/{quote('a/b ü', safe='')}/operations")[0] == 200


def client(name, script, daemon):
    """Runs a script with a client's own Python."""
    python = project.TOOLS / name / "bin" / "python"
    assert python.exists(), f"no {python}: run Scripts/install-packages.sh test"
    done = subprocess.run(
        [python, "-c", script], capture_output=True, text=True, timeout=120,
        env={"PATH": os.environ["PATH"], "JAEGER_URL": f"http://{daemon.query}", "URL": f"http://{daemon.query}"},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


V1_CLIENT = """
import json
from jaeger_mcp import tools

def value(result):
    return result.structuredContent if hasattr(result, "structuredContent") else result

services = value(tools.jaeger_list_services())
operations = value(tools.jaeger_list_operations("etcd"))
traces = value(tools.jaeger_search_traces(service="etcd", limit=3))
trace = value(tools.jaeger_get_trace(traces["traces"][0]["trace_id"]))
edges = value(tools.jaeger_get_dependencies(end_ts=None, lookback_hours=24))
print(json.dumps({"services": services, "operations": operations, "traces": traces, "trace": trace, "edges": edges}))
"""

V3_CLIENT = """
import json, os
from jaeger_mcp.helper import tool_helper as jaeger

url = os.environ["URL"]
summaries = jaeger.get_trace_summaries(url, "etcd", search_depth=3)
id = summaries.summaries[0].traceId
slowest = jaeger.get_slowest_spans(url, id, 5, 0)
print(json.dumps({
    "services": jaeger.get_all_services(url).model_dump(),
    "operations": jaeger.get_service_operations(url, "etcd").model_dump(),
    "summaries": summaries.model_dump(),
    "overview": jaeger.get_trace_overview(url, id).model_dump(),
    "slowest": slowest.model_dump(),
    "errors": jaeger.get_trace_errors(url, id).model_dump(),
}))
"""


def test_a_real_client_of_v1(daemon):
    answers = client("jaeger-mcp", V1_CLIENT, daemon)
    assert answers["services"]["services"] == ["apiserver", "etcd"]
    assert "etcdserverpb.KV/Range" in answers["operations"]["operations"]
    assert len(answers["traces"]["traces"]) == 3
    assert answers["trace"]["spans"]
    assert [(edge["parent"], edge["child"]) for edge in answers["edges"]["edges"]] == [("apiserver", "etcd")]


def test_a_real_client_of_v3(daemon):
    answers = client("mcp-server-jaeger", V3_CLIENT, daemon)
    assert answers["services"]["services"] == ["apiserver", "etcd"]
    assert len(answers["summaries"]["summaries"]) == 3
    overview = answers["overview"]
    assert overview["spanCount"] == answers["summaries"]["summaries"][0]["spanCount"]
    assert re.fullmatch("[0-9a-f]{32}", overview["traceId"])
