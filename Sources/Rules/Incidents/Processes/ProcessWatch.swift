import Engine
import Support

/// Follows the processes of the control plane by their spans: which are silent, and which came back as new ones. Times are
/// in nanoseconds since the epoch.
struct ProcessWatch: Hashable, Sendable {
    /// How many sources are followed.
    static let sourcesMax = 128

    /// A second in which an API server was heard.
    private struct HeardSecond: Hashable, Sendable {
        var start: Int64
        var brokenStreams: Int
    }

    // Not private, since ProcessWatch+Silence.swift reads it.
    private(set) var records: [SourceLabels: ProcessRecord] = [:]
    /// The processes that took the place of others, and these.
    private var predecessors: [SourceLabels: SourceLabels] = [:]
    /// Those that were removed, the last ones first: they are no new ones if they come back.
    private var removed: [SourceLabels] = []
    /// By cluster, in order.
    private var heard: [String: [HeardSecond]] = [:]
    private var last: Int64?
    /// The clusters of which the last process counts as removed since the last evaluation.
    private(set) var removedClusters: Set<String> = []
    /// Whether it may report that nothing at all arrives. In a replay by event time no clock runs meanwhile.
    var judgesSilenceOfAll = true

    private static let second: Int64 = 1_000_000_000
    /// A restart takes less.
    static let silenceMin: Int64 = 60_000_000_000
    /// What was heard within it isn't silent.
    static let hearing: Int64 = 30_000_000_000
    /// What isn't heard for so long may be silent again.
    static let doubtMin: Int64 = 10_000_000_000
    /// The earliest and the latest time after its return at which a process is judged.
    private static let judgement: ClosedRange<Int64> = 10_000_000_000...15_000_000_000
    /// How long the seconds of API servers are remembered.
    private static let heardMax = removedAfter
    /// Streams that break when etcd ends.
    private static let brokenMin = 3
    private static let brokenMargin: Int64 = 2_000_000_000
    /// A running API server ends spans in at least this fraction of seconds.
    private static let activeMin = 0.3
    /// After how long a silent process counts as removed: if others do its work, and if there are none.
    static let removedAfter: Int64 = 900_000_000_000
    private static let removedAfterAlone: Int64 = 86_400_000_000_000

    /// What hasn't been looked at yet at a time.
    func unread(at time: Int64) -> Range<Int64> {
        let from = last ?? time.subtractingSaturating(Self.removedAfter)
        return min(from, time)..<time
    }

    /// Whether it matters that time passes although no spans arrive.
    var awaitsSpans: Bool { judgesSilenceOfAll && !records.isEmpty }

    /// Continues at another time, after an outage or when the clock was set.
    mutating func jump(from last: Int64, to time: Int64) {
        let step = time.subtractingSaturating(last)
        for source in records.keys { records[source]?.delay(by: step) }
        heard = [:]
        self.last = time
    }

    /// Leaves out what was evicted before it was read: nobody was silent there.
    mutating func skip(to horizon: Int64, at time: Int64) {
        guard let last, last < min(horizon, time) else { return }
        jump(from: last, to: min(horizon, time))
    }

    // MARK: The next process

    /// Whether a process isn't heard, which the next daemon couldn't know.
    var isAnyQuiet: Bool {
        guard let last else { return false }
        return records.values.contains { $0.quiet(at: last) >= Self.hearing }
    }

    var saved: [SavedProcess] { inOrder.map { SavedProcess($0) } }

    /// - Parameter unheardFor: how long nothing listened, nanoseconds.
    mutating func restore(_ saved: [SavedProcess], unheardFor: Int64) {
        for var record in saved.prefix(Self.sourcesMax).compactMap({ ProcessRecord($0) }) {
            record.noteUnheard(unheardFor)
            records[record.source] = record
        }
    }

    // MARK: What was heard

    mutating func observe(_ activities: [SourceActivity], at time: Int64) -> [ProcessEvent] {
        removedClusters = []
        let inOrder = activities.sorted { ($0.seconds.first?.start ?? 0) < ($1.seconds.first?.start ?? 0) }
        for activity in inOrder { hear(activity, at: time) }
        for source in records.keys { records[source]?.look(at: time, hearing: Self.hearing) }
        last = time
        forget(at: time)
        return restarts(at: time) + replacements(at: time) + silences(at: time)
    }

    private mutating func hear(_ activity: SourceActivity, at time: Int64) {
        records[activity.source]?.note(late: activity.late, at: time)
        guard let first = activity.seconds.first else { return }
        if activity.role == .apiServer {
            heard[activity.source.cluster, default: []] += activity.seconds.map {
                HeardSecond(start: $0.start, brokenStreams: $0.brokenStreams)
            }
        }
        var record: ProcessRecord
        if let known = records[activity.source] {
            record = known
        } else {
            guard records.count < Self.sourcesMax else { return }
            record = ProcessRecord(activity, from: first.start)
            if let former = predecessor(of: activity, at: first.start) {
                record.comeback = ProcessRecord.Return(silence: former.lastEnd..<first.start)
                predecessors[activity.source] = former.source
            }
        }
        for second in activity.seconds { record.add(second) }
        records[activity.source] = record
    }

