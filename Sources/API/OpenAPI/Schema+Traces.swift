extension TraceJSON {
    static let schema = Schema.object([
        "trace_id": .text, "start": .time, "end": .time, "duration_seconds": .number, "whole": .boolean,
        "warnings": .array(.text), "spans": .array(span), "requests": .array(request),
    ])

    private static let status = Schema.object(
        ["code": .choice(["unset", "ok", "error"])], optional: ["message": .text])

    private static let span = Schema.object(
        [
            "span_id": .text, "service": .text, "operation": .text, "kind": .text, "start": .time,
            "offset_seconds": .number, "duration_seconds": .number, "error": .boolean, "status": status,
            "attributes": .map(.any), "resource": .map(.any),
            "events": .array(.object(["time": .time, "name": .text, "attributes": .map(.any)])),
            "links": .array(.object(["trace_id": .text, "span_id": .text])), "component": .text,
            "self_seconds": .number, "critical": .boolean,
        ], optional: ["trace_id": .text, "parent_span_id": .text, "cluster": .text, "instance": .text])

    private static let request = Schema.object(
        [
            "span_id": .text, "verb": .text, "group": .text, "resource": .text, "subresource": .text, "scope": .text,
            "offset_seconds": .number, "duration_seconds": .number, "components": .array(ComponentSecondsJSON.schema),
            "parts": .array(
                .object(["component": .text, "span_id": .text, "offset_seconds": .number, "seconds": .number])),
        ],
        optional: [
            "authentication_trace_id": .text,
            "rank": .object(["faster_share": .number, "of": .integer, "over_seconds": .number]),
        ])
}

extension TracesJSON {
    static let schema = Schema.object([
        "from": .time, "to": .time, "truncated": .boolean, "warnings": .array(.text),
        "traces": .array(
            .object(
                [
                    "trace_id": .text, "start": .time, "duration_seconds": .number, "service": .text,
                    "operation": .text, "status": .choice(["ok", "error"]), "span_count": .integer,
                    "error_count": .integer, "components": .array(ComponentSecondsJSON.schema),
                ],
                optional: [
                    "request": .object([
                        "verb": .text, "group": .text, "resource": .text, "subresource": .text, "scope": .text,
                    ])
                ])),
    ])
}

extension ComponentSecondsJSON {
    static let schema = Schema.object(["component": .text, "seconds": .number])
}
