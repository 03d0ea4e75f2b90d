import Foundation
import Support

/// The parameters of a request for a resource. Unknown, repeated and wrong ones are errors.
struct Query: Sendable {
    private var values: [String: String] = [:]
    private let declared: [String]
    /// When it was asked, Unix nanoseconds.
    let now: Int64
    /// nil if the resource takes none.
    private var asked: QueryRange?

    /// - Parameters:
    ///   - text: the query of the URI, still encoded.
    ///   - variables: the percent-decoded components of the path by name.
    ///   - now: Unix nanoseconds; times may be given relative to it.
    init(
        _ text: String?, variables: [String: String] = [:], of resource: Resource, now: Int64
    ) throws(QueryError) {
        self.now = now
        let parameters = resource.parameters ?? []
        declared = parameters.map(\.name)
        if resource.parameters != nil { try read(text ?? "", known: declared.filter { variables[$0] == nil }) }
        values.merge(variables) { _, variable in variable }
        for parameter in parameters {
            guard let value = values[parameter.name], !parameter.isValid(value) else { continue }
            throw QueryError(message: "\(parameter.rule), but found \(PrintableText.quote(value))")
        }
        if declared.contains(QueryParameter.from.name) { asked = try range(.from, .to) }
        try resource.check?(self)
    }

    subscript(parameter: QueryParameter) -> String? {
        precondition(declared.contains(parameter.name), "a parameter that the resource doesn't declare")
        return values[parameter.name]
    }

    /// The range of time asked about: the whole window unless given.
    var range: QueryRange {
        guard let asked else { preconditionFailure("a range that the resource doesn't declare") }
        return asked
    }

    /// Whether only stragglers can still change the answer.
    var isFinal: Bool { asked?.isFinal ?? false }

    private mutating func read(_ text: String, known: [String]) throws(QueryError) {
        for part in text.split(separator: "&") {
            let (key, value) = try Self.decode(part)
            guard known.contains(key) else {
                let valid = known.isEmpty ? "there are none" : "valid: \(known.joined(separator: ", "))"
                throw QueryError(message: "unknown parameter \(PrintableText.quote(key)); \(valid)")
            }
            guard values[key] == nil else {
                throw QueryError(message: "the parameter \(PrintableText.quote(key)) is given twice")
            }
            values[key] = value
        }
    }

    /// Name and value in form encoding: `+` is a space, the rest is percent-encoded.
    private static func decode(_ part: Substring) throws(QueryError) -> (key: String, value: String) {
        let texts = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map {
            $0.replacing("+", with: " ").removingPercentEncoding
        }
        guard let key = texts[0], let value = texts.count > 1 ? texts[1] : "" else {
            throw QueryError(message: "\(PrintableText.quote(String(part))) is not percent-encoded UTF-8")
        }
        return (key, value)
    }
}

/// Says what is wrong with a query and what would be valid.
struct QueryError: Error, Equatable {
    let message: String
}
