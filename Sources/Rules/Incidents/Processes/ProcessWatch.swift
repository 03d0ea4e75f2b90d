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

    private var records: [SourceLabels: ProcessRecord] = [:]
    /// The processes that took the place of others, and these.
    private var predecessors: [SourceLabels: SourceLabels] = [:]
    /// By cluster, in order.
    private var heard: [String: [HeardSecond]] = [:]
    private var last: Int64?
    /// Whether it may report that nothing at all arrives. In a replay by event time no clock runs meanwhile.
    var judgesSilenceOfAll = true

    private static let second: Int64 = 1_000_000_000
    /// A restart takes less.
    private static let silenceMin: Int64 = 60_000_000_000
    /// What was heard within it isn't silent.
    private static let hearing: Int64 = 30_000_000_000
    /// The earliest and the latest time after its return at which a process is judged.
    private static let judgement: ClosedRange<Int64> = 10_000_000_000...15_000_000_000
    /// How long the seconds of API servers are remembered.
    private static let heardMax: Int64 = 120_000_000_000
    /// Streams that break when etcd ends.
    private static let brokenMin = 3
    private static let brokenMargin: Int64 = 2_000_000_000
    /// A running API server ends spans in at least this fraction of seconds.
    private static let activeMin = 0.3
    /// After how long a silent process counts as removed: if others do its work, and if there are none.
    private static let removedAfter: Int64 = 900_000_000_000
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

    // MARK: What was heard

    mutating func observe(_ activities: [SourceActivity], at time: Int64) -> [ProcessEvent] {
        let inOrder = activities.sorted { ($0.seconds.first?.start ?? 0) < ($1.seconds.first?.start ?? 0) }
        for activity in inOrder { hear(activity) }
        for source in records.keys { records[source]?.look(at: time, hearing: Self.hearing) }
        last = time
        forget(at: time)
        return restarts(at: time) + silences(at: time)
    }

    private mutating func hear(_ activity: SourceActivity) {
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
                record.comeback = ProcessRecord.Return(silence: former.heardUpTo..<first.start)
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
            let silence = record.silence(at: time)
            guard silence > Self.removedAfter else { continue }
            let isReplaced = peers(of: record).contains { $0.silence(at: time) < Self.hearing }
            if isReplaced || silence > Self.removedAfterAlone { remove(record.source) }
        }
    }

    private mutating func remove(_ source: SourceLabels) {
        records[source] = nil
        predecessors = predecessors.filter { $0.key != source && $0.value != source }
    }

    /// The other processes of the same kind in its cluster.
    private func peers(of record: ProcessRecord) -> [ProcessRecord] {
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
            let isAnother = former.map { $0.heardUpTo <= comeback.silence.lowerBound } ?? false
            let isRestart = isAnother || (record.role == .apiServer ? record.showsStart : showsStartOfEtcd(record))
            guard isRestart || age >= Self.judgement.upperBound else { continue }
            if isRestart, let former { remove(former.source) }
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

    private var inOrder: [ProcessRecord] {
        records.values.sorted { left, right in
            let (one, other) = (left.source, right.source)
            return (one.cluster, one.service, one.instance) < (other.cluster, other.service, other.instance)
        }
    }

    /// nil unless it is one of several.
    private func instance(of record: ProcessRecord) -> String? {
        peers(of: record).isEmpty || record.source.instance.isEmpty ? nil : record.source.instance
    }

    // MARK: Silence

    private func silences(at time: Int64) -> [ProcessEvent] {
        let clusters = Set(records.keys.map(\.cluster)).sorted()
        return clusters.flatMap { cluster in
            silences(of: inOrder.filter { $0.source.cluster == cluster }, in: cluster, at: time)
        }
    }

    private func silences(of all: [ProcessRecord], in cluster: String, at time: Int64) -> [ProcessEvent] {
        let isSilent = { (record: ProcessRecord) in record.silence(at: time) >= Self.silenceMin }
        let isMissing = { (record: ProcessRecord) in
            isSilent(record) && record.wasHeardOnTime && record.isExpected(within: record.silence(at: time))
        }
        let servers = all.filter { $0.role == .apiServer }
        let missing = servers.filter(isMissing)
        if all.allSatisfy(isSilent), all.contains(where: isMissing) {
            return judgesSilenceOfAll || hearsOthers(than: cluster, at: time) ? [Self.everything(all, cluster)] : []
        }
        let isHeard = { (record: ProcessRecord) in record.silence(at: time) < Self.hearing }
        guard !missing.isEmpty, all.contains(where: isHeard) else { return [] }
        if servers.allSatisfy(isSilent) { return [Self.apiServers(servers, cluster)] }
        guard servers.contains(where: isHeard) else { return [] }
        return missing.compactMap { record in instance(of: record).map { Self.one(record, $0) } }
    }

    /// Whether time passes by the spans of other clusters.
    private func hearsOthers(than cluster: String, at time: Int64) -> Bool {
        records.values.contains { $0.source.cluster != cluster && $0.silence(at: time) < Self.hearing }
    }

    private static func everything(_ all: [ProcessRecord], _ cluster: String) -> ProcessEvent {
        let since = all.map(\.heardUpTo).max() ?? 0
        return ProcessEvent(
            kind: .silent, since: since, cluster: cluster, side: nil, instance: nil, certainty: .notClear,
            why:
                "nothing from the control plane since \(Timestamp.rfc3339(since)): the API server is down or can't reach "
                + "Faultline; without spans it can't say which")
    }

    private static func apiServers(_ servers: [ProcessRecord], _ cluster: String) -> ProcessEvent {
        let since = servers.map(\.heardUpTo).max() ?? 0
        return ProcessEvent(
            kind: .silent, since: since, cluster: cluster, side: .apiServer, instance: nil, certainty: .likely,
            why: "apiserver: no spans since \(Timestamp.rfc3339(since)), while etcd's still arrive")
    }

    private static func one(_ record: ProcessRecord, _ instance: String) -> ProcessEvent {
        ProcessEvent(
            kind: .silent, since: record.heardUpTo, cluster: record.source.cluster, side: .apiServer,
            instance: instance, certainty: .likely,
            why: "apiserver: no spans from the instance \(PrintableText.escape(instance)) since "
                + "\(Timestamp.rfc3339(record.heardUpTo)), while others still send")
    }
}
