package import Archive
package import Engine
package import Pipeline
package import Rules

/// Runs archives through a pipeline: recordings by their recorded arrivals and clock, all others by event time.
package struct Replay {
    private enum Course {
        case recorded(RecordedReplay)
        case byEventTime(EventReplay)
    }

    private let course: Course

    /// - Parameters:
    ///   - range: only spans that end in it are read, in Unix nanoseconds.
    ///   - isSalvaging: whether damage is skipped where possible.
    ///   - services: which services have which role.
    ///   - memory: bytes that spans may take while they are sorted.
    ///   - keepsState: whether the daemon that recorded them had a state directory.
    ///   - makePipeline: called again if the spans turn out to be too far out of order, which voids the results so far,
    ///     and for each further run of a daemon.
    /// - Throws: `ArchiveError` for an archive that can't be read at all.
    package init(
        _ archives: [String], endingIn range: Range<Int64>, isSalvaging: Bool = false, services: ServiceNames = .usual,
        memory: Int = defaultMemory, keepsState: Bool = false,
        makePipeline: @escaping () -> Pipeline
    ) throws(ArchiveError) {
        var files: [ReplayArchive] = []
        for name in archives {
            files.append(try ReplayArchive(name, endingIn: range, isSalvaging: isSalvaging, services: services))
        }
        let inputs = try ReplayInputs(files)
        course =
            inputs.areRecordings
            ? .recorded(RecordedReplay(inputs, keepsState: keepsState, makePipeline: makePipeline))
            : .byEventTime(EventReplay(files, inputs, services: services, memory: memory, makePipeline))
    }

    package static let defaultMemory = 256 << 20

    /// The pipeline that the spans went through.
    package var pipeline: Pipeline {
        switch course {
        case .recorded(let replay): replay.pipeline
        case .byEventTime(let replay): replay.pipeline
        }
    }

    /// The progress in time: when the last record arrived, or the last span ended, in Unix nanoseconds.
    package var clock: Int64 {
        switch course {
        case .recorded(let replay): replay.clock
        case .byEventTime(let replay): replay.clock
        }
    }

    /// All transitions of alerts, in the order in which they were found.
    package var transitions: [AlertTransition] {
        switch course {
        case .recorded(let replay): replay.transitions
        case .byEventTime(let replay): replay.transitions
        }
    }

    /// The alerts that are active at the end, and those that were when a daemon stopped.
    package var activeAlerts: [(rule: RuleNumber, alert: Alert)] {
        switch course {
        case .recorded(let replay): replay.activeAlerts
        case .byEventTime(let replay): replay.pipeline.evaluation.numberedAlerts
        }
    }

    /// The runs of the daemon, in order of time; empty for spans that no daemon recorded.
    package var runs: [ReplayedRun] {
        switch course {
        case .recorded(let replay): replay.runs
        case .byEventTime: []
        }
    }

    /// What was wrong with the archives; empty if every record was read.
    package var problems: [String] {
        switch course {
        case .recorded(let replay): replay.problems
        case .byEventTime(let replay): replay.problems
        }
    }

    /// Why there is no result; nil if there is one.
    package var failure: ArchiveError? {
        switch course {
        case .recorded: nil
        case .byEventTime(let replay): replay.scratchFailure
        }
    }

    /// Bytes of the archives: read so far, and in total; nil if one of them is a pipe.
    package var progress: (read: Int, size: Int?) {
        switch course {
        case .recorded(let replay): replay.progress
        case .byEventTime(let replay): replay.progress
        }
    }

    /// Does a part of the work; false if there is none left.
    package func step() -> Bool {
        switch course {
        case .recorded(let replay): replay.step()
        case .byEventTime(let replay): replay.step()
        }
    }

    /// Stops reading, and judges what was read.
    package func stop() {
        if case .byEventTime(let replay) = course { replay.stop() }
    }
}

/// Every alert that fired, once for each time, in its last notified state.
package struct FiredAlerts: Sendable {
    private struct Life: Hashable {
        var rule: RuleNumber?
        var fingerprint: String
        var activeAt: Int64
    }

    /// In the order in which they fired.
    package private(set) var all: [Alert] = []
    private var indices: [Life: Int] = [:]

    /// - Parameter active: alerts as they are when their run ends, whose evidence may be newer than their last
    ///   notification.
    package init(_ transitions: [AlertTransition], active: [(rule: RuleNumber, alert: Alert)] = []) {
        add(transitions)
        for (rule, alert) in active {
            let life = Life(rule: rule, fingerprint: alert.fingerprint, activeAt: alert.activeAt)
            if let index = indices[life] { all[index].evidence = alert.evidence }
        }
    }

    private mutating func add(_ transitions: [AlertTransition]) {
        for transition in transitions where transition.isNotified {
            let alert = transition.alert
            let life = Life(rule: transition.rule, fingerprint: alert.fingerprint, activeAt: alert.activeAt)
            if let index = indices[life] {
                all[index] = alert
            } else {
                indices[life] = all.count
                all.append(alert)
            }
        }
    }
}
