package import Ingest
package import Rules

/// Runs archives through a pipeline, with the time of their records for a clock.
package struct Replay {
    private let pipeline: Pipeline
    private var inputs: ReplayInputs
    /// When the last record arrived, Unix nanoseconds.
    package private(set) var clock = Int64.min
    /// All changes of alerts, in the order in which they were found.
    package private(set) var transitions: [AlertTransition] = []
    /// Whether there was a record whose arrival had to be estimated.
    private var isEstimated = false
    private var failure: ArchiveError?

    /// - Parameters:
    ///   - range: only spans that end in it are read, Unix nanoseconds.
    ///   - isSalvaging: whether damage is passed over where that is possible.
    /// - Throws: `ArchiveError` for an archive that can't be read at all.
    package init(
        _ archives: [String], endingIn range: Range<Int64>, isSalvaging: Bool = false, pipeline: Pipeline
    ) throws(ArchiveError) {
        self.pipeline = pipeline
        inputs = try ReplayInputs(archives, endingIn: range, isSalvaging: isSalvaging)
    }

    /// What was wrong with the archives; empty where every record was read.
    package var problems: [String] { inputs.problems + (failure.map { [$0.description] } ?? []) }

    /// Bytes of the archives read so far, and in all; nil if one of them is a pipe.
    package var progress: (read: Int, size: Int?) { inputs.progress }

    /// Takes the record that arrived first, over all archives; false when there is none left.
    package mutating func step() -> Bool {
        guard let input = first(), let time = input.time else {
            // Nothing more can arrive: what has ended can be judged. A recording has its own readings of the clock.
            if isEstimated { transitions += pipeline.evaluate(upTo: clock) }
            return false
        }
        clock = max(clock, time)
        switch input.head {
        case .end: break
        case .clock:
            advance(to: time)
            input.take { _ in }
        case .record(arrival: .some):
            input.take { _ = pipeline.append($0, arrival: time) }
        case .record(arrival: nil):
            isEstimated = true
            advance(to: clock)
            input.take { _ = pipeline.append($0, arrival: clock) }
        }
        return true
    }

    private mutating func advance(to clock: Int64) {
        transitions += pipeline.advance(to: clock)
        pipeline.note(clock: clock)
    }

    private mutating func first() -> ReplayInput? {
        do throws(ArchiveError) {
            return try inputs.first()
        } catch {
            // It could be read when the replay began.
            failure = error
            return nil
        }
    }
}
