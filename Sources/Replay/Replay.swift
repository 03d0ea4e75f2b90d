package import Archive
package import Pipeline
package import Rules

/// Runs archives through a pipeline: recordings by the arrivals and the clock that were recorded, all others by the time
/// of their spans.
package struct Replay {
    private enum Course {
        case recorded(RecordedReplay)
        case byEventTime(EventReplay)
    }

    private let course: Course

    /// - Parameters:
    ///   - range: only spans that end in it are read, Unix nanoseconds.
    ///   - isSalvaging: whether damage is passed over where that is possible.
    ///   - memory: bytes that spans may take while they are put in order.
    ///   - makePipeline: is called again where the spans turn out to be in no order at all, and what was found is void.
    /// - Throws: `ArchiveError` for an archive that can't be read at all.
    package init(
        _ archives: [String], endingIn range: Range<Int64>, isSalvaging: Bool = false, memory: Int = defaultMemory,
        makePipeline: @escaping () -> Pipeline
    ) throws(ArchiveError) {
        var files: [ReplayArchive] = []
        for name in archives {
            files.append(try ReplayArchive(name, endingIn: range, isSalvaging: isSalvaging))
        }
        let inputs = try ReplayInputs(files)
        course =
            inputs.areRecordings
            ? .recorded(RecordedReplay(inputs, makePipeline()))
            : .byEventTime(EventReplay(files, inputs, memory: memory, makePipeline))
    }

    package static let defaultMemory = 256 << 20

    /// What the spans went through.
    package var pipeline: Pipeline {
        switch course {
        case .recorded(let replay): replay.pipeline
        case .byEventTime(let replay): replay.pipeline
        }
    }

    /// How far it is: when the last record arrived, or the last span ended, Unix nanoseconds.
    package var clock: Int64 {
        switch course {
        case .recorded(let replay): replay.clock
        case .byEventTime(let replay): replay.clock
        }
    }

    /// All changes of alerts, in the order in which they were found.
    package var transitions: [AlertTransition] {
        switch course {
        case .recorded(let replay): replay.transitions
        case .byEventTime(let replay): replay.transitions
        }
    }

    /// What was wrong with the archives; empty where every record was read.
    package var problems: [String] {
        switch course {
        case .recorded(let replay): replay.problems
        case .byEventTime(let replay): replay.problems
        }
    }

    /// Why there is no result; nil where there is one.
    package var failure: ArchiveError? {
        switch course {
        case .recorded: nil
        case .byEventTime(let replay): replay.scratchFailure
        }
    }

    /// Bytes of the archives read so far, and in all; nil if one of them is a pipe.
    package var progress: (read: Int, size: Int?) {
        switch course {
        case .recorded(let replay): replay.progress
        case .byEventTime(let replay): replay.progress
        }
    }

    /// Does a part of the work; false when there is none left.
    package func step() -> Bool {
        switch course {
        case .recorded(let replay): replay.step()
        case .byEventTime(let replay): replay.step()
        }
    }

    /// Ends before all is read: judges what was.
    package func stop() {
        if case .byEventTime(let replay) = course { replay.stop() }
    }
}

/// Every alert that fired, once for each time it did, as it was last told.
package struct FiredAlerts: Sendable {
    private struct Life: Hashable {
        var rule: RuleNumber?
        var fingerprint: String
        var activeAt: Int64
    }

    /// In the order in which they fired.
    package private(set) var all: [Alert] = []
    private var places: [Life: Int] = [:]

    /// - Parameter active: alerts as they stand at the end; evidence may have been found since they were told.
    package init(_ transitions: [AlertTransition], active: [(rule: RuleNumber, alert: Alert)] = []) {
        add(transitions)
        for (rule, alert) in active {
            let life = Life(rule: rule, fingerprint: alert.fingerprint, activeAt: alert.activeAt)
            if let place = places[life] { all[place].evidence = alert.evidence }
        }
    }

    private mutating func add(_ transitions: [AlertTransition]) {
        for transition in transitions where transition.isNotified {
            let alert = transition.alert
            let life = Life(rule: transition.rule, fingerprint: alert.fingerprint, activeAt: alert.activeAt)
            if let place = places[life] {
                all[place] = alert
            } else {
                places[life] = all.count
                all.append(alert)
            }
        }
    }
}
