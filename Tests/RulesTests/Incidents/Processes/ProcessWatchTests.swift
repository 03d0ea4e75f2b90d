import Engine
import TestSupport
import Testing

@testable import Rules

/// Processes that send spans, fall silent and come back.
@Suite struct `Silence and restarts` {
    private static let start: Int64 = 1_795_407_840_000_000_000

    /// A process that sends fifty spans a second while it is up.
    private struct Process {
        var service = "apiserver"
        var instance = ""
        var cluster = ""
        var up: [Range<Int64>]
        /// The seconds in which health checks fail.
        var failing: Range<Int64> = 0..<0
        var breaking: Int64?
        var standsStill = false

        func activity(_ range: Range<Int64>) -> SourceActivity? {
            let seconds = range.filter { second in up.contains { $0.contains(second) } }.map { second in
                var counted = SourceActivity.Second(start: start + second * TestSupport.second)
                counted.spans = 50
                counted.failedPaths = failing.contains(second) ? 2 : 0
                counted.brokenStreams = breaking == second ? 50 : 0
                counted.earliestStart = counted.start - (standsStill ? 1_000 : 1) * TestSupport.second
                return counted
            }
            guard !seconds.isEmpty else { return nil }
            return SourceActivity(
                source: SourceLabels(cluster: cluster, service: service, instance: instance),
                role: ServiceNames.usual.role(of: service), seconds: seconds)
        }
    }

    private struct Context: IncidentContext {
        var time: Int64
        var activities: [SourceActivity]
        var horizon = Int64.min
        var next: Int64? { time + 5 * second }
        func isHeard(_ cluster: String, since last: Int64) -> Bool { !activities.isEmpty }
        func activity(_ times: Range<Int64>, sourcesMax: Int) -> [SourceActivity] { activities }
        func isAftermath(_ alert: AlertSighting, of times: [Range<Int64>]) -> Bool { false }
        func heldLately(_ alert: AlertSighting) -> Bool { false }
        func usualDurations(from: Int64, to: Int64) -> [String: Int64] { [:] }
        func outcomes(of cluster: String, from: Int64, to: Int64, usual: [String: Int64]) -> RequestOutcomes {
            RequestOutcomes()
        }
    }

    /// - Parameter late: how many seconds late its spans come.
    private static func run(
        _ processes: [Process], for seconds: Int64, byEventTime: Bool = false, late: Int64 = 0
    ) -> (incidents: [Incident], notices: [AlertTransition]) {
        var tracker = IncidentTracker()
        tracker.processes.judgesSilenceOfAll = !byEventTime
        var notices: [AlertTransition] = []
        for second in stride(from: Int64(5), through: seconds, by: 5) {
            let activities = processes.compactMap { $0.activity(second - late - 5..<second - late) }
            let context = Context(time: start + second * TestSupport.second, activities: activities)
            tracker.observe([], resolved: [], in: context)
            notices += tracker.notices
        }
        return (tracker.incidents, notices)
    }

    private static func seconds(_ time: Int64?) -> Int64? { time.map { ($0 - start) / second } }

