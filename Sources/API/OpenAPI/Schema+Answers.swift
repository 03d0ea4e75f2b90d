import Engine
import Rules

// Schemas of the rows of Report and Rules, which don't depend on this description, and of answers that several
// resources share. A resource with an answer of its own describes it in its own file.

extension Schema {
    /// By name, for the components of the description.
    static let shared: KeyValuePairs<String, Schema> = [
        "Alert": alert, "Incident": incident, "Evidence": evidence, "Culprit": culprit,
        "ComponentGrowth": componentGrowth, "RequestOutcomes": requestOutcomes, "Operation": operation,
        "Request": request, "Source": source, "Status": status,
    ]

    private static let culprit = object(
        [
            "side": .nullable(.choice(["etcd", "apiserver", "webhook", "connection"])), "component": .nullable(.text),
            "certainty": .choice(["clear", "likely", "not clear"]), "why": .text,
        ], optional: ["instance": .nullable(.text)])

    private static let componentGrowth = object([
        "component": .text, "seconds": .number, "baseline_seconds": .nullable(.number),
    ])

    private static let requestOutcomes = object(
        ["count": .integer, "slow": .integer, "failed": .integer],
        optional: [
            "verbs": .array(.object(["verb": .text, "count": .integer, "slow": .integer, "failed": .integer]))
        ])

    private static let evidence = object([
        "culprit": .named("Culprit"), "components": .array(.named("ComponentGrowth")), "traces": .array(.text),
    ])

    private static let alert = object(
        [
            "alert": .text, "labels": .map(.text), "annotations": .map(.text),
            "state": .choice(["pending", "firing", "resolved"]), "active_at": .time, "fired_at": .nullable(.time),
            "resolved_at": .nullable(.time), "reason": .nullable(.text), "value": .nullable(.number),
            "evidence": .nullable(.named("Evidence")),
        ], optional: ["unit": .choice(AlertUnit.allCases.map(\.rawValue)), "current_value": .number])

    private static let incident = object(
        [
            "id": .text, "kind": .choice(Incident.Kind.allCases.map(\.rawValue)),
            "state": .choice(IncidentJSON.State.allCases.map(\.rawValue)),
            "severity": .choice(IncidentSeverity.allCases.map(\.rawValue)), "opened_at": .time, "started_at": .time,
            "closed_at": .nullable(.time), "culprit": .named("Culprit"), "requests": .named("RequestOutcomes"),
            "components": .array(.named("ComponentGrowth")), "traces": .array(.text), "next": .text,
            "alerts": .array(
                .object([
                    "alert": .text, "labels": .map(.text), "active_at": .time, "fired_at": .time,
                    "resolved_at": .nullable(.time),
                ])),
        ], optional: ["cluster": .text])

    private static let operation = object(
        [
            "service": .text, "operation": .text, "kind": .choice(SpanKind.allCases.map(\.name)), "count": .integer,
            "errors": .integer, "error_ratio": .number, "rate": .number, "mean_seconds": .number,
            "p50_seconds": .number, "p90_seconds": .number, "p99_seconds": .number, "max_seconds": .number,
        ],
        optional: [
            "cluster": .text, "self_mean_seconds": .number, "self_p50_seconds": .number, "self_p90_seconds": .number,
            "self_p99_seconds": .number, "self_max_seconds": .number, "exact": .boolean, "estimated_count": .number,
            "sampling_source": samplingSource, "stream": .boolean,
        ])

    private static let request = object(
        [
            "verb": .text, "group": .text, "resource": .text, "subresource": .text, "scope": .text, "count": .integer,
            "errors": .integer, "rate": .number, "estimated_count": .number, "p50_seconds": .number,
            "p90_seconds": .number, "p99_seconds": .number, "max_seconds": .number,
            "components": .array(
                .object(["component": .text, "seconds": .number, "share": .number, "p99_seconds": .number])),
        ],
        optional: [
            "cluster": .text, "exact": .boolean, "sampling_source": samplingSource,
            "without_authentication": .object(["sampled": .integer, "too_many": .integer]),
        ])

    private static let source = object([
        "cluster": .text, "service": .text, "instance": .text,
        "role": .nullable(.choice(["apiserver", "etcd", "kubelet"])), "version": .nullable(.text), "spans": .integer,
        "late": .integer,
        "lateness_seconds": .nullable(.number), "first": .time, "last": .time, "sampling_ratio": .nullable(.number),
        "sampling_source": .nullable(samplingSource),
        "clock_offset_seconds": .nullable(.number), "dialect": .nullable(dialect),
    ])

    private static let dialect = Schema.choice(["older", "newer", "mixed"])
    private static let samplingSource = Schema.choice(SamplingSource.allCases.map(\.rawValue))

    private static let status = object(
        [
            "received": .integer, "accepted": .integer, "duplicates": .integer, "late": .integer,
            "rejected": .map(.integer), "incident": .nullable(.named("Incident")), "last_span": .nullable(.time),
            "last_apiserver_span": .nullable(.time), "has_baseline": .boolean, "now": .time,
            "recorded_from": .nullable(.time), "spans_per_second": .number,
        ],
        optional: [
            "unattributed": .object(["settled": .integer, "evicted": .integer, "slot_full": .integer])
        ])

    /// An answer in steps.
    static func steps(of step: Schema) -> Schema {
        object(["from": .time, "to": .time, "step_seconds": .number, "steps": .array(step)])
    }
}
