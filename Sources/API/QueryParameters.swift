import Foundation
import Hummingbird
import Pipeline
import Rules
import Support

/// The parameters of a query. Unknown ones are an error.
struct QueryParameters: Sendable {
    /// Says what is wrong and what would be valid.
    struct ParameterError: Error {
        let message: String
    }

    private static let limitMax = 100_000

    private var values: [String: String] = [:]
    /// The percent-decoded variable component of the path; nil if the resource has none.
    let id: String?

    /// - Parameter known: the parameters that the resource accepts.
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

    /// Name and value in form encoding: `+` is a space, the rest is percent-encoded.
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

    /// The maximum number of rows; nil for all.
    func limit() throws(ParameterError) -> Int? {
        guard let text = values["limit"] else { return nil }
        guard let limit = Int(text), (1...Self.limitMax).contains(limit) else {
            throw ParameterError(
                message: "limit is a number from 1 to \(Self.limitMax), but found \(PrintableText.quote(text))")
        }
        return limit
    }
}
