import Foundation
import Hummingbird
import Pipeline
import Rules
import Support

/// A resource of the query API: its path, its parameters, and how to compute the answer. Each computes only what it
/// returns.
struct Resource: Sendable {
    /// Below `/api/v1/`. A component that begins with a colon matches anything.
    let path: String
    /// The accepted parameters.
    var parameters: [String] = []
    /// Makes the JSON on a thread of `AnswerPools`; nil if nothing is found.
    let answer: @Sendable (_ pipeline: Pipeline, _ query: QueryParameters) throws -> String?

    static let all = [alerts, operations, requests, rules, status, trace]

    var route: String { "/api/v1/\(path)" }

    /// Whether a request's path belongs to this resource.
    func matches(_ path: String) -> Bool {
        let (own, other) = (parts(of: route), parts(of: path))
        return own.count == other.count
            && zip(own, other).allSatisfy { $0.hasPrefix(":") ? !$1.isEmpty : $0 == $1 }
    }

    private func parts(of path: String) -> [Substring] {
        path.split(separator: "/", omittingEmptySubsequences: false)
    }
}
