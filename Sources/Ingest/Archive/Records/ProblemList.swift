import Support

/// What was wrong with an archive, in words: the first problems, and how many there were.
package struct ProblemList {
    private var first: [String] = []
    private var count = 0

    private static let kept = 10

    package init() {}

    package var all: [String] { count > first.count ? first + ["… and \(count - first.count) more"] : first }

    /// - Parameters:
    ///   - before: when the last record before the problem arrived, in Unix nanoseconds; nil if there is none.
    ///   - behind: when the first record after it arrived.
    private mutating func note(_ problem: ArchiveProblem, between before: Int64?, and behind: Int64?) {
        count += 1
        if first.count < Self.kept { first.append(problem.text + Self.location(problem.kind, before, behind)) }
    }

    /// Notes problems that all lie between the same two records.
    package mutating func note(_ problems: ArchiveProblems, between before: Int64?, and behind: Int64?) {
        for problem in problems.first { note(problem, between: before, and: behind) }
        count += problems.count - problems.first.count
    }

    private static func location(_ kind: ArchiveProblem.Kind, _ before: Int64?, _ behind: Int64?) -> String {
        let before = before.map { Timestamp.rfc3339($0) }
        switch kind {
        case .record: return ""
        case .end: return before.map { ", recorded after \($0)" } ?? ""
        case .skipped:
            switch (before, behind.map { Timestamp.rfc3339($0) }) {
            case (let before?, let behind?): return ", recorded between \(before) and \(behind)"
            case (let before?, nil): return ", recorded after \(before)"
            case (nil, let behind?): return ", recorded before \(behind)"
            case (nil, nil): return ""
            }
        }
    }
}
