package import Ingest
import Rules

/// Runs archives through a pipeline, with the time of their records for a clock.
package struct Replay {
    private let pipeline: Pipeline
    private var inputs: [ReplayInput] = []
    private var clock = Int64.min
    package private(set) var alerts = FiredAlerts()

    /// - Parameter range: only spans that end in it are read, Unix nanoseconds.
    /// - Throws: `ArchiveError` for an archive that can't be read at all.
    package init(
        _ archives: [String], endingIn range: Range<Int64>, pipeline: Pipeline
    ) throws(ArchiveError) {
        self.pipeline = pipeline
        for archive in archives { inputs.append(try ReplayInput(archive, endingIn: range)) }
    }

    /// What was wrong with the archives; empty where every record was read.
    package var problems: [String] {
        inputs.flatMap(\.problems)
    }

    /// Bytes of the archives read so far, and in all; nil if one of them is a pipe.
    package var progress: (read: Int, size: Int?) {
        inputs.reduce((0, 0)) { sum, input in
            let (read, size) = input.progress
            return (sum.0 + read, sum.1.flatMap { total in size.map { total + $0 } })
        }
    }

    /// Takes the record that arrived first, over all archives; false when there is none left.
    package mutating func step() -> Bool {
        guard let input = inputs.filter({ $0.arrival != nil }).min(by: { ($0.arrival ?? 0) < ($1.arrival ?? 0) }),
            let arrival = input.arrival
        else {
            // Nothing more can arrive: what has ended can be judged.
            if clock > .min { alerts.add(pipeline.evaluate(upTo: clock)) }
            return false
        }
        clock = max(clock, arrival)
        alerts.add(pipeline.advance(to: clock))
        input.take { _ = pipeline.append($0, arrival: clock) }
        return true
    }
}
