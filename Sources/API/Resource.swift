import Foundation
import Hummingbird
import Pipeline
import Rules
import Support

/// A resource of the query API: what it takes, and how it is answered from what the pipeline holds. Each computes what it
/// answers and nothing else.
struct Resource: Sendable {
    /// Behind `/api/v1/`; a part that begins with a colon stands for any.
    let path: String
    /// The parameters that it knows.
    var parameters: [String] = []
    /// Makes JSON on a thread of `AnswerPools`; nil where there is no such thing.
    let answer: @Sendable (_ pipeline: Pipeline, _ query: QueryParameters) throws -> String?

    /// All resources.
    static let all = [alerts, operations, requests, rules, status, trace]

    var route: String { "/api/v1/\(path)" }

    /// Whether a request's path is one of its own.
    func matches(_ path: String) -> Bool {
        let (own, other) = (parts(of: route), parts(of: path))
        return own.count == other.count
            && zip(own, other).allSatisfy { $0.hasPrefix(":") ? !$1.isEmpty : $0 == $1 }
    }

    private func parts(of path: String) -> [Substring] {
        path.split(separator: "/", omittingEmptySubsequences: false)
    }
}

/// The parameters of a query, of which all must be known.
struct QueryParameters: Sendable {
    /// What is wrong, and what would be right.
    struct ParameterError: Error {
        let message: String
    }

    private static let limitMax = 100_000

    private var values: [String: String] = [:]
    /// What the path names, decoded; nil where the resource has no such part.
    let id: String?

    /// - Parameter known: the parameters that the resource takes.
    init(_ request: Request, id: String?, known: [String]) throws(ParameterError) {
        self.id = id
        for part in (request.uri.query ?? "").split(separator: "&") {
            let (key, value) = try Self.decode(part)
            guard known.contains(key) else {
                let valid = known.isEmpty ? "this takes none" : "this takes \(known.joined(separator: ", "))"
                throw ParameterError(message: "unknown parameter \(PrintableText.quote(key)); \(valid)")
            }
            guard values[key] == nil else {
                throw ParameterError(message: "the parameter \(PrintableText.quote(key)) is given twice")
            }
            values[key] = value
        }
    }

    /// Name and value as a form has them: `+` for a space, all else by its percent-encoding.
    private static func decode(_ part: Substring) throws(ParameterError) -> (key: String, value: String) {
        let texts = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map {
            $0.replacing("+", with: " ").removingPercentEncoding
        }
        guard let key = texts[0], let value = texts.count > 1 ? texts[1] : "" else {
            throw ParameterError(message: "\(PrintableText.quote(String(part))) is not percent-encoded UTF-8")
        }
        return (key, value)
    }

    subscript(name: String) -> String? { values[name] }

    /// The first so many rows; all without it.
    func limit() throws(ParameterError) -> Int? {
        guard let text = values["limit"] else { return nil }
        guard let limit = Int(text), (1...Self.limitMax).contains(limit) else {
            throw ParameterError(
                message: "limit is a number from 1 to \(Self.limitMax), but found \(PrintableText.quote(text))")
        }
        return limit
    }
}
