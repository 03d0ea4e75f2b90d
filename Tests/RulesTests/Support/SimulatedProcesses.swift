import Engine
import TestSupport

@testable import Rules

/// A process that sends fifty spans a second while it is up. Times are in seconds since `ProcessRun.start`.
struct SimulatedProcess {
    var service = "apiserver"
    var instance = ""
    var cluster = ""
    var up: [Range<Int64>]
    /// The seconds in which health checks fail.
    var failing: Range<Int64> = 0..<0
    var breaking: Int64?
    var standsStill = false
    /// The seconds in which spans come whose time has been evaluated.
    var sendsLate: Range<Int64> = 0..<0

    var spansPerSecond = 50

    func activity(_ range: Range<Int64>) -> SourceActivity? {
        let seconds = range.filter { second in up.contains { $0.contains(second) } }.map { second in
            var counted = SourceActivity.Second(start: ProcessRun.start + second * TestSupport.second)
            counted.spans = spansPerSecond
            counted.failedPaths = failing.contains(second) ? 2 : 0
            counted.brokenStreams = breaking == second ? 50 : 0
            counted.earliestStart = counted.start - (standsStill ? 1_000 : 1) * TestSupport.second
            return counted
        }
        let late = sendsLate.clamped(to: 0..<max(range.upperBound, 0)).count * spansPerSecond
        guard !seconds.isEmpty || late > 0 else { return nil }
        return SourceActivity(
            source: SourceLabels(cluster: cluster, service: service, instance: instance),
            role: ServiceNames.usual.role(of: service), seconds: seconds, late: late)
    }
}

/// Processes, alerts about them, and the incidents that are found.
struct ProcessRun {
    static let start: Int64 = 1_795_407_840_000_000_000

    struct Context: IncidentContext {
        var time: Int64
        var activities: [SourceActivity]
        var aftermath: Set<String> = []

        var horizon: Int64 { .min }
        var next: Int64? { time + 5 * second }
        func isHeard(_ cluster: String, since last: Int64) -> Bool {
            activities.contains { $0.source.cluster == cluster && !$0.seconds.isEmpty }
        }
        func activity(_ times: Range<Int64>, sourcesMax: Int) -> [SourceActivity] { activities }
        func isAftermath(_ alert: AlertSighting, of times: [Range<Int64>]) -> Bool { aftermath.contains(alert.name) }
        func heldLately(_ alert: AlertSighting) -> Bool { false }
        func usualDurations(from: Int64, to: Int64) -> [String: Int64] { [:] }
        func outcomes(of cluster: String, from: Int64, to: Int64, usual: [String: Int64]) -> RequestOutcomes {
            RequestOutcomes()
        }
    }

    var processes: [SimulatedProcess]
    /// How many seconds late its spans come, and still in time.
    var delay: Int64 = 0
    /// What fires at a time, and the names of those that find nothing once a restart is cut out of their windows.
    var alerts: (_ seconds: Int64) -> [AlertSighting] = { _ in [] }
    var aftermath: Set<String> = []
    var tracker = IncidentTracker()
    private(set) var notices: [AlertTransition] = []
    /// The most incidents, besides records of restarts, that were open at once.
    private(set) var openMost = 0
    private var now: Int64 = 0

    init(_ processes: [SimulatedProcess]) {
        self.processes = processes
    }

    /// Evaluates every five seconds.
    mutating func go(to end: Int64) {
        while now + 5 <= end {
            now += 5
            let activities = processes.compactMap { $0.activity(now - delay - 5..<now - delay) }
            let context = Context(time: Self.start + now * second, activities: activities, aftermath: aftermath)
            tracker.observe(alerts(now), resolved: [], in: context)
            notices += tracker.notices
            openMost = max(openMost, tracker.open.count { $0.incident.kind != .restart })
        }
    }

    /// Another process takes over after some seconds.
    mutating func restart(downFor length: Int64) throws {
        let saved = tracker.saved
        let savedAt = Self.start + now * second
        now += length
        tracker = IncidentTracker()
        if let saved { tracker.restore(saved, savedAt: savedAt, now: Self.start + now * second) }
    }

    var incidents: [Incident] { tracker.incidents }

    static func seconds(_ time: Int64?) -> Int64? { time.map { ($0 - start) / second } }

    static func alert(
        _ name: String, _ severity: String = "critical", since seconds: Int64, side: String? = nil,
        _ certainty: Verdict.Certainty = .notClear, holds: Bool = true, isAboutSilence: Bool = false
    ) -> AlertSighting {
        let culprit = AlertEvidence.Culprit(side: side, component: side, certainty: certainty, why: "it is slow")
        let labels = ["severity": severity]
        return AlertSighting(
            id: AlertID(
                fingerprint: Alert.fingerprint(name: name, labels: labels), activeAt: start + seconds * second),
            rule: RuleNumber(group: 0, rule: 0), group: 0, name: name, labels: labels,
            firedAt: start + seconds * second, earliestStart: start + seconds * second,
            evidence: AlertEvidence(culprit: culprit, components: [], traces: []), holds: holds, looksFarBack: false,
            isAboutSilence: isAboutSilence, calm: 30 * second)
    }
}
