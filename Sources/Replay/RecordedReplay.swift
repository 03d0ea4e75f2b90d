import Archive
import Engine
import Pipeline
import Rules

/// Replays what daemons recorded, as they took it: records at their arrival, rules by the recorded readings of the clock.
final class RecordedReplay {
    let pipeline: Pipeline
    private var inputs: ReplayInputs
    /// When the last record arrived, Unix nanoseconds.
    private(set) var clock: Int64 = 0
    private(set) var transitions: [AlertTransition] = []
    /// Whether there was a record whose arrival had to be estimated, as what is said about it is damaged.
    private var isEstimated = false
    private var failure: ArchiveError?

    init(_ inputs: ReplayInputs, _ pipeline: Pipeline) {
        self.inputs = inputs
        self.pipeline = pipeline
        pipeline.followRecording()
    }

    var problems: [String] { inputs.problems + (failure.map { [$0.description] } ?? []) }

    var progress: (read: Int, size: Int?) { inputs.progress }

    /// Takes the record that arrived first, over all archives; false when there is none left.
    func step() -> Bool {
        guard let input = first(), let time = input.time else {
            // Nothing more can arrive: what has ended can be judged. A recording has its own readings of the clock.
            if isEstimated { transitions += pipeline.evaluate(upTo: clock) }
            return false
        }
        clock = max(clock, time)
        switch input.head {
        case .end: break
        case .clock(let reading):
            // As the daemon did, which evaluated nothing in between.
            if reading.isJump { pipeline.jump(to: time) } else { advance(to: time) }
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

    private func advance(to clock: Int64) {
        transitions += pipeline.advance(to: clock)
        pipeline.note(clock: clock)
    }

    private func first() -> ReplayInput? {
        do throws(ArchiveError) {
            return try inputs.first()
        } catch {
            // It could be read when the replay began.
            failure = error
            return nil
        }
    }
}
