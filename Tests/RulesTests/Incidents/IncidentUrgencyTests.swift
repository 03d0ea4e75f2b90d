import Engine
import TestSupport
import Testing

@testable import Rules

@Suite struct `The urgency of incidents` {
    private static func incident(
        _ severity: IncidentSeverity, _ certainty: Verdict.Certainty?, openedAt seconds: Int64
    ) -> Incident {
        let evidence = certainty.map {
            AlertEvidence(
                culprit: .init(side: "etcd", component: "etcd", certainty: $0, why: "it is slow"), components: [],
                traces: [])
        }
        return Incident(
            id: "\(seconds)", openedAt: seconds * second, startedAt: 0, severity: severity, evidence: evidence)
    }

    @Test(arguments: [(Double?.none, "7 failed (no baseline yet to compare with)"), (0.002, "1,204 slow, 7 failed")])
    func `how many requests were slow is known only with a baseline`(before: Double?, text: String) throws {
        var incident = Self.incident(.warning, .notClear, openedAt: 60)
        incident.evidence?.components = [
            .init(component: "etcd", seconds: 0.003, baselineSeconds: before)
        ]
        incident.requests = RequestOutcomes(count: 1_300, slow: before == nil ? 0 : 1_204, failed: 7)
        #expect(IncidentJSON(incident).slowAndFailed == text)
    }

    @Test func `the most urgent is the most severe, then that with the surest verdict, then the latest`() {
        let ascending = [
            Self.incident(.info, .clear, openedAt: 90),
            Self.incident(.warning, nil, openedAt: 70),
            Self.incident(.warning, .notClear, openedAt: 80),
            Self.incident(.warning, .likely, openedAt: 60),
            Self.incident(.warning, .clear, openedAt: 50),
            Self.incident(.critical, .notClear, openedAt: 40),
            Self.incident(.critical, .likely, openedAt: 10),
            Self.incident(.critical, .likely, openedAt: 20),
        ]
        #expect(ascending.reversed().sorted(by: Incident.isLessUrgent) == ascending)
        #expect(ascending.reversed().max(by: Incident.isLessUrgent) == ascending.last)
    }
}
