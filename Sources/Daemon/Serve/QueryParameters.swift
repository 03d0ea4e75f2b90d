import Hummingbird
import Rules

/// The parameters of a query, of which all must be known.
struct QueryParameters: Sendable {
    /// What is wrong, and what would be right.
    struct Fault: Error {
        let message: String
    }

    private static let limitMax = 100_000

    private var values: [String: String] = [:]

    init(_ request: Request, known: [String]) throws(Fault) {
        for (key, value) in request.uri.queryParameters {
            let key = String(key)
            guard known.contains(key) else {
                let valid = known.isEmpty ? "this takes none" : "this takes \(known.joined(separator: ", "))"
                throw Fault(message: "unknown parameter \(PrintableText.quote(key)); \(valid)")
            }
            guard values[key] == nil else {
                throw Fault(message: "the parameter \(PrintableText.quote(key)) is given twice")
            }
            values[key] = String(value)
        }
    }

    subscript(name: String) -> String? { values[name] }

    /// The first so many rows; all without it.
    func limit() throws(Fault) -> Int? {
        guard let text = values["limit"] else { return nil }
        guard let limit = Int(text), (1...Self.limitMax).contains(limit) else {
            throw Fault(
                message: "limit is a number from 1 to \(Self.limitMax), but found \(PrintableText.quote(text))")
        }
        return limit
    }
}
