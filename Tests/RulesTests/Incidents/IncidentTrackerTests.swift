import Engine
import TestSupport
import Testing

@testable import Rules

@Suite struct `Incidents` {
    private static let start: Int64 = 1_795_407_840_000_000_000

    /// Spans that say the same at every evaluation.
    private struct Context: IncidentContext {
        var time: Int64
        var interval: Int64 = 5 * second
        var isHeard = true
        var isAftermath = false
        var heldLately = false
        var activities: [SourceActivity] = []
        var horizon = Int64.min

        var next: Int64? { time + interval }
        func isHeard(_ cluster: String, since last: Int64) -> Bool { isHeard }
        func activity(_ times: Range<Int64>, sourcesMax: Int) -> [SourceActivity] { activities }
        func isAftermath(_ alert: AlertSighting, of times: [Range<Int64>]) -> Bool { isAftermath && !times.isEmpty }
        func heldLately(_ alert: AlertSighting) -> Bool { heldLately }
        func usualDurations(from: Int64, to: Int64) -> [String: Int64] { ["get": 7] }
        func outcomes(of cluster: String, from: Int64, to: Int64, usual: [String: Int64]) -> RequestOutcomes {
            usual == ["get": 7] ? RequestOutcomes(count: Int((to - from) / second), slow: 1) : RequestOutcomes()
        }
    }

    private static func sighting(
        _ name: String, at seconds: Int64, side: String? = nil, _ certainty: Verdict.Certainty = .notClear,
        component: String? = nil, explainsQueue: Bool = false, failures: FailureClause? = nil, since: Int64? = nil,
        holds: Bool = true, looksFarBack: Bool = false
    ) -> AlertSighting {
        let culprit = AlertEvidence.Culprit(
            side: side, component: component ?? side, certainty: certainty, why: "it is slow")
        var evidence = AlertEvidence(culprit: culprit, components: [], traces: [])
        (evidence.explainsQueue, evidence.failures) = (explainsQueue, failures)
        evidence.startedAt = since.map { start + $0 * second }
        let labels = ["severity": "critical"]
        return AlertSighting(
            id: AlertID(fingerprint: Alert.fingerprint(name: name, labels: labels), activeAt: start),
            rule: RuleNumber(group: 0, rule: 0), group: 0, name: name,
            labels: labels, firedAt: start + seconds * second, earliestStart: start - 30 * second,
            evidence: evidence, holds: holds, looksFarBack: looksFarBack, calm: 45 * second)
    }

    private static func activity(second number: Int64) -> SourceActivity {
        var counted = SourceActivity.Second(start: start + number * second)
        (counted.spans, counted.earliestStart) = (50, counted.start)
        return SourceActivity(
            source: SourceLabels(cluster: "", service: "apiserver", instance: ""), role: .apiServer, seconds: [counted])
    }

    private static func observe(
        _ tracker: inout IncidentTracker, at seconds: Int64, _ sightings: [AlertSighting],
        _ change: (inout Context) -> Void = { _ in }
    ) -> [Alert] {
        var context = Context(time: start + seconds * second)
        change(&context)
        tracker.observe(sightings, resolved: [], in: context)
        return tracker.notices.map(\.alert)
    }

    @Test func `the alerts of one fault are one incident, of which sinks hear when it opens and when it closes`() {
        var tracker = IncidentTracker()
        var notices: [Alert] = []
        for seconds in stride(from: Int64(0), through: 100, by: 5) {
            let names = seconds < 20 ? ["A"] : ["A", "B"]
            notices += Self.observe(
                &tracker, at: seconds,
                names.map { Self.sighting($0, at: 0, side: "etcd", .clear, holds: seconds <= 40) })
        }
        #expect(notices.map(\.state) == [.firing, .resolved])
        #expect(notices.map(\.labels["side"]) == ["etcd", "etcd"])
        #expect(Set(notices.map(\.fingerprint)).count == 1)
        let incident = tracker.incidents[0]
        #expect(tracker.incidents.count == 1)
        #expect(incident.members.map(\.name) == ["A", "B"])
        #expect(incident.openedAt == Self.start)
        // 45 s after the condition last held.
        #expect(incident.closedAt == Self.start + 85 * second)
        // Since a condition last held: before, requests may have been slow.
        #expect(notices[1].annotations["summary"]?.contains("in the last half minute 0 of 30 requests failed") == true)
        // From 30 s before it opened, in 18 evaluations.
        #expect(incident.requests == RequestOutcomes(count: 115, slow: 18))
    }

    @Test(arguments: [(false, 1), (true, 0)])
    func `sinks hear at once of requests that fail by themselves, unless a process is away`(isAway: Bool, count: Int) {
        var tracker = IncidentTracker()
        for seconds in stride(from: Int64(5), through: 60, by: 5) where !isAway || seconds <= 50 {
            _ = Self.observe(&tracker, at: seconds, []) {
                $0.activities = [Self.activity(second: seconds - 5), Self.activity(second: seconds - 1)]
            }
        }
        let failures = FailureClause(text: "5 requests failed", isVerdict: true)
        let failing = Self.sighting("A", at: 60, side: "apiserver", .likely, failures: failures)
        #expect(Self.observe(&tracker, at: 61, [failing]).count == count)
    }

