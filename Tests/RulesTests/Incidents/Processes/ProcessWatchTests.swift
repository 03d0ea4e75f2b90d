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

    @Test func `an instance that began before another fell silent took its place`() {
        let etcd = SimulatedProcess(service: "etcd", up: [0..<900])
        let two = [SimulatedProcess(instance: "a", up: [0..<400]), SimulatedProcess(instance: "b", up: [340..<900])]
        let one = Self.run(two + [etcd], for: 900).incidents
        #expect(one.map(\.severity) == [.info])
        #expect(one.map(\.evidence?.culprit.text) == ["apiserver (clear): restarted"])
        #expect(one.map { ProcessRun.seconds($0.startedAt) } == [400])
        // A second one has nobody in its place.
        let lost = SimulatedProcess(instance: "c", up: [0..<700])
        let incidents = Self.run(two + [lost, etcd], for: 900).incidents
        #expect(
            incidents.map(\.evidence?.culprit.text).first == "apiserver b (clear): restarted")
        #expect(incidents.map(\.kind) == [.restart, .silence])
    }

    @Test func `all instances may be replaced one after the other`() {
        let old = (0..<3).map { SimulatedProcess(instance: "a\($0)", up: [0..<400 + 100 * $0]) }
        let new = (0..<3).map { SimulatedProcess(instance: "b\($0)", up: [370 + 100 * $0..<900]) }
        #expect(Self.run(old + new, for: 900).incidents.map(\.kind) == [.restart, .restart, .restart])
    }

    @Test func `an instance that Faultline only heard later took nobody's place`() {
        // As after Faultline's start, or after a long outage of one.
        let first = [SimulatedProcess(instance: "a", up: [0..<300]), SimulatedProcess(instance: "b", up: [100..<900])]
        #expect(Self.run(first, for: 900).incidents.map(\.kind) == [.silence])
        let back = [
            SimulatedProcess(instance: "a", up: [0..<1_400]),
            SimulatedProcess(instance: "b", up: [0..<200, 1_300..<1_900]),
        ]
        #expect(Self.run(back, for: 1_900).incidents.map(\.kind) == [.silence, .silence])
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