    /// The process that fell silent before another of the same service began.
    private func predecessor(of activity: SourceActivity, at start: Int64) -> ProcessRecord? {
        records.values.filter {
            $0.source.cluster == activity.source.cluster && $0.source.service == activity.source.service
                && $0.heardUpTo < start && $0.isExpected(within: $0.silence(at: start))
        }.max { ($0.heardUpTo, $0.source.instance) < ($1.heardUpTo, $1.source.instance) }
    }

    private mutating func forget(at time: Int64) {
        for (cluster, seconds) in heard {
            let recent = seconds.filter { $0.start >= time.subtractingSaturating(Self.heardMax) }
            heard[cluster] = recent.isEmpty ? nil : recent
        }
        for record in records.values {
            let quiet = record.quiet(at: time)
            guard quiet > Self.removedAfter else { continue }
            let isReplaced = peers(of: record).contains { $0.quiet(at: time) < Self.hearing }
            guard isReplaced || quiet > Self.removedAfterAlone else { continue }
            remove(record.source)
            if !records.keys.contains(where: { $0.cluster == record.source.cluster }) {
                removedClusters.insert(record.source.cluster)
            }
        }
    }

    private mutating func remove(_ source: SourceLabels) {
        records[source] = nil
        removed = [source] + removed.filter { $0 != source }.prefix(Self.sourcesMax - 1)
        predecessors = predecessors.filter { $0.key != source && $0.value != source }
    }

    func wasRemoved(_ source: SourceLabels) -> Bool { removed.contains(source) }

    /// The other processes of the same kind in its cluster.
    func peers(of record: ProcessRecord) -> [ProcessRecord] {
        records.values.filter {
            $0.source.cluster == record.source.cluster && $0.role == record.role && $0.source != record.source
        }
    }

    // MARK: Restarts

    private mutating func restarts(at time: Int64) -> [ProcessEvent] {
        var events: [ProcessEvent] = []
        for record in inOrder {
            guard let comeback = record.comeback else { continue }
            let age = time.subtractingSaturating(comeback.silence.upperBound)
            guard age >= Self.judgement.lowerBound else { continue }
            let former = predecessors[record.source].flatMap { records[$0] }
            let isAnother = former.map { $0.lastEnd <= comeback.silence.lowerBound } ?? false
            let isRestart = isAnother || (record.role == .apiServer ? record.showsStart : showsStartOfEtcd(record))
            guard isRestart || age >= Self.judgement.upperBound else { continue }
            if isRestart, let former {
                remove(former.source)
                records[record.source]?.hasReplaced = true
            }
            predecessors[record.source] = nil
            records[record.source]?.endComeback(wasRestart: isRestart)
            guard isRestart else { continue }
            events.append(
                ProcessEvent(
                    kind: .restarted, since: comeback.silence.lowerBound, until: comeback.silence.upperBound,
                    cluster: record.source.cluster,
                    side: record.role == .apiServer ? .apiServer : .etcd, instance: instance(of: record),
                    certainty: .clear, why: "restarted"))
        }
        return events
    }

    /// Removes the processes that others have replaced.
    private mutating func replacements(at time: Int64) -> [ProcessEvent] {
        inOrder.compactMap { record in
            guard let other = replacement(of: record, at: time) else { return nil }
            remove(record.source)
            records[other.source]?.hasReplaced = true
            return Self.replaced(record, by: instance(of: other))
        }
    }

    /// Whether the streams from etcd broke when it fell silent, while an API server was there to see it. A stalled etcd
    /// keeps its connections.
    private func showsStartOfEtcd(_ record: ProcessRecord) -> Bool {
        guard let comeback = record.comeback, !comeback.isSameProcess else { return false }
        let silence = comeback.silence
        let around = silence.lowerBound.subtractingSaturating(Self.brokenMargin)..<silence.upperBound
        let seconds = heard[record.source.cluster, default: []].filter { around.contains($0.start) }
        let active = Set(seconds.map(\.start).filter { $0 >= silence.lowerBound })
        let length = Double(silence.upperBound - silence.lowerBound) / Double(Self.second)
        return seconds.reduce(0) { $0 + $1.brokenStreams } >= Self.brokenMin
            && Double(active.count) >= Self.activeMin * length
    }

    var inOrder: [ProcessRecord] {
        records.values.sorted { left, right in
            let (one, other) = (left.source, right.source)
            return (one.cluster, one.service, one.instance) < (other.cluster, other.service, other.instance)
        }
    }

    /// nil unless it is one of several.
    func instance(of record: ProcessRecord) -> String? {
        peers(of: record).isEmpty || record.source.instance.isEmpty ? nil : record.source.instance
    }
}
