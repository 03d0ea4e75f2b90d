import Engine
import TestSupport
import Testing

@testable import Rules

/// Processes that send spans, fall silent and come back.
@Suite struct `Silence and restarts` {
    /// - Parameter late: how many seconds late its spans come.
    private static func run(
        _ processes: [SimulatedProcess], for seconds: Int64, byEventTime: Bool = false, late: Int64 = 0
    ) -> (incidents: [Incident], notices: [AlertTransition]) {
        var run = ProcessRun(processes)
        run.delay = late
        run.tracker.processes.judgesSilenceOfAll = !byEventTime
        run.go(to: seconds)
        return (run.incidents, run.notices)
    }

    @Test func `an API server that starts anew is an incident for the record`() throws {
        let server = SimulatedProcess(up: [0..<120, 150..<400], failing: 150..<153)
        let etcd = SimulatedProcess(service: "etcd", up: [0..<120, 150..<400], breaking: nil)
        let (incidents, notices) = Self.run([server, etcd], for: 400)
        let incident = try #require(incidents.first)
        #expect(incidents.count == 1)
        #expect(incident.severity == .info)
        #expect(IncidentJSON(incident).culprit.why == "restarted")
        #expect(IncidentJSON(incident).culprit.certainty == .clear)
        #expect(
            (incident.side, ProcessRun.seconds(incident.startedAt), ProcessRun.seconds(incident.openedAt)) == (
                "apiserver", 120, 160
            ))
        #expect(ProcessRun.seconds(incident.closedAt) == 190)
        #expect(notices.map(\.alert.state) == [.firing, .resolved])
        #expect(Set(notices.map(\.alert.labels["severity"])) == ["info"])
    }

    @Test func `etcd's restart shows in the streams that break`() {
        let server = SimulatedProcess(up: [0..<400], breaking: 120)
        let etcd = SimulatedProcess(service: "etcd", up: [0..<120, 124..<400])
        #expect(Self.run([server, etcd], for: 400).incidents.map(\.side) == ["etcd"])
        #expect(Self.run([SimulatedProcess(up: [0..<400]), etcd], for: 400).incidents == [])
    }

    @Test func `a lull is no restart, nor is a process that stalled`() {
        let lull = SimulatedProcess(up: [0..<120, 150..<400])
        #expect(Self.run([lull], for: 400).incidents == [])
        let stopped = SimulatedProcess(up: [0..<120, 150..<400], failing: 150..<153, standsStill: true)
        #expect(Self.run([stopped], for: 400).incidents == [])
    }

    @Test func `another instance in place of a silent one is its restart, one beside it is not`() {
        let (first, second) = (
            SimulatedProcess(instance: "a", up: [0..<120]), SimulatedProcess(instance: "b", up: [150..<400])
        )
        let incidents = Self.run([first, second], for: 400).incidents
        #expect(incidents.map(\.severity) == [.info])
        let beside = SimulatedProcess(instance: "b", up: [100..<400])
        #expect(Self.run([SimulatedProcess(instance: "a", up: [0..<400]), beside], for: 400).incidents == [])
    }

    @Test func `what only ever came late is no silence`() {
        let processes = [SimulatedProcess(up: [0..<200]), SimulatedProcess(service: "etcd", up: [0..<200])]
        #expect(Self.run(processes, for: 400).incidents.map(\.kind) == [.silence])
        #expect(Self.run(processes, for: 400, late: 20).incidents.map(\.kind) == [.silence])
        #expect(Self.run(processes, for: 400, late: 70).incidents == [])
    }

    @Test func `while etcd is heard it is the API server, and the one of several that is not heard is named`() {
        let etcd = SimulatedProcess(service: "etcd", up: [0..<400])
        let alone = Self.run([SimulatedProcess(up: [0..<100]), etcd], for: 400).incidents
        #expect(alone.map(\.side) == ["apiserver"])
        #expect(alone.first?.evidence?.culprit.instance == nil)
        let three = ["a", "b", "c"].map { SimulatedProcess(instance: $0, up: [0..<($0 == "b" ? 100 : 400)]) }
        let one = Self.run(three + [etcd], for: 400).incidents
        #expect(one.map { $0.evidence?.culprit.instance } == ["b"])
        #expect(
            one.first?.evidence?.culprit.text.hasPrefix("apiserver b (likely): no spans from the instance b since")
                == true)
    }

    @Test func `a cluster that falls silent is told while another one is heard`() {
        let processes = [
            SimulatedProcess(cluster: "east", up: [0..<100]), SimulatedProcess(cluster: "west", up: [0..<400]),
        ]
        let incidents = Self.run(processes, for: 400).incidents
        #expect(incidents.map(\.cluster) == ["east"])
        #expect(incidents.first?.id.hasSuffix("Z-east") == true)
    }
}
