import Support

/// Something that an assistant can ask: questions to a daemon's query API.
struct Tool: Sendable {
    struct Parameter: Sendable {
        let name: String
        let description: String
        var isRequired = false
    }

    let name: String
    let description: String
    let parameters: [Parameter]
    /// Asks the daemon.
    private let ask: @Sendable (_ arguments: [String: String], _ daemon: DaemonClient) async throws -> String

    /// What fits an assistant.
    private static let answerBytesMax = 512 << 10

    /// - Throws: `AnswerError`, also for an answer that is too large.
    func answer(_ arguments: [String: String], _ daemon: DaemonClient) async throws -> String {
        let text = try await ask(arguments, daemon)
        guard text.utf8.count > Self.answerBytesMax else { return text }
        let names = parameters.map(\.name)
        let ways = [("limit", "a smaller limit"), ("from", "a shorter range")].filter { names.contains($0.0) }.map(\.1)
        throw DaemonClient.AnswerError(
            message: "the answer is larger than \(Self.answerBytesMax) bytes"
                + (ways.isEmpty ? "" : "; give \(ways.listed("or"))"))
    }

    /// What `tools/list` says of it.
    var listed: JSONValue {
        let properties = parameters.map {
            ($0.name, JSONValue.object(["type": "string", "description": .text($0.description)]))
        }
        return [
            "name": .text(name), "description": .text(description),
            "inputSchema": [
                "type": "object", "properties": .object(Dictionary(properties) { first, _ in first }),
                "required": .array(parameters.filter(\.isRequired).map { .text($0.name) }),
                "additionalProperties": false,
            ],
            "annotations": ["readOnlyHint": true, "openWorldHint": false],
        ]
    }
}

extension Tool {
    private static let range = [
        Parameter(
            name: "from",
            description: "start of the range: RFC 3339, Unix seconds, or a duration ago such as -15m"),
        Parameter(name: "to", description: "end of the range, in the same forms, or now (the default)"),
        Parameter(name: "cluster", description: "only of this cluster"),
    ]
    private static let limit = Parameter(name: "limit", description: "the maximum number of rows; 20 if left out")
    private static let kinds = [
        Parameter(
            name: "verb", description: "Kubernetes verb in lower case: get, list, watch, create, update, patch, delete"),
        Parameter(name: "group", description: "API group; empty for the core group"),
        Parameter(name: "resource", description: "resource in the plural, such as pods"),
        Parameter(name: "subresource", description: "subresource, such as status"),
        Parameter(name: "scope", description: "resource, namespace or cluster"),
    ]

    static let all = [whatIsWrong, verdict, requests, searchTraces, trace]

    private static let whatIsWrong = Tool(
        name: "what_is_wrong_now",
        description:
            "Whether anything is wrong with the Kubernetes control plane right now: the open incident with its culprit, "
            + "what it affects and what to do next, or null; and the last incidents.",
        parameters: []
    ) { _, daemon in
        let status = try await daemon.get("status")
        let incidents = try await daemon.get("incidents", ["limit": "5"])
        return "{\"status\":\(status),\"last_incidents\":\(incidents)}"
    }

    private static let verdict = Tool(
        name: "verdict",
        description:
            "Which component made API requests slow or fail in an interval (etcd, the API server, a webhook, or the "
            + "connection between the API server and etcd), how sure that is, why, and the worst traces. Compares with the "
            + "time before the interval unless a baseline is given.",
        parameters: range + [
            Parameter(name: "baseline_from", description: "start of what to compare with; goes with baseline_to"),
            Parameter(name: "baseline_to", description: "end of what to compare with, not after from"),
        ] + kinds
    ) { try await $1.get("culprit", $0) }

    private static let requests = Tool(
        name: "requests",
        description:
            "Kinds of request to the API server, most frequent first: counts, errors, percentiles, and the time "
            + "that each component took of them.",
        parameters: range + kinds + [limit]
    ) { try await $1.get("requests", limited($0)) }

    private static let searchTraces = Tool(
        name: "search_traces",
        description:
            "Traces, worst first, by operation, kind of request, duration, status, or the part that a component took.",
        parameters: range + [
            Parameter(name: "service", description: "service.name"),
            Parameter(name: "operation", description: "the name of a span"),
            Parameter(name: "kind", description: "of the span: SERVER, CLIENT, INTERNAL, PRODUCER or CONSUMER"),
            Parameter(name: "min_duration", description: "at least this long, such as 1s"),
            Parameter(name: "max_duration", description: "at most this long"),
            Parameter(name: "status", description: "ok or error"),
            Parameter(name: "component", description: "only traces in which this component took time, such as etcd"),
            Parameter(name: "min_part", description: "the component took at least this long, such as 100ms"),
            Parameter(name: "order", description: "duration (the default), recent, or part"),
        ] + kinds + [limit]
    ) { try await $1.get("traces", limited($0)) }

    private static let trace = Tool(
        name: "trace",
        description:
            "All spans of one trace. Of a large one as many as fit: then span_count says how many there are, and "
            + "next_offset is the offset to ask for next.",
        parameters: [
            Parameter(name: "id", description: "the trace id: 32 hexadecimal digits", isRequired: true),
            Parameter(name: "offset", description: "how many spans to leave out, the earliest first; 0 if left out"),
        ]
    ) { arguments, daemon in
        let offset = arguments["offset"].map { Int($0) } ?? 0
        guard let offset, offset >= 0 else {
            throw DaemonClient.AnswerError(message: "offset must be a whole number of spans, 0 or more")
        }
        let trace = try await daemon.get("traces/\(DaemonClient.encode(arguments["id"] ?? ""))")
        return try TracePortion(trace: trace, offset: offset, bytesMax: answerBytesMax).text()
    }

    private static func limited(_ arguments: [String: String]) -> [String: String] {
        arguments.merging(["limit": "20"]) { given, _ in given }
    }
}