    @Test func `sinks hear of an unclear incident after ten seconds, and again when its verdict becomes clear`() {
        var tracker = IncidentTracker()
        var times: [Int64] = []
        var notices: [Alert] = []
        for seconds in stride(from: Int64(0), through: 60, by: 5) {
            let certainty: Verdict.Certainty = seconds < 30 ? .notClear : .clear
            let found = Self.observe(
                &tracker, at: seconds, [Self.sighting("A", at: 0, side: seconds < 30 ? nil : "webhook", certainty)])
            times += found.map { _ in seconds }
            notices += found
        }
        #expect(times == [10, 30])
        #expect(notices.map(\.labels["side"]) == ["unknown", "webhook"])
        #expect(notices.map { $0.incident?.formerLabels?["side"] } == [nil, "unknown"])
    }

    @Test func `sinks hear at once if the next evaluation comes too late`() {
        var tracker = IncidentTracker()
        let notices = Self.observe(&tracker, at: 0, [Self.sighting("A", at: 0)]) { $0.interval = 15 * second }
        #expect(notices.count == 1)
    }

    @Test func `two clear verdicts on different sides are two incidents, an unclear one joins`() {
        var tracker = IncidentTracker()
        let alerts = [
            Self.sighting("A", at: 0, side: "etcd", .clear), Self.sighting("B", at: 0, side: "webhook", .clear),
            Self.sighting("C", at: 0), Self.sighting("D", at: 0, side: "etcd", .likely),
        ]
        _ = Self.observe(&tracker, at: 0, alerts)
        #expect(tracker.incidents.map(\.side) == ["etcd", "webhook"])
        #expect(tracker.incidents.map { $0.members.map(\.name) } == [["A", "D"], ["B", "C"]])
        #expect(Set(tracker.incidents.map(\.id)).count == 2)
    }

    private static let failed = FailureClause(text: "81 requests failed", isVerdict: true)

    @Test(arguments: [true, false])
    func `what gets slow on another side well after requests failed is another incident`(isClear: Bool) {
        var tracker = IncidentTracker()
        let errors = Self.sighting("A", at: 0, side: "apiserver", .likely, failures: Self.failed)
        _ = Self.observe(&tracker, at: 0, [errors])
        let early = Self.sighting("B", at: 40, side: "connection", .likely, since: 30)
        _ = Self.observe(&tracker, at: 40, [errors, early])
        let later = Self.sighting("B", at: 40, side: "connection", isClear ? .clear : .likely, since: 30)
        _ = Self.observe(&tracker, at: 45, [errors, later])
        #expect(tracker.incidents.map(\.side) == (isClear ? ["apiserver", "connection"] : ["apiserver"]))
        #expect(tracker.incidents.map { $0.members.map(\.name) } == (isClear ? [["A"], ["B"]] : [["A", "B"]]))
    }

