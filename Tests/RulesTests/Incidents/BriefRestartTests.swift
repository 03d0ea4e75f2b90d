import Engine
import TestSupport
import Testing

@testable import Rules

/// Alerts that fire because a process was away for a moment.
@Suite struct `A restart that alerts notice first` {
    private static let start: Int64 = 1_795_407_840_000_000_000

    /// etcd falls silent after a hundred seconds and breaks the API server's watches.
    private struct Context: IncidentContext {
        var time: Int64
        /// For how many seconds etcd is away.
        var away: Int64
        /// Whether alerts find nothing once the restart is cut out of their windows.
        var isAftermath: Bool

        var next: Int64? { time + 5 * second }
        var horizon: Int64 { .min }
        func isHeard(_ cluster: String, since last: Int64) -> Bool { true }

        func activity(_ times: Range<Int64>, sourcesMax: Int) -> [SourceActivity] {
            ["apiserver", "etcd"].compactMap { service in
                let now = (time - start) / second
                let heard = (now - 5..<now).filter { service == "apiserver" || !(100..<100 + away).contains($0) }
                guard !heard.isEmpty else { return nil }
                return SourceActivity(
                    source: SourceLabels(cluster: "", service: service, instance: ""),
                    role: ServiceNames.usual.role(of: service), seconds: heard.map { activity(service, $0) })
            }
        }

        private func activity(_ service: String, _ number: Int64) -> SourceActivity.Second {
            var counted = SourceActivity.Second(start: start + number * second)
            counted.spans = 50
            counted.brokenStreams = service == "apiserver" && number == 100 ? 50 : 0
            counted.earliestStart = counted.start - second
            return counted
        }

        func isAftermath(_ alert: AlertSighting, of times: [Range<Int64>]) -> Bool { isAftermath }
        func heldLately(_ alert: AlertSighting) -> Bool { false }
        func usualDurations(from: Int64, to: Int64) -> [String: Int64] { [:] }
        func outcomes(of cluster: String, from: Int64, to: Int64, usual: [String: Int64]) -> RequestOutcomes {
            RequestOutcomes()
        }
    }

    private static func sighting(
        _ name: String, side: String? = "etcd", _ certainty: Verdict.Certainty = .likely
    ) -> AlertSighting {
        let culprit = AlertEvidence.Culprit(side: side, component: side, certainty: certainty, why: "it is slow")
        let labels = ["severity": "warning"]
        return AlertSighting(
            id: AlertID(fingerprint: Alert.fingerprint(name: name, labels: labels), activeAt: start + 105 * second),
            rule: RuleNumber(group: 0, rule: 0), group: 0, name: name, labels: labels, firedAt: start + 110 * second,
            earliestStart: start + 75 * second, evidence: AlertEvidence(culprit: culprit, components: [], traces: []),
            holds: true, looksFarBack: false, calm: 30 * second)
    }

    /// - Parameter firing: what fires after so many seconds, and whether it is found no more once the restart is cut out.
    private static func run(
        away: Int64, _ firing: (_ seconds: Int64) -> (alerts: [AlertSighting], isAftermath: Bool)
    ) -> (incidents: [Incident], notices: [Alert]) {
        var tracker = IncidentTracker()
        var notices: [Alert] = []
        for seconds in stride(from: Int64(5), through: 300, by: 5) {
            let (alerts, isAftermath) = firing(seconds)
            let context = Context(time: start + seconds * second, away: away, isAftermath: isAftermath)
            tracker.observe(alerts, resolved: [], in: context)
            notices += tracker.notices.map(\.alert)
        }
        return (tracker.incidents, notices)
    }

    @Test func `becomes a restart on the record, with what fires on its account`() {
        let (incidents, notices) = Self.run(away: 4) { seconds in
            let alerts = ["A", "B"].prefix((110...130).contains(seconds) ? (seconds < 120 ? 1 : 2) : 0)
            return (alerts.map { Self.sighting($0) }, true)
        }
        #expect(incidents.map(\.kind) == [.restart])
        #expect(incidents.map(\.severity) == [.info])
        #expect(incidents[0].evidence?.culprit.why == "restarted")
        #expect(incidents[0].openedAt == Self.start + 110 * second)
        #expect(incidents[0].startedAt == Self.start + 100 * second)
        #expect(incidents[0].members.map(\.name) == ["A", "B"])
        // Nobody was told anything else before.
        #expect(notices.map(\.labels["severity"]) == ["info", "info"])
        #expect(notices.map(\.state) == [.firing, .resolved])
    }

    @Test func `is a fault if it took long, or if the alerts find more than that`() {
        for (away, isAftermath) in [(15, true), (4, false)] as [(Int64, Bool)] {
            let (incidents, _) = Self.run(away: away) { seconds in
                ((110...130).contains(seconds) ? [Self.sighting("A")] : [], isAftermath)
            }
            #expect(incidents.map(\.kind) == [.fault], "\(away) s")
            #expect(incidents.map(\.severity) == [.warning], "\(away) s")
        }
    }

    @Test func `is a fault if something else is clearly at fault`() {
        let (incidents, _) = Self.run(away: 4) { seconds in
            ((110...130).contains(seconds) ? [Self.sighting("A", side: "webhook", .clear)] : [], true)
        }
        #expect(incidents.map(\.kind) == [.fault])
    }

    @Test func `leaves to an incident of its own what lasts longer`() {
        let (incidents, notices) = Self.run(away: 4) { seconds in
            ((110...200).contains(seconds) ? [Self.sighting("A")] : [], seconds < 140)
        }
        #expect(incidents.map(\.kind) == [.restart, .fault])
        #expect(incidents[0].members.isEmpty)
        #expect(incidents[1].openedAt == Self.start + 140 * second)
        #expect(notices.map(\.labels["severity"]) == ["info", "warning", "info", "warning"])
    }
}
