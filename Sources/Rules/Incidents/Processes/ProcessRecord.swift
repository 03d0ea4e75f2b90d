import Engine
import Support

/// What is known of one process of the control plane from its spans. Times are in nanoseconds since the epoch.
struct ProcessRecord: Hashable, Sendable {
    /// How it came back after it had been silent.
    struct Return: Hashable, Sendable {
        /// When it last sent a span before the silence, and when it sent spans again.
        var silence: Range<Int64>
        var failedPaths = 0
        var ownCalls = 0
        /// A span covers the silence: the process stalled, and is still the same one.
        var isSameProcess = false

        var length: Int64 { silence.upperBound.subtractingSaturating(silence.lowerBound) }
    }

    let source: SourceLabels
    let role: ServiceRole
    /// The start of its first second with a span; nil if another Faultline heard that.
    let begin: Int64?
    /// Whether it took the place of another.
    var hasReplaced = false
    /// The start of the first second that counts for the rate, and the end of the last one with a span.
    private(set) var since: Int64
    private(set) var heardUpTo: Int64
    /// Whether its spans ever arrived while they were recent. Those of a backlog don't show its current state.
    private(set) var wasHeardOnTime = false
    /// When spans of it last came late: it wasn't silent then.
    private var heardLateAt = Int64.min
    /// How many had come late by then.
    private var lateSpans: Int
    /// How long nothing listened since it was last heard, nanoseconds.
    private(set) var unheardFor: Int64 = 0
    /// Since `since`.
    private(set) var spans = 0.0
    private(set) var ownCalls = 0.0
    /// The longest silence without consequence, nanoseconds.
    private(set) var habitualSilence: Int64 = 0
    /// The last silence of which an incident may have told, nanoseconds. It takes two of them for a habit.
    private(set) var reportedSilence: Int64 = 0
    /// If it is a member of etcd.
    private(set) var answers = RecentAnswers()
    /// The last return, until it has been judged.
    var comeback: Return?

    private static let second: Int64 = 1_000_000_000
    /// What counts for the rate: older spans count half.
    private static let memory: Int64 = 600_000_000_000
    private static let silenceMin: Int64 = 3_000_000_000
    /// How much longer than usual a silence is at most before it is unusual.
    private static let beyondHabit: Int64 = 120_000_000_000
    /// A process that is up and sends at its usual rate is silent for so long by chance once in a million times.
    private static let missingMin = 14.0
    /// Where the streams that etcd's end breaks say more than its silence does.
    private static let missingMinOfEtcd = 3.0
    /// How long after its return spans may show a start.
    private static let startLength: Int64 = 15_000_000_000
    /// Exporters try for up to two minutes until they reach a Faultline that has just started.
    private static let newerMin: Int64 = 180_000_000_000
    /// Failed health checks, or calls of its own to etcd, that show a start.
    private static let failedPathsMin = 3
    private static let ownCallsMin = 10
    private static let ownCallsTimesMin = 5.0

    init(_ activity: SourceActivity, from first: Int64) {
        source = activity.source
        role = activity.role
        (begin, since) = (first, first)
        heardUpTo = first
        lateSpans = activity.late
    }

    /// As another process knew it.
    init?(_ saved: SavedProcess) {
        guard let role = ServiceRole(rawValue: saved.role), let since = Timestamp.parse(rfc3339: saved.since),
            let heardUpTo = Timestamp.parse(rfc3339: saved.heardUpTo)
        else { return nil }
        source = SourceLabels(cluster: saved.cluster ?? "", service: saved.service, instance: saved.instance)
        (self.role, begin) = (role, nil)
        (self.since, self.heardUpTo, wasHeardOnTime) = (since, heardUpTo, saved.wasHeardOnTime)
        (spans, ownCalls, lateSpans) = (saved.spans, saved.ownCalls, 0)
        unheardFor = saved.unheardNanoseconds ?? 0
        (habitualSilence, reportedSilence) = (saved.habitualNanoseconds, saved.reportedNanoseconds)
    }

    /// Whether it should have sent a span within some time after its last one, nanoseconds.
    func isExpected(within silence: Int64) -> Bool {
        let unusual = min(
            habitualSilence.multipliedSaturating(by: 3), habitualSilence.addingSaturating(Self.beyondHabit))
        return silence >= max(Self.silenceMin, unusual) && rate(of: spans) * Double(silence) >= Self.missingMin
    }

