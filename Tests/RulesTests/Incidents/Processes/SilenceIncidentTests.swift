import Engine
import Support
import TestSupport
import Testing

@testable import Rules

/// Silences from beginning to end: one incident each, however the processes come back.
@Suite struct `An incident about silence` {
    private typealias Process = SimulatedProcess

    private static func seconds(_ time: Int64?) -> Int64? { ProcessRun.seconds(time) }

    /// One API server and etcd.
    private static func small(_ up: [Range<Int64>], failing: Range<Int64> = 0..<0) -> [Process] {
        [Process(up: up, failing: failing), Process(service: "etcd", up: up)]
    }

    /// Three API servers, and etcd, which is heard throughout unless it says otherwise.
    private static func large(
        a: [Range<Int64>] = [0..<2_000], b: [Range<Int64>], c: [Range<Int64>] = [0..<2_000],
        etcd: [Range<Int64>] = [0..<2_000], failing: Range<Int64> = 0..<0
    ) -> [Process] {
        [
            Process(instance: "a", up: a), Process(instance: "b", up: b, failing: failing),
            Process(instance: "c", up: c), Process(service: "etcd", up: etcd),
        ]
    }

    private static func run(_ processes: [Process], to end: Int64) -> ProcessRun {
        var run = ProcessRun(processes)
        run.go(to: end)
        return run
    }

    // MARK: Restarts

