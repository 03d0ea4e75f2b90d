import Pipeline

/// A resource of the query API: what it takes, and how it is answered from what the pipeline holds. Each computes what it
/// answers and nothing else.
struct Resource: Sendable {
    /// Behind `/api/v1/`; a part that begins with a colon stands for any.
    let path: String
    /// The parameters that it knows.
    var parameters: [String] = []
    /// Makes JSON on a thread of `AnswerPools`; nil where there is no such thing.
    let answer: @Sendable (_ pipeline: Pipeline, _ query: QueryParameters) throws -> String?

    /// A file each in `Resources`.
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