    @Test(arguments: [true, false])
    func `what failed stays said beside a surer verdict on the same fault`(isFirst: Bool) throws {
        var tracker = IncidentTracker()
        let errors = Self.sighting("A", at: 0, side: "apiserver", .likely, failures: Self.failed)
        let slow = Self.sighting("B", at: 5, side: "connection", .clear, since: -25)
        _ = Self.observe(&tracker, at: 0, [isFirst ? errors : slow])
        var next = IncidentTracker()
        next.restore(try #require(tracker.saved), savedAt: Self.start, now: Self.start)
        for seconds in stride(from: Int64(5), through: 20, by: 5) {
            _ = Self.observe(&next, at: seconds, [errors, slow])
        }
        #expect(next.incidents.map(\.side) == ["connection"])
        #expect(next.incidents[0].evidence?.culprit.why == "it is slow; besides, 81 requests failed")
    }

    @Test func `the surest verdict is kept`() {
        var tracker = IncidentTracker()
        _ = Self.observe(&tracker, at: 0, [Self.sighting("A", at: 0, side: "apiserver", .likely)])
        _ = Self.observe(&tracker, at: 5, [Self.sighting("B", at: 5, side: "etcd", .clear)])
        _ = Self.observe(&tracker, at: 10, [Self.sighting("C", at: 10, side: "connection", .likely)])
        #expect(tracker.incidents.map(\.side) == ["etcd"])
        #expect(tracker.incidents[0].members.count == 3)
    }

    @Test(arguments: [false, true])
    func `windows beyond a minute hold nothing open unless they alone found the fault`(isAlone: Bool) {
        var tracker = IncidentTracker()
        for seconds in stride(from: Int64(0), through: 100, by: 5) {
            let short = isAlone ? [] : [Self.sighting("A", at: 0, holds: seconds == 0)]
            _ = Self.observe(&tracker, at: seconds, short + [Self.sighting("B", at: 0, looksFarBack: true)]) {
                $0.heldLately = isAlone
                // What the long window still holds is the incident itself.
                $0.isAftermath = true
            }
        }
        #expect(tracker.incidents.map { $0.closedAt == nil } == [isAlone])
    }

    @Test func `what only the incident's time explains belongs to it, also after it has closed`() {
        var tracker = IncidentTracker()
        _ = Self.observe(&tracker, at: 0, [Self.sighting("A", at: 0)])
        _ = Self.observe(&tracker, at: 60, [])
        _ = Self.observe(&tracker, at: 90, [Self.sighting("B", at: 90, looksFarBack: true)]) { $0.isAftermath = true }
        #expect(tracker.incidents.map { $0.members.map(\.name) } == [["A", "B"]])
        _ = Self.observe(&tracker, at: 120, [Self.sighting("C", at: 120, looksFarBack: true)])
        #expect(tracker.incidents.map { $0.members.map(\.name) } == [["A", "B"], ["C"]])
    }

    @Test func `while nothing is heard, no incident closes`() {
        var tracker = IncidentTracker()
        _ = Self.observe(&tracker, at: 0, [Self.sighting("A", at: 0)])
        for seconds in stride(from: Int64(5), through: 300, by: 5) {
            _ = Self.observe(&tracker, at: seconds, []) { $0.isHeard = false }
        }
        #expect(tracker.incidents[0].closedAt == nil)
        for seconds in stride(from: Int64(305), through: 345, by: 5) { _ = Self.observe(&tracker, at: seconds, []) }
        #expect(tracker.incidents[0].closedAt == Self.start + 345 * second)
    }

    @Test func `the next process goes on with what was saved, and notifies nobody twice`() throws {
        var tracker = IncidentTracker()
        _ = Self.observe(&tracker, at: 0, [Self.sighting("A", at: 0, side: "etcd", .clear)])
        _ = Self.observe(&tracker, at: 60, [])
        _ = Self.observe(&tracker, at: 100, [Self.sighting("B", at: 100, side: "etcd", .clear)])
        var next = IncidentTracker()
        next.restore(try #require(tracker.saved), savedAt: Self.start + 100 * second, now: Self.start + 200 * second)
        #expect(next.incidents == tracker.incidents)
        let again = Self.observe(&next, at: 205, [Self.sighting("B", at: 100, side: "etcd", .clear)])
        #expect(again == [])
        #expect(next.incidents.count == 2)
        let end = stride(from: Int64(210), through: 300, by: 5).flatMap { Self.observe(&next, at: $0, []) }
        #expect(end.map(\.state) == [.resolved])
    }

    @Test func `a thousand closed incidents are kept`() {
        var tracker = IncidentTracker()
        for number in 0..<1_003 {
            let time = Int64(number) * 200
            let alert = Self.sighting("A\(number)", at: time)
            _ = Self.observe(&tracker, at: time, [alert])
            _ = Self.observe(&tracker, at: time + 100, [])
        }
        #expect(tracker.incidents.count == 1_000)
        #expect(tracker.incidents.last?.members.map(\.name) == ["A1002"])
    }

    @Test(arguments: ["apiserver", "webhook"])
    func `a clear verdict on a queue gives way to one on what fills it, which sinks hear of`(side: String) {
        var tracker = IncidentTracker()
        var notices: [Alert] = []
        for seconds in stride(from: Int64(0), through: 30, by: 5) {
            let queue = Self.sighting("A", at: 0, side: "apiserver", .clear, component: "priority-and-fairness")
            let filling = Self.sighting("B", at: 10, side: side, .clear, component: "filling", explainsQueue: true)
            notices += Self.observe(&tracker, at: seconds, seconds < 10 ? [queue] : [queue, filling])
        }
        #expect(tracker.incidents.map { $0.evidence?.culprit.component } == ["filling"])
        #expect(tracker.incidents[0].members.map(\.name) == ["A", "B"])
        #expect(notices.map(\.labels["side"]) == ["apiserver", side])
    }

    @Test func `but not to one that is less sure or says nothing of the queue`() {
        for (certainty, explainsQueue) in [(.likely, true), (.clear, false)] as [(Verdict.Certainty, Bool)] {
            var tracker = IncidentTracker()
            for seconds in stride(from: Int64(0), through: 30, by: 5) {
                let queue = Self.sighting("A", at: 0, side: "apiserver", .clear, component: "priority-and-fairness")
                let other = Self.sighting(
                    "B", at: 10, side: "apiserver", certainty, component: "other", explainsQueue: explainsQueue)
                _ = Self.observe(&tracker, at: seconds, seconds < 10 ? [queue] : [queue, other])
            }
            #expect(tracker.incidents.map { $0.evidence?.culprit.component } == ["priority-and-fairness"])
        }
    }
}
