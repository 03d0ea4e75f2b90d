import Archive
import Engine
import Pipeline
import Rules

/// Replays recordings as the daemons experienced them: records at their arrival, rules by the recorded readings of the
/// clock. Where a daemon was restarted, each run has a pipeline of its own, with the state that the daemon had.
final class RecordedReplay {
    /// The spans of all runs, for reports, and the rules as the last run left them.
    let pipeline: Pipeline
    /// The pipeline of the current run: `pipeline` itself in the first.
    private var current: Pipeline
    private var inputs: ReplayInputs
    private let keepsState: Bool
    private let makePipeline: () -> Pipeline
    /// The recordings of the current run: several if daemons ran side by side.
    private var recordings: Set<RecordingID> = []
    /// When the last record arrived, in Unix nanoseconds.
    private(set) var clock: Int64 = 0
    private(set) var transitions: [AlertTransition] = []
    /// In order of time; the last one is under way.
    private(set) var runs: [ReplayedRun] = []
    /// The rules at the end of the runs that have ended; nil in the first.
    private var earlier: EvaluationSnapshot?
    /// The counts of slots that the state directory held, by their start.
    private var slots: [Int64: SlotRecord] = [:]
    /// Alerts that were active when their run ended.
    private var earlierAlerts: [(rule: RuleNumber, alert: Alert)] = []
    /// Whether the arrival of some record had to be estimated because its frame is damaged.
    private var isEstimated = false
    private var failure: ArchiveError?

    /// - Parameters:
    ///   - keepsState: whether the daemons had a state directory, so that a run continues the alerts of the one before.
    ///   - makePipeline: called for each run.
    init(_ inputs: ReplayInputs, keepsState: Bool, makePipeline: @escaping () -> Pipeline) {
        self.inputs = inputs
        self.keepsState = keepsState
        self.makePipeline = makePipeline
        pipeline = makePipeline()
        current = pipeline
        pipeline.followRecording()
    }

    /// Alerts that were active when their run ended, then those that are active at the end of the last one.
    var activeAlerts: [(rule: RuleNumber, alert: Alert)] { earlierAlerts + current.evaluation.numberedAlerts }

    var problems: [String] { inputs.problems + (failure.map { [$0.description] } ?? []) }

    var progress: (read: Int, size: Int?) { inputs.progress }

    /// Takes the record that arrived first among all archives; false if there is none left.
    func step() -> Bool {
        guard let input = first(), let time = input.time else {
            // Nothing more can arrive, so what has ended can be judged. A recording has its own readings of the clock
            // for that.
            if isEstimated { transitions += current.evaluate(upTo: clock) }
            return false
        }
        if let recording = input.recordedPosition?.recording { follow(recording, at: time) }
        clock = max(clock, time)
        if !runs.isEmpty { runs[runs.count - 1].end = clock }
        switch input.head {
        case .end: break
        case .clock(let reading):
            // Like the daemon, which evaluated nothing in between.
            if reading.isJump { jump(to: time) } else { advance(to: time) }
            input.take { _ in }
        case .record(arrival: .some):
            input.take { append($0, arrival: time) }
        case .record(arrival: nil):
            isEstimated = true
            advance(to: clock)
            input.take { append($0, arrival: clock) }
        }
        return true
    }

    private func append(_ batch: borrowing SpanBatch, arrival: Int64) {
        _ = current.append(batch, arrival: arrival)
        if current !== pipeline { _ = pipeline.append(batch, arrival: arrival) }
    }

    private func advance(to clock: Int64) {
        takeReading()
        transitions += current.advance(to: clock)
        current.note(clock: clock)
        if current !== pipeline { pipeline.follow(current, at: clock, after: earlier) }
    }

    private func jump(to clock: Int64) {
        takeReading()
        current.jump(to: clock)
        if current !== pipeline { pipeline.follow(current, at: clock, after: earlier) }
    }

    private func takeReading() {
        current.takeRecordedReading()
        if current !== pipeline { pipeline.takeRecordedReading() }
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

// MARK: Runs

extension RecordedReplay {
    /// Begins another run if an event belongs to none of the current recordings, and these have ended. If they haven't,
    /// daemons ran side by side; what they received is merged.
    private func follow(_ recording: RecordingID, at time: Int64) {
        guard !recordings.contains(recording) else { return }
        if !recordings.isEmpty, !inputs.haveMore(of: recordings) { restart(at: time) }
        if runs.isEmpty { runs = [ReplayedRun(start: time, end: time, hasState: false, firstTransition: 0)] }
        recordings.insert(recording)
    }

    /// Gives the next run what the daemon had: the rules without alerts, or the alerts and the counts of the last slots
    /// that its state directory held.
    private func restart(at time: Int64) {
        let ended = current
        earlier = ended.evaluation.after(earlier)
        earlierAlerts += ended.evaluation.numberedAlerts
        recordings = []
        current = makePipeline()
        current.followRecording(keepingAged: false)
        if keepsState {
            if let saved = ended.savedAlerts() { current.restore(saved, at: time) }
            current.remember(slots(after: ended))
        }
        runs.append(
            ReplayedRun(start: time, end: time, hasState: keepsState, firstTransition: transitions.count))
        pipeline.follow(current, at: time, after: earlier)
    }
}

extension RecordedReplay {
    /// What the state directory holds once a run has ended, in order of time: a slot of the last run replaces that of an
    /// earlier one, and what is far from the newest is removed.
    private func slots(after run: Pipeline) -> [SlotRecord] {
        for record in run.records(after: .min) { slots[record.start] = record }
        let newest = slots.keys.max() ?? 0
        slots = slots.filter { newest - $0.key < RememberedSlots.reach }
        return slots.values.sorted { $0.start < $1.start }
    }
}

/// A run of a daemon, from one start to the next, in a recording.
package struct ReplayedRun: Sendable {
    /// The first event, Unix nanoseconds.
    package let start: Int64
    /// The last event, Unix nanoseconds.
    package internal(set) var end: Int64
    /// Whether it continues the alerts of the run before it.
    package let hasState: Bool
    /// The index of its first transition among those of all runs.
    package let firstTransition: Int
}