    @Test func `an API server that starts anew is an incident for the record`() throws {
        let server = Process(up: [0..<120, 150..<400], failing: 150..<153)
        let etcd = Process(service: "etcd", up: [0..<120, 150..<400], breaking: nil)
        let (incidents, notices) = Self.run([server, etcd], for: 400)
        let incident = try #require(incidents.first)
        #expect(incidents.count == 1)
        #expect(incident.severity == .info)
        #expect(IncidentJSON(incident).culprit.why == "restarted")
        #expect(IncidentJSON(incident).culprit.certainty == .clear)
        #expect(
            (incident.side, Self.seconds(incident.startedAt), Self.seconds(incident.openedAt)) == (
                "apiserver", 120, 160
            ))
        #expect(Self.seconds(incident.closedAt) == 190)
        #expect(notices.map(\.alert.state) == [.firing, .resolved])
        #expect(Set(notices.map(\.alert.labels["severity"])) == ["info"])
    }

    @Test func `etcd's restart shows in the streams that break`() {
        let server = Process(up: [0..<400], breaking: 120)
        let etcd = Process(service: "etcd", up: [0..<120, 124..<400])
        #expect(Self.run([server, etcd], for: 400).incidents.map(\.side) == ["etcd"])
        #expect(Self.run([Process(up: [0..<400]), etcd], for: 400).incidents == [])
    }

    @Test func `a lull is no restart, nor is a process that stalled`() {
        let lull = Process(up: [0..<120, 150..<400])
        #expect(Self.run([lull], for: 400).incidents == [])
        let stopped = Process(up: [0..<120, 150..<400], failing: 150..<153, standsStill: true)
        #expect(Self.run([stopped], for: 400).incidents == [])
    }

    @Test func `another instance in place of a silent one is its restart, one beside it is not`() {
        let (first, second) = (Process(instance: "a", up: [0..<120]), Process(instance: "b", up: [150..<400]))
        let incidents = Self.run([first, second], for: 400).incidents
        #expect(incidents.map(\.severity) == [.info])
        let beside = Process(instance: "b", up: [100..<400])
        #expect(Self.run([Process(instance: "a", up: [0..<400]), beside], for: 400).incidents == [])
    }

    @Test func `what only ever came late is no silence`() {
        let processes = [Process(up: [0..<200]), Process(service: "etcd", up: [0..<200])]
        #expect(Self.run(processes, for: 400).incidents.map(\.kind) == [.silence])
        #expect(Self.run(processes, for: 400, late: 20).incidents.map(\.kind) == [.silence])
        #expect(Self.run(processes, for: 400, late: 70).incidents == [])
    }

    @Test func `when nothing is heard for a minute, that is told, and over when spans come again`() throws {
        let processes = [
            Process(up: [0..<200, 300..<500], failing: 300..<303), Process(service: "etcd", up: [0..<202, 300..<500]),
        ]
        let (incidents, notices) = Self.run(processes, for: 500)
        let incident = try #require(incidents.first)
        #expect(incidents.count == 1)
        #expect(incident.severity == .critical)
        #expect((Self.seconds(incident.openedAt), Self.seconds(incident.startedAt)) == (265, 202))
        #expect(notices.map { Self.seconds($0.time) } == [275, 310, incident.closedAt.flatMap(Self.seconds)])
        #expect(
            notices[0].alert.annotations["verdict"]?.hasPrefix("not clear: nothing from the control plane since")
                == true)
        // It turns out to have been a restart.
        #expect(notices[1].alert.annotations["verdict"] == "apiserver (clear): restarted")
        #expect(Self.run(processes, for: 500, byEventTime: true).incidents.map(\.severity) == [.info])
    }

    @Test func `while etcd is heard it is the API server, and the one of several that is not heard is named`() {
        let etcd = Process(service: "etcd", up: [0..<400])
        let alone = Self.run([Process(up: [0..<100]), etcd], for: 400).incidents
        #expect(alone.map(\.side) == ["apiserver"])
        #expect(alone.first?.evidence?.culprit.instance == nil)
        let three = ["a", "b", "c"].map { Process(instance: $0, up: [0..<($0 == "b" ? 100 : 400)]) }
        let one = Self.run(three + [etcd], for: 400).incidents
        #expect(one.map { $0.evidence?.culprit.instance } == ["b"])
        #expect(
            one.first?.evidence?.culprit.text.hasPrefix("apiserver b (likely): no spans from the instance b since")
                == true)
    }

    @Test func `a cluster that falls silent is told while another one is heard`() {
        let processes = [Process(cluster: "east", up: [0..<100]), Process(cluster: "west", up: [0..<400])]
        let incidents = Self.run(processes, for: 400).incidents
        #expect(incidents.map(\.cluster) == ["east"])
        #expect(incidents.first?.id.hasSuffix("Z-east") == true)
    }
}
