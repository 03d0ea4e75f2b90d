import Archive
import Engine
import Pipeline
import Rules

/// Replays recordings as the daemons experienced them: records at their arrival, rules by the recorded readings of the
/// clock.
final class RecordedReplay {
    let pipeline: Pipeline
    private var inputs: ReplayInputs
    /// When the last record arrived, in Unix nanoseconds.
    private(set) var clock: Int64 = 0
    private(set) var transitions: [AlertTransition] = []
    /// Whether the arrival of some record had to be estimated because its frame is damaged.
    private var isEstimated = false
    private var failure: ArchiveError?

    init(_ inputs: ReplayInputs, _ pipeline: Pipeline) {
        self.inputs = inputs
        self.pipeline = pipeline
        pipeline.followRecording()
    }

    var problems: [String] { inputs.problems + (failure.map { [$0.description] } ?? []) }

    var progress: (read: Int, size: Int?) { inputs.progress }

    /// Takes the record that arrived first among all archives; false if there is none left.
    func step() -> Bool {
        guard let input = first(), let time = input.time else {
            // Nothing more can arrive, so what has ended can be judged. A recording has its own readings of the clock
            // for that.
            if isEstimated { transitions += pipeline.evaluate(upTo: clock) }
            return false
        }
        clock = max(clock, time)
        switch input.head {
        case .end: break
        case .clock(let reading):
            // Like the daemon, which evaluated nothing in between.
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
            // It was readable when the replay began.
            failure = error
            return nil
        }
    }
}
