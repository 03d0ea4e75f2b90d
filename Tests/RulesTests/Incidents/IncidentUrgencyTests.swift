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
