import Engine
import Foundation
import Hummingbird
import Support

// Jaeger's query API, in both generations that clients use. Source: jaeger's `cmd/query/app` and jaeger-idl's
// `api_v3/query_service.proto`.

/// The parameters of a request of a Jaeger client: unknown ones are ignored, and some may be repeated.
struct JaegerQuery: Sendable {
    private var values: [String: [String]] = [:]
    private let variables: [String: String]

    init(_ text: String?, variables: [String: String]) {
        self.variables = variables
        for part in (text ?? "").split(separator: "&") {
            let halves = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map {
                // Grafana sends some values unescaped, so a value that can't be decoded is taken as it is.
                $0.replacing("+", with: " ").removingPercentEncoding ?? String($0)
            }
            values[halves[0], default: []].append(halves.count > 1 ? halves[1] : "")
        }
    }

    /// A component of the path.
    func variable(_ name: String) -> String { variables[name] ?? "" }

    /// The first that isn't empty of a parameter's values, under any of its names.
    subscript(names: String...) -> String? {
        names.lazy.compactMap { values[$0]?.first { !$0.isEmpty } }.first
    }

    func all(_ name: String) -> [String] { values[name] ?? [] }
}

/// Why a request of a Jaeger client can't be answered.
struct JaegerError: Error {
    let status: Int
    let message: String

    static func badRequest(_ message: String) -> JaegerError { JaegerError(status: 400, message: message) }
}

extension JaegerQuery {
    /// - Returns: nil where the parameter isn't given.
    func number(_ names: String..., in range: ClosedRange<Int64>) throws(JaegerError) -> Int64? {
        for name in names {
            guard let text = self[name] else { continue }
            guard let value = Int64(text), range.contains(value) else {
                throw .badRequest(
                    "\(name) must be an integer from \(range.lowerBound) to \(range.upperBound), but found "
                        + PrintableText.quote(text))
            }
            return value
        }
        return nil
    }

    /// A duration as Go writes it, in nanoseconds.
    func duration(_ names: String...) throws(JaegerError) -> Int64? {
        for name in names {
            guard let text = self[name] else { continue }
            guard let value = GoDuration.parse(text) else {
                throw .badRequest(
                    "\(name) must be a duration such as 1.2s or 100us, but found \(PrintableText.quote(text))")
            }
            return value
        }
        return nil
    }

    /// A time in RFC 3339, Unix nanoseconds.
    func time(_ names: String...) throws(JaegerError) -> Int64? {
        for name in names {
            guard let text = self[name] else { continue }
            guard let value = Timestamp.parse(rfc3339: text) else {
                throw .badRequest(
                    "\(name) must be a time such as 2026-01-31T12:00:00.000000001Z, but found \(PrintableText.quote(text))"
                )
            }
            return value
        }
        return nil
    }

    /// Checks a flag that changes nothing here, in the spellings of Go.
    func checkFlag(_ names: String...) throws(JaegerError) {
        for name in names {
            guard let text = self[name], !Self.flags.contains(text) else { continue }
            throw .badRequest("\(name) must be true or false, but found \(PrintableText.quote(text))")
        }
    }

    private static let flags: Set = [
        "1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False",
    ]

    /// Attributes as a JSON map of texts.
    func tags(_ names: String...) throws(JaegerError) -> [String: String] {
        var tags: [String: String] = [:]
        for name in names {
            for text in all(name) where !text.isEmpty {
                guard let map = try? JSONDecoder().decode([String: String].self, from: Data(text.utf8)) else {
                    throw .badRequest(
                        "\(name) must be a JSON object of texts such as {\"error\":\"true\"}, but found "
                            + PrintableText.quote(text))
                }
                tags.merge(map) { _, last in last }
            }
        }
        return tags
    }

    /// A trace id in up to 32 hexadecimal digits of either case.
    static func traceID(_ text: String) throws(JaegerError) -> TraceID {
        let padded = String(repeating: "0", count: max(32 - text.utf8.count, 0)) + text
        guard !text.isEmpty, let id = TraceID(hex: padded) else {
            throw .badRequest("a trace id must be up to 32 hexadecimal digits, but found \(PrintableText.quote(text))")
        }
        return id
    }
}

/// Durations as Go's `time.ParseDuration` reads them.
enum GoDuration {
    private static let units: [(name: String, nanoseconds: Double)] = [
        ("ns", 1), ("us", 1e3), ("µs", 1e3), ("μs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3_600e9),
    ]

    /// Nanoseconds; nil for anything that isn't a duration of less than 292 years, or is negative.
    static func parse(_ text: String) -> Int64? {
        var rest = text.trimmingPrefix("+")
        if rest == "0" { return 0 }
        guard !rest.isEmpty else { return nil }
        var sum = 0.0
        while !rest.isEmpty {
            let number = rest.prefix { $0.isASCII && $0.isNumber || $0 == "." }
            rest = rest.dropFirst(number.count)
            guard !number.isEmpty, let value = Double(number) else { return nil }
            let name = rest.prefix { !($0.isNumber || $0 == ".") }
            guard let unit = units.first(where: { $0.name == name }) else { return nil }
            rest = rest.dropFirst(name.count)
            sum += value * unit.nanoseconds
        }
        return sum < 9e18 ? Int64(sum) : nil
    }
}
