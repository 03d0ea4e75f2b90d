"""A bad span is rejected alone; the good ones of its batch are counted."""

import json
import time

import pytest

from harness import http_client, spans
from harness.counting import Counting
from harness.exports import TAKEN
from harness.http_client import JSON
from harness.spans import HOUR, SECOND, span

LATEST = 2**64 - 1
YEAR_2100 = 4_102_444_800 * SECOND
YEAR_2200 = 7_258_118_400 * SECOND
YEAR_2500 = 16_725_225_600 * SECOND


def times(start, end):
    return {"start_time_unix_nano": start, "end_time_unix_nano": end}


NOW = time.time_ns()

BAD_SPANS = {
    "end before start": (times(NOW, NOW - 1), "end_before_start"),
    "no start": (times(0, NOW), "invalid_time"),
    "no end": (times(NOW, 0), "invalid_time"),
    "no times": (times(0, 0), "invalid_time"),
    "the latest end": (times(NOW, LATEST), "invalid_time"),
    "the latest times": (times(LATEST, LATEST), "invalid_time"),
    "beyond signed numbers": (times(2**63, 2**63 + 1), "invalid_time"),
    "the year 2500": (times(YEAR_2500, YEAR_2500 + 1), "invalid_time"),
    "the year 2200": (times(YEAR_2200, YEAR_2200 + 1), "invalid_time"),
    "the year 2100": (times(YEAR_2100, YEAR_2100 + 1), "in_future"),
    "beyond the latest time that is taken": (times(2**62, 2**62 + 1), "invalid_time"),
    "an hour ahead": (times(NOW + HOUR, NOW + HOUR + 1), "in_future"),
    "all but the latest end": (times(1, 2**63 - 1), "invalid_time"),
    "a start that was never set": (times(1, NOW), "too_long"),
    "more than seven days": (times(NOW - 7 * 24 * HOUR - 1, NOW), "too_long"),
    "no trace id": ({"trace_id": b""}, "invalid_trace_id"),
    "a trace id of 15 bytes": ({"trace_id": b"t" * 15}, "invalid_trace_id"),
    "a trace id of 17 bytes": ({"trace_id": b"t" * 17}, "invalid_trace_id"),
    "a trace id in hex": ({"trace_id": b"5b8efff798038103d269b633813fc60c"}, "invalid_trace_id"),
    "a trace id of zeros": ({"trace_id": bytes(16)}, "invalid_trace_id"),
    "no span id": ({"span_id": b""}, "invalid_span_id"),
    "a span id of 7 bytes": ({"span_id": b"s" * 7}, "invalid_span_id"),
    "a span id of 9 bytes": ({"span_id": b"s" * 9}, "invalid_span_id"),
    "a span id of zeros": ({"span_id": bytes(8)}, "invalid_span_id"),
    "a parent of 7 bytes": ({"parent_span_id": b"p" * 7}, "invalid_parent_span_id"),
    "a parent of 16 bytes": ({"parent_span_id": b"p" * 16}, "invalid_parent_span_id"),
}


@pytest.mark.parametrize("bad", BAD_SPANS)
def test_a_bad_span_is_rejected_and_nine_good_ones_are_counted(survivor, export, bad):
    fields, reason = BAD_SPANS[bad]
    batch = [span() for _ in range(9)]
    batch.insert(4, span(**fields))
    with Counting(survivor) as change:
        outcome = export(spans.body(*batch))
    assert (outcome.what, outcome.rejected) == (TAKEN, 1)
    assert outcome.message
    assert (change.received, change.accepted, change.rejected) == (10, 9, {reason: 1})


def test_all_reasons_in_one_batch_are_counted_separately(survivor, export):
    with Counting(survivor) as change:
        outcome = export(spans.body(*[span(**fields) for fields, _ in BAD_SPANS.values()]))
    assert outcome.rejected == len(BAD_SPANS)
    reasons = [reason for _, reason in BAD_SPANS.values()]
    assert change.rejected == {reason: reasons.count(reason) for reason in reasons}


def test_a_batch_that_is_sent_again_is_counted_once(survivor, export):
    batch = spans.body(*[span() for _ in range(9)], span(trace_id=b""))
    with Counting(survivor) as change:
        first, second = export(batch), export(batch)
    assert (first.what, second.what) == (TAKEN, TAKEN)
    assert (first.rejected, second.rejected) == (1, 1)
    assert (change.received, change.accepted, change.duplicates) == (20, 9, 9)
    assert change.rejected == {"invalid_trace_id": 2}


@pytest.mark.parametrize("hours", [24, 7 * 24 - 1])
def test_a_span_may_have_begun_long_ago(survivor, export, hours):
    with Counting(survivor) as change:
        assert export(spans.body(span(start_time_unix_nano=NOW - hours * HOUR))).rejected == 0
    assert change.accepted == 1


def test_a_full_success_leaves_partial_success_unset(survivor, export):
    outcome = export(spans.body(span()))
    assert (outcome.what, outcome.rejected, outcome.message) == (TAKEN, 0, "")


def json_span(**fields):
    good = span()
    return {
        "traceId": good.trace_id.hex(),
        "spanId": good.span_id.hex(),
        "name": "work",
        "kind": 2,
        "startTimeUnixNano": str(good.start_time_unix_nano),
        "endTimeUnixNano": str(good.end_time_unix_nano),
        **fields,
    }


@pytest.mark.parametrize(
    "fields, reason",
    [
        ({"traceId": "0" * 32}, "invalid_trace_id"),
        ({"traceId": "5b8efff798038103d269b633813fc60"}, "invalid_trace_id"),
        ({"traceId": "5b8efff798038103d269b633813fc60c00"}, "invalid_trace_id"),
        ({"traceId": "no hex, but of the right length!"}, "invalid_trace_id"),
        ({"traceId": "W47/95gDgQPSabYzgT/GDA=="}, "invalid_trace_id"),
        ({"traceId": ""}, "invalid_trace_id"),
        ({"spanId": "xee19b7ec3c1b174"}, "invalid_span_id"),
        ({"spanId": "\u00e9" * 8}, "invalid_span_id"),
        ({"parentSpanId": "eee19b7ec3c1b17"}, "invalid_parent_span_id"),
    ],
)
def test_bad_hex_rejects_only_its_span(survivor, fields, reason):
    batch = [json_span() for _ in range(9)] + [json_span(**fields)]
    body = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": batch}]}]}).encode()
    with Counting(survivor) as change:
        answer = http_client.send(survivor.http, body, JSON)
    assert (answer.status, answer.rejected[0]) == (200, 1)
    assert (change.received, change.accepted, change.rejected) == (10, 9, {reason: 1})