    @Test(arguments: [100, 300] as [Int64])
    func `that was a restart is on record as one, and no longer critical`(length: Int64) throws {
        let up = 200 + length
        let run = Self.run(Self.small([0..<200, up..<900], failing: up..<up + 3), to: 900)
        let incident = try #require(run.incidents.first)
        #expect(run.incidents.count == 1)
        #expect((incident.kind, incident.severity) == (.restart, .info))
        #expect(incident.evidence?.culprit.text == "apiserver (clear): restarted")
        #expect(Self.seconds(incident.startedAt) == 200)
        #expect((Self.seconds(incident.openedAt), Self.seconds(incident.closedAt)) == (260, up + 40))
        #expect(run.notices.map(\.alert.state) == [.firing, .firing, .resolved])
        #expect(run.notices.map(\.alert.labels["severity"]) == ["critical", "info", "info"])
        #expect(
            run.notices[0].alert.annotations["verdict"]?.hasPrefix("not clear: nothing from the control plane since")
                == true)
        #expect(run.notices[1].alert.incident?.formerLabels?["severity"] == "critical")
        #expect(
            run.notices[1].alert.annotations["summary"]
                == "control plane incident was a restart: apiserver (clear): restarted")
        #expect(run.notices[1].alert.annotations["next"]?.hasPrefix("Nothing, if it was intended") == true)
    }

    @Test func `that was a restart is nothing else to sinks if that is known before they are notified`() {
        let run = Self.run(Self.small([0..<200, 260..<900], failing: 260..<263), to: 900)
        #expect(run.incidents.map(\.kind) == [.restart])
        #expect(run.notices.map(\.alert.labels["severity"]) == ["info", "info"])
    }

    @Test func `of one of several is on record as its restart`() {
        let run = Self.run(Self.large(b: [0..<100, 400..<900], failing: 400..<403), to: 900)
        #expect(run.incidents.map(\.kind) == [.restart])
        #expect(run.incidents.map(\.severity) == [.info])
        #expect(run.incidents.map { $0.evidence?.culprit.instance } == ["b"])
        #expect(run.notices.map(\.alert.labels["severity"]) == ["warning", "info", "info"])
    }

    @Test func `of all isn't explained by the restart of one`() {
        let up: [Range<Int64>] = [0..<100, 300..<900]
        let run = Self.run(Self.large(a: up, b: up, c: up, etcd: up, failing: 300..<303), to: 900)
        #expect(run.incidents.map(\.kind) == [.silence])
        #expect(run.incidents.map(\.severity) == [.critical])
    }

    @Test func `of a process that ends again and again is told each time, and never twice at once`() {
        let up: [Range<Int64>] = [0..<200, 300..<320, 440..<460, 600..<900]
        let run = Self.run(Self.small(up, failing: 300..<900), to: 900)
        #expect(run.openMost == 1)
        #expect(run.incidents.map(\.kind) == [.restart, .restart, .restart])
        #expect(run.incidents.map { Self.seconds($0.startedAt) } == [200, 320, 460])
        #expect(run.incidents.allSatisfy { !$0.isOpen })
    }

    @Test func `that alerts notice first is a restart's too`() {
        let etcd = Process(service: "etcd", up: [0..<900])
        var run = ProcessRun([Process(up: [0..<200, 250..<900], failing: 250..<253), etcd])
        run.alerts = { seconds in
            guard (220..<290).contains(seconds) else { return [] }
            return [ProcessRun.alert("Silent", since: 220, holds: seconds < 255, isAboutSilence: true)]
        }
        run.go(to: 900)
        #expect(run.incidents.map(\.kind) == [.restart])
        #expect(run.incidents.map(\.severity) == [.info])
        #expect(run.notices.map(\.alert.labels["severity"]) == ["critical", "info", "info"])
    }

    @Test func `isn't a restart if alerts found something else`() {
        let etcd = Process(service: "etcd", up: [0..<900])
        var run = ProcessRun([Process(up: [0..<200, 250..<900], failing: 250..<253), etcd])
        run.alerts = { seconds in
            guard (220..<290).contains(seconds) else { return [] }
            return [
                ProcessRun.alert("Silent", since: 220, holds: seconds < 255, isAboutSilence: true),
                ProcessRun.alert("Errors", since: 220, holds: seconds < 255),
            ]
        }
        run.go(to: 900)
        #expect(run.incidents.map(\.kind) == [.fault])
        #expect(run.incidents.map(\.severity) == [.critical])
    }

    // MARK: Its end

    @Test func `is over half a minute after spans are heard again`() throws {
        let run = Self.run(Self.small([0..<200, 300..<900]), to: 900)
        let incident = try #require(run.incidents.first)
        #expect((Self.seconds(incident.openedAt), Self.seconds(incident.closedAt)) == (260, 330))
        #expect((incident.kind, incident.severity) == (.silence, .critical))
        #expect(run.notices.map(\.alert.state) == [.firing, .resolved])
    }

    @Test func `goes on if it was only interrupted, and says since when`() throws {
        let run = Self.run(Self.small([0..<200, 290..<291, 380..<900]), to: 900)
        let incident = try #require(run.incidents.first)
        #expect(run.incidents.count == 1)
        #expect(Self.seconds(incident.startedAt) == 200)
        #expect(Self.seconds(incident.closedAt) == 410)
        #expect(incident.evidence?.culprit.why.contains(Timestamp.rfc3339(ProcessRun.start + 291 * second)) == true)
        #expect(run.notices.count == 2)
    }

    @Test func `goes on if one never came back and the other is seldom heard`() {
        let seldom = stride(from: Int64(0), to: 300, by: 6).map { $0..<$0 + 1 } + [400..<401, 500..<501]
        let processes = [Process(instance: "a", up: seldom, spansPerSecond: 1), Process(instance: "b", up: [0..<290])]
        let run = Self.run(processes, to: 900)
        #expect(run.incidents.map(\.isOpen) == [true])
        #expect(run.openMost == 1)
    }

    @Test func `isn't kept open by what nobody expects`() {
        // A span every six seconds: the next may take more than a minute without being missed.
        let up = stride(from: Int64(0), to: 300, by: 6).map { $0..<$0 + 1 } + [400..<401]
        let run = Self.run([Process(up: up, spansPerSecond: 1)], to: 480)
        #expect(run.incidents.map { Self.seconds($0.openedAt) } == [380])
        #expect(run.incidents.map { Self.seconds($0.closedAt) } == [430])
    }

    @Test func `is over when a backlog comes, although its spans are late`() throws {
        var processes = Self.small([0..<200, 700..<900])
        for index in processes.indices { processes[index].sendsLate = 300..<700 }
        let run = Self.run(processes, to: 900)
        #expect(run.incidents.map { Self.seconds($0.closedAt) } == [330])
    }

    @Test func `doesn't open while spans come late`() {
        var processes = Self.small([0..<200, 700..<900])
        for index in processes.indices { processes[index].sendsLate = 200..<700 }
        #expect(Self.run(processes, to: 900).incidents == [])
    }

    @Test func `opens after a minute each time, however long the last one took`() {
        let run = Self.run(Self.small([0..<200, 500..<700, 900..<1_200]), to: 1_200)
        #expect(run.incidents.map { Self.seconds($0.openedAt) } == [260, 760])
    }

    @Test func `is over a day later, when all count as removed`() {
        let west = Process(cluster: "west", up: [0..<90_000])
        let run = Self.run([Process(cluster: "east", up: [0..<200]), west], to: 90_000)
        #expect(run.incidents.map { Self.seconds($0.closedAt) } == [200 + 86_405])
    }

    // MARK: Its extent

    @Test func `of all that becomes one of some is the same one`() throws {
        let processes = Self.large(
            a: [0..<100, 300..<900], b: [0..<95, 450..<900], c: [0..<98, 300..<900], etcd: [0..<102, 200..<900])
        let run = Self.run(processes, to: 900)
        let incident = try #require(run.incidents.first)
        #expect(run.incidents.count == 1)
        #expect((incident.severity, incident.evidence?.culprit.instance) == (.critical, "b"))
        #expect(Self.seconds(incident.closedAt) == 480)
        #expect(run.notices.count == 2)
    }

    @Test func `of one isn't hidden when all fall silent, nor are both over before they are`() {
        let processes = Self.large(
            a: [0..<300, 500..<900], b: [0..<100, 600..<900], c: [0..<300, 500..<900], etcd: [0..<300, 500..<900])
        let run = Self.run(processes, to: 900)
        #expect(run.incidents.map(\.severity).sorted() == [.warning, .critical])
        #expect(run.incidents.map { Self.seconds($0.openedAt) }.sorted { ($0 ?? 0) < ($1 ?? 0) } == [160, 360])
        #expect(run.incidents.allSatisfy { Self.seconds($0.closedAt) == 630 })
    }

    @Test func `of two at once names both`() {
        let run = Self.run(Self.large(a: [0..<100, 300..<900], b: [0..<101, 400..<900]), to: 900)
        #expect(run.incidents.count == 1)
        #expect(run.incidents.map(\.severity) == [.warning])
        #expect(
            run.notices.first?.alert.annotations["verdict"]?.hasPrefix(
                "apiserver (likely): no spans from the instances a, b since") == true)
        // Then only one is left.
        #expect(run.incidents.map { $0.evidence?.culprit.instance } == ["b"])
    }

    // MARK: During other incidents

    @Test func `that an unclear incident covers makes it as urgent, and holds it open`() {
        var run = ProcessRun(Self.small([0..<200, 500..<900]))
        run.alerts = { seconds in
            (180..<230).contains(seconds) ? [ProcessRun.alert("Slow", "warning", since: 180, holds: seconds < 205)] : []
        }
        run.go(to: 900)
        #expect(run.incidents.map(\.kind) == [.fault])
        #expect(run.incidents.map(\.severity) == [.critical])
        #expect(run.incidents.map { Self.seconds($0.closedAt) } == [530])
        #expect(run.incidents.first?.evidence?.culprit.why.hasPrefix("nothing from the control plane since") == true)
    }

    @Test func `has its own incident if a fault is clearly elsewhere`() {
        var run = ProcessRun(Self.small([0..<200, 500..<900]))
        run.alerts = { seconds in
            guard (180..<230).contains(seconds) else { return [] }
            return [ProcessRun.alert("Slow", "warning", since: 180, side: "etcd", .clear, holds: seconds < 205)]
        }
        run.go(to: 900)
        #expect(Set(run.incidents.map(\.kind)) == [.fault, .silence])
    }

    // MARK: Restarts of the daemon

    @Test func `goes on in the next process, with its times`() throws {
        var run = ProcessRun(Self.small([0..<200, 900..<1_200], failing: 900..<903))
        run.go(to: 300)
        try run.restart(downFor: 200)
        run.go(to: 1_200)
        let incident = try #require(run.incidents.first)
        #expect(run.incidents.count == 1)
        #expect((Self.seconds(incident.openedAt), Self.seconds(incident.startedAt)) == (260, 200))
        #expect((incident.kind, incident.severity) == (.restart, .info))
        #expect(Self.seconds(incident.closedAt) == 940)
        #expect(run.notices.map(\.alert.labels["severity"]) == ["critical", "info", "info"])
    }

    @Test func `of one of several goes on in the next process`() throws {
        var run = ProcessRun(Self.large(b: [0..<100, 700..<900]))
        run.go(to: 300)
        try run.restart(downFor: 50)
        run.go(to: 690)
        #expect(run.incidents.map(\.isOpen) == [true])
        #expect(
            run.incidents.first?.evidence?.culprit.why.contains(Timestamp.rfc3339(ProcessRun.start + 100 * second))
                == true)
        run.go(to: 900)
        #expect(run.incidents.map { Self.seconds($0.closedAt) } == [730])
        #expect(run.notices.count == 2)
    }

    @Test func `begins in one process and is noticed by the next`() throws {
        var run = ProcessRun(Self.small([0..<200]))
        run.go(to: 240)
        try run.restart(downFor: 30)
        run.go(to: 600)
        #expect(run.incidents.map(\.kind) == [.silence])
        #expect(run.incidents.map { Self.seconds($0.startedAt) } == [200])
    }
}