    /// Whether it began well after another, and would have sent spans in that time if it had been there.
    func isNewer(than other: ProcessRecord) -> Bool {
        guard let begin else { return false }
        let missing = begin.subtractingSaturating(other.begin ?? .min)
        return missing >= Self.newerMin && rate(of: spans) * Double(missing) >= Self.missingMin
    }

    /// Whether a silence may be that of a restart.
    private func maySuggestRestart(_ silence: Int64) -> Bool {
        if isExpected(within: silence) { return true }
        return role == .etcd && silence >= Self.silenceMin
            && rate(of: spans) * Double(silence) >= Self.missingMinOfEtcd
    }

    /// Notes how recent its spans are at a time.
    mutating func look(at time: Int64, hearing: Int64) {
        if silence(at: time) < hearing { wasHeardOnTime = true }
    }

    /// How long no span has ended that came in time.
    func silence(at time: Int64) -> Int64 { time.subtractingSaturating(heardUpTo) }

    /// How long no span has come at all.
    func quiet(at time: Int64) -> Int64 { time.subtractingSaturating(max(heardUpTo, heardLateAt)) }

    /// When a span of it last ended that came in time. `heardUpTo` is moved by time in which nothing listened.
    var lastEnd: Int64 { heardUpTo.subtractingSaturating(unheardFor) }

    /// When it was last heard.
    var lastHeard: Int64 { max(lastEnd, heardLateAt) }

    /// Notes how many of its spans have come late so far.
    mutating func note(late count: Int, at time: Int64) {
        // Sources that are forgotten count from zero again.
        if count > lateSpans { heardLateAt = time }
        lateSpans = count
    }

    /// Per nanosecond. Bursts of a few seconds aren't a rate.
    private func rate(of count: Double) -> Double {
        count / Double(max(heardUpTo.subtractingSaturating(since), 10 * Self.second))
    }

    mutating func add(_ second: SourceActivity.Second) {
        answers.add(second)
        let silence = second.start.subtractingSaturating(heardUpTo)
        if maySuggestRestart(silence) {
            // Its rate is what it sent before the silence, which doesn't count.
            since = since.addingSaturating(silence)
            if silence > comeback?.length ?? 0 { comeback = Return(silence: lastEnd..<second.start) }
        } else {
            habitualSilence = max(habitualSilence, silence)
        }
        if let last = comeback, second.start < last.silence.upperBound.addingSaturating(Self.startLength) {
            comeback?.failedPaths += second.failedPaths
            comeback?.ownCalls += second.ownCalls
            if second.earliestStart < last.silence.lowerBound { comeback?.isSameProcess = true }
        }
        spans += Double(second.spans)
        ownCalls += Double(second.ownCalls)
        unheardFor = 0
        heardUpTo = second.start.addingSaturating(Self.second)
        forget()
    }

    private mutating func forget() {
        let length = heardUpTo.subtractingSaturating(since)
        guard length > Self.memory else { return }
        since = since.addingSaturating(length / 2)
        (spans, ownCalls) = (spans / 2, ownCalls / 2)
        habitualSilence /= 2
        reportedSilence /= 2
    }

    /// Treats a silence without a cause of its own as usual; one of which incidents tell, only if it wasn't the first.
    mutating func endComeback(wasRestart: Bool) {
        defer { comeback = nil }
        guard let length = comeback?.length, !wasRestart else { return }
        let habit = length < ProcessWatch.silenceMin ? length : min(length, reportedSilence)
        habitualSilence = max(habitualSilence, habit)
        if length >= ProcessWatch.silenceMin { reportedSilence = length }
    }

    /// Whether the spans after its return are those of a starting API server.
    var showsStart: Bool {
        guard let comeback, !comeback.isSameProcess else { return false }
        if comeback.failedPaths >= Self.failedPathsMin { return true }
        let usual = rate(of: ownCalls - Double(comeback.ownCalls)) * Double(Self.startLength)
        return comeback.ownCalls >= Self.ownCallsMin
            && Double(comeback.ownCalls) >= Self.ownCallsTimesMin * max(usual, 0)
    }

    /// Continues at another time. Time in which nothing listened doesn't count.
    mutating func delay(by step: Int64) {
        since = since.addingSaturating(step)
        heardUpTo = heardUpTo.addingSaturating(step)
        if heardLateAt != .min { heardLateAt = heardLateAt.addingSaturating(step) }
    }

    /// Notes that nothing listened for some time, nanoseconds.
    mutating func noteUnheard(_ time: Int64) { unheardFor = unheardFor.addingSaturating(max(time, 0)) }
}
