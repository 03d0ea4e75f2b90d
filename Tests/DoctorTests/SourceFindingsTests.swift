import Engine
import Support
import Testing

@testable import Doctor

@Suite struct `What doctor finds` {
    private static let now: Int64 = 1_800_000_000_000_000_000

    /// As the daemon knows it.
    private static func role(of service: String) -> String? {
        let role = ServiceNames.usual.role(of: service)
        return role == .other ? nil : role.rawValue
    }

    private func source(
        _ service: String, instance: String = "", cluster: String = "", age seconds: Int64 = 1, late: Int = 0,
        offset: Double? = nil, apart: Int64 = 0, heard: Int64 = 600
    ) -> HeardSources.Source {
        let last = Self.now - seconds * 1_000_000_000
        let first = Timestamp.rfc3339(last - max(999 * apart, heard) * 1_000_000_000)
        let end = Timestamp.rfc3339(last)
        return HeardSources.Source(
            cluster: cluster, service: service, instance: instance, role: Self.role(of: service), version: nil,
            spans: 1_000, late: late,
            lateness_seconds: late > 0 ? 90 : nil, first: first, last: end, sampling_ratio: nil, sampling_source: nil,
            clock_offset_seconds: offset, dialect: nil)
    }

    private func sentences(
        _ sources: [HeardSources.Source], rejected: [String: Int] = [:], refusals: [RefusedExports] = []
    ) -> [String] {
        SourceFindings(now: Self.now).sentences(heard(sources, rejected: rejected, refusals: refusals))
    }

    private func heard(
        _ sources: [HeardSources.Source], rejected: [String: Int] = [:], refusals: [RefusedExports] = []
    ) -> HeardSources {
        HeardSources(
            status: HeardSources.Status(rejected: rejected, now: "", recorded_from: nil), sources: sources,
            requests: [], operations: [], refusals: refusals)
    }

    @Test func `is nothing if an API server and etcd send spans`() {
        #expect(sentences([source("apiserver"), source("etcd")]).isEmpty)
    }

    @Test(arguments: [
        ([], "no spans have arrived"),
        (["etcd"], "kube-apiserver doesn't"),
        (["apiserver"], "etcd doesn't"),
        (["kubelet"], "neither kube-apiserver nor etcd sends spans, only kubelet"),
    ]) func `is the one whose spans are missing`(services: [String], expected: String) throws {
        let found = sentences(services.map { source($0) })
        #expect(found.count == 1)
        #expect(try #require(found.first).contains(expected))
    }

    @Test func `is of each cluster, by its name`() {
        let found = sentences([
            source("apiserver", cluster: "blue"), source("etcd", cluster: "blue"), source("etcd", cluster: "red"),
            source("apiserver", cluster: "green"),
        ])
        #expect(found.count == 2)
        #expect(found.filter { $0.hasPrefix("cluster red: etcd sends spans, kube-apiserver doesn't") }.count == 1)
        #expect(found.filter { $0.hasPrefix("cluster green: kube-apiserver sends spans, etcd doesn't") }.count == 1)
        let unnamed = sentences([
            source("apiserver", cluster: "blue"), source("etcd", cluster: "blue"), source("apiserver"),
        ])
        #expect(unnamed.count == 1)
        #expect(unnamed.first?.hasPrefix("spans without k8s.cluster.name: kube-apiserver sends") == true)
    }

