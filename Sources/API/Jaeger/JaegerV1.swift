import Archive
import Engine
import Foundation
import Pipeline
import Support
import Traces

/// Jaeger's first query API: Grafana's data source, scripts, Jaeger's page up to 2.20.
enum JaegerV1 {
    static let resources = [
        services, operationsOfService, operations, traces, trace, dependencies, latencies, calls, errors, minimumStep,
    ]

    private static let services = Resource.jaegerV1("/api/services") { surface, _ in
        let names = JaegerNames(surface)
        return try list(names.services, names.warnings)
    }

    private static let operationsOfService = Resource.jaegerV1("/api/services/:service/operations") { surface, query in
        let names = JaegerNames(surface)
        return try list(names.operationNames(of: query.variable("service")), names.warnings)
    }

    private static let operations = Resource.jaegerV1("/api/operations") { surface, query in
        guard let service = query["service"] else {
            throw JaegerError.badRequest("the parameter service is missing: the name of a service")
        }
        let names = JaegerNames(surface)
        return try list(names.operations(of: service, kind: query["spanKind"]), names.warnings)
    }

    private static let traces = Resource.jaegerV1("/api/traces") { surface, query in
        let ids = query.all("traceID")
        if ids.isEmpty {
            let found = try search(query).traces(surface)
            return try traceList(found.message(), found.warnings)
        }
        let range = try range(query)
        let found = surface.recall(try ids.map { surface.remembered(try JaegerQuery.traceID($0), in: range) })
        return try traceList(found.message, found.warnings)
    }

    private static let trace = Resource.jaegerV1("/api/traces/:id") { surface, query in
        let id = try JaegerQuery.traceID(query.variable("id"))
        try query.checkFlag("raw")
        let found = try surface.recall(id, surface.pipeline.trace(id).spans, in: range(query))
        guard let json = WholeTraceFormat.jaeger(found.message, warnings: found.warnings) else {
            throw AbsentTraceError(warnings: found.warnings)
        }
        return json
    }

    private static let dependencies = Resource.jaegerV1("/api/dependencies") { surface, query in
        try list(JaegerDependency.all(query, surface))
    }

    private static let latencies = metrics(.latencies)
    private static let calls = metrics(.calls)
    private static let errors = metrics(.errors)

    private static let minimumStep = Resource.jaegerV1("/api/metrics/minstep") { _, _ in
        try JSONText.encode(Envelope(data: JaegerMetrics.stepMin, total: 0, errors: JaegerProblems([])))
    }

    private static func metrics(_ kind: JaegerMetrics.Kind) -> Resource {
        .jaegerV1("/api/metrics/\(kind.rawValue)") { surface, query in
            try JSONText.encode(JaegerMetrics(kind, query, surface))
        }
    }

    /// Unix nanoseconds; nil if neither end is given.
    private static func range(_ query: JaegerQuery) throws -> Range<Int64>? {
        let microseconds: ClosedRange<Int64> = 0...(Int64.max / 1_000)
        let (start, end) = (try query.number("start", in: microseconds), try query.number("end", in: microseconds))
        guard start != nil || end != nil else { return nil }
        let range = (start.map { $0 * 1_000 } ?? 0, end.map { $0 * 1_000 } ?? .max - 1)
        guard range.0 <= range.1 else { throw JaegerError.badRequest("start must not be after end") }
        return range.0..<range.1 + 1
    }

    private static func search(_ query: JaegerQuery) throws -> JaegerSearch {
        let range = try range(query) ?? 0 ..< .max
        var search = JaegerSearch(service: query["service"], operation: query["operation"], range: range)
        let least = try query.duration("minDuration") ?? 0
        let most = try query.duration("maxDuration") ?? .max
        guard least <= most else { throw JaegerError.badRequest("minDuration must not be more than maxDuration") }
        search.durations = least...most
        search.tags = try query.tags("tags")
        for tag in query.all("tag") {
            let halves = tag.split(separator: ":", maxSplits: 1).map(String.init)
            guard halves.count == 2 else {
                throw JaegerError.badRequest("tag must be KEY:VALUE, but found \(PrintableText.quote(tag))")
            }
            search.tags[halves[0]] = halves[1]
        }
        if let limit = try query.number("limit", in: 1...JaegerSearch.limitMax) { search.limit = Int(limit) }
        return search
    }

    // MARK: The envelope

    private struct Envelope<Data: Encodable>: Encodable {
        var data: Data
        var total: Int
        let limit = 0
        let offset = 0
        var errors: JaegerProblems
    }

    private struct ErrorEnvelope: Encodable {
        struct Error: Encodable {
            var code: Int
            var msg: String
        }

        let data = JSONNull()
        let total = 0
        let limit = 0
        let offset = 0
        var errors: [Error]
    }

    static func list(_ elements: [some Encodable], _ warnings: [String] = []) throws -> String {
        try JSONText.encode(Envelope(data: elements, total: elements.count, errors: JaegerProblems(warnings)))
    }

    /// Traces.
    private static func traceList(_ message: [UInt8], _ warnings: [String]) throws -> String {
        guard let json = WholeTraceFormat.jaegerList(message, warnings: warnings) else { return try list([String]()) }
        return json
    }

    static func envelope(_ error: JaegerError) -> String {
        (try? JSONText.encode(ErrorEnvelope(errors: [.init(code: error.status, msg: error.message)]))) ?? ""
    }
}
