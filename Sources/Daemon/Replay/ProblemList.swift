import Ingest
import Rules

/// What was wrong with an archive in words: the first problems, and how many there were.
struct ProblemList {
    private var problems = ArchiveProblems()

    var all: [String] {
        problems.lines { problem in
            problem.text + (problem.after.map { ", recorded after \(Timestamp.rfc3339($0))" } ?? "")
        }
    }

    mutating func note(_ problem: ArchiveProblem) {
        problems.add(problem)
    }

    mutating func note(_ later: ArchiveProblems) {
        problems.add(later)
    }
}