    /// They would never be joined.
    @Test(arguments: [
        (["prod"], [""], "the spans of etcd name no cluster, those of the API servers name prod"),
        (["prod", "dev"], [""], "the spans of etcd name no cluster, those of the API servers name dev, prod"),
        ([""], ["prod"], "the spans of the API servers name no cluster, those of etcd name prod"),
        (["prod"], ["prod-1"], "the spans of the API servers name cluster prod, those of etcd prod-1"),
    ]) func `is halves of a cluster with different names`(servers: [String], members: [String], expected: String) {
        let found = sentences(
            servers.map { source("apiserver", cluster: $0) } + members.map { source("etcd", cluster: $0) })
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix(expected) == true)
    }

    @Test(arguments: [(-10, false), (-11, true), (-180, true)])
    func `is a control plane whose clock is ahead by more than its spans take to come`(age: Int64, isSaid: Bool) {
        let found = sentences([source("apiserver", instance: "a", age: age), source("etcd", instance: "m", age: age)])
        #expect(found.count == (isSaid ? 1 : 0))
        #expect(found.allSatisfy { $0.hasPrefix("spans of apiserver a end up to") })
    }

    @Test(arguments: [(500, false), (501, true)])
    func `is a control plane whose clock is behind if most of its spans come late`(late: Int, isSaid: Bool) {
        let found = sentences([source("apiserver", age: 200, late: late), source("etcd", age: 200, late: late)])
        #expect(found.contains { $0.contains("the clocks of the control plane are behind this machine's") } == isSaid)
        #expect(found.contains { $0.contains("the control plane is down") } == !isSaid)
    }

    /// One whose spans are seconds apart may pause for longer.
    @Test(arguments: [(Int64(0), Int64(30)), (1, 30), (5, 100), (60, 120)])
    func `is one that is silent for half a minute beside others`(apart: Int64, most: Int64) {
        for (age, isSilent) in [(most + 1, false), (most + 2, true)] {
            let one = sentences([
                source("apiserver", instance: "a", age: age, apart: apart), source("etcd", instance: "m"),
            ])
            #expect(one.contains { $0.hasPrefix("apiserver a has sent nothing for") } == isSilent)
        }
    }

    /// Where spans are rare, all may pause for longer.
    @Test(arguments: [(Int64(0), Int64(60)), (1, 60), (5, 100), (60, 120)])
    func `is that nothing comes any more`(apart: Int64, most: Int64) {
        for (age, isSilent) in [(most - 1, false), (most + 1, true)] {
            let found = sentences(["apiserver", "etcd"].map { source($0, age: age, apart: apart) })
            #expect(found.contains { $0.contains("the control plane is down") } == isSilent)
        }
    }

    @Test func `is no clock that is ahead, and not yet known to be`() {
        let ahead = source("etcd", instance: "m2", age: -45)
        #expect(sentences([source("apiserver", instance: "a1"), source("apiserver", instance: "a2"), ahead]).isEmpty)
    }

    @Test func `is nothing that is missing in the first half minute`() {
        let early = [source("apiserver", heard: 28), source("apiserver", cluster: "other")]
        #expect(sentences([early[0]]).isEmpty)
        #expect(sentences(early).count == 1)
        #expect(sentences([source("apiserver", heard: 29)]).count == 1)
        let examiner = SourceFindings(now: Self.now)
        func tooEarly(_ sources: [HeardSources.Source]) -> String? { examiner.tooEarly(heard(sources)) }
        #expect(tooEarly([early[0]])?.hasPrefix("too early to tell what is missing") == true)
        #expect(tooEarly(early)?.hasPrefix("spans without k8s.cluster.name: too early") == true)
        #expect(tooEarly([source("apiserver", heard: 29)]) == nil)
    }

    @Test func `is no instance that another has replaced, each one at most`() {
        func server(_ name: String, age: Int64, heard: Int64) -> HeardSources.Source {
            source("apiserver", instance: name, age: age, heard: heard)
        }
        let others = [source("etcd", instance: "m"), server("b", age: 1, heard: 3_000)]
        let (old, older) = (server("a", age: 300, heard: 2_000), server("z", age: 2_500, heard: 100))
        #expect(sentences(others + [old]).count == 1)
        #expect(sentences(others + [old, server("a2", age: 1, heard: 290)]).isEmpty)
        // One after the other.
        #expect(sentences(others + [older, old, server("a2", age: 1, heard: 290)]).isEmpty)
        let two = sentences(others + [old, server("c", age: 310, heard: 2_000), server("a2", age: 1, heard: 290)])
        #expect(two.count == 1)
        #expect(two.first?.hasPrefix("apiserver a or apiserver c has sent nothing for 5 min 10 s") == true)
        let earlier = sentences(others + [old, server("c", age: 320, heard: 2_000), server("a2", age: 1, heard: 290)])
        #expect(earlier.count == 1)
        #expect(earlier.first?.hasPrefix("apiserver c has sent nothing for 5 min 20 s") == true)
    }

    @Test func `is no process that was removed a day ago, unless none of its kind is left`() {
        let day: Int64 = 86_400
        let others = ["apiserver", "etcd"].map { source($0, instance: "1", heard: 3 * day) }
        for (age, isMissed) in [(day, true), (day + 2, false)] {
            let gone = ["apiserver", "etcd"].map { source($0, instance: "2", age: age) }
            #expect(sentences(others + gone).count == (isMissed ? 2 : 0))
        }
        let alone = sentences([source("apiserver"), source("etcd", age: day + 2)])
        #expect(alone.count == 1 && alone.first?.hasPrefix("kube-apiserver sends spans, etcd doesn't") == true)
        // Nothing is removed while nothing is left.
        let all = sentences([source("apiserver", age: 2 * day), source("etcd", age: 2 * day)])
        #expect(all.count == 1 && all.first?.hasPrefix("the last span ended 2 d") == true)
    }

    @Test(arguments: [
        (
            ["store", "apiserver"],
            "If the service store is etcd by another name, add it to the daemon's configuration, as in "
                + "`services: {etcd: [etcd*, store]}`, and restart"
        ),
        (["gate: way", "etcd"], "`services: {apiserver: [apiserver, kube-apiserver*, \"gate: way\"]}`"),
        (
            ["store", "gateway"],
            "If one of the services gateway, store is kube-apiserver or etcd by another name, add it to the daemon's "
                + "configuration, as in `services: {apiserver: [apiserver, kube-apiserver*, gateway]}`"
        ),
    ]) func `names services that may be what is missing`(services: [String], expected: String) {
        let found = sentences(services.map { source($0) })
        #expect(found.count == 1 && found.first?.contains(expected) == true, "\(found)")
        #expect(!sentences([source("apiserver"), source("kubelet")]).joined().contains("by another name"))
        #expect(sentences([source("apiserver"), source("etcd"), source("store")]).isEmpty)
    }

    @Test func `is that all have been silent for over a minute`() {
        for (age, isSilent) in [(Int64(60), false), (61, true)] {
            let all = sentences([source("apiserver", age: age), source("etcd", age: age)])
            #expect(all.contains { $0.hasPrefix("the last span ended") } == isSilent)
            #expect(all.count == (isSilent ? 1 : 0))
        }
    }

    @Test func `is a clock that is off by a second, and spans of which one in a hundred is late`() {
        #expect(sentences([source("apiserver", late: 10), source("etcd", offset: 0.99)]).isEmpty)
        let found = sentences([source("apiserver", late: 11), source("etcd", offset: -1)])
        #expect(found.contains { $0.contains("the clock of etcd is 1.00 s behind") })
        #expect(
            found.contains {
                $0.contains("11 of 1,000 spans of apiserver arrived too late to be evaluated, up to 1 min 30 s after")
            })
        #expect(found.count == 2)
    }

    @Test func `names the first of many whose spans are late`() {
        let late = (1...9).map { source("etcd", instance: "m\($0)", late: 100 * $0) }
        let found = sentences([source("apiserver"), source("etcd", instance: "m")] + late)
        #expect(found.count == 1)
        #expect(
            found.first?.hasPrefix(
                "900 of 1,000 spans of etcd m9, 800 of 1,000 spans of etcd m8, 700 of 1,000 spans of etcd m7 and spans of 6 "
                    + "more sources arrived too late") == true)
    }

    @Test func `has names that a terminal can't be tricked with`() {
        let found = sentences([source("api\u{1B}[2J\nserver")])
        #expect(!found.isEmpty)
        #expect(found.allSatisfy { $0.unicodeScalars.allSatisfy { $0.value >= 0x20 } })
    }

    @Test func `is that spans were dropped when the daemon's clock was set back`() {
        var heard = heard([source("apiserver"), source("etcd")])
        heard.setBack = 4_100
        let found = SourceFindings(now: Self.now).sentences(heard)
        #expect(found.count == 1 && found[0].contains("set back since the start: 4,100 spans"), "\(found)")
    }

    @Test func `is what was rejected and refused, also before any source is known`() {
        let refusals = [RefusedExports(transport: "http", reason: "too_large", count: 2)]
        for sources in [[], [source("apiserver"), source("etcd")]] {
            let found = sentences(sources, rejected: ["bad_times": 3, "bad_ids": 0], refusals: refusals)
            #expect(found.contains { $0.hasPrefix("spans were rejected since the start (bad_times 3)") })
            #expect(found.contains { $0.contains("http too_large 2") })
        }
    }
}
