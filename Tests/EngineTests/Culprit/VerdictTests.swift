import TestSupport
import Testing

@testable import Engine

/// The API server's own work grew; which part of it, and what is added to each, decide the component.
@Suite struct `The API server's own work` {
    @Test(arguments: [
        (storage: 1e9, impersonation: 1e6, component: Component.storage), (1e9, 0, .storage),
        (1e9, 2e8, .impersonation), (0, 1e6, .impersonation), (0, 0, .apiServer),
    ])
    func `is storage's only where nearly all of the added time is`(
        storage: Double, impersonation: Double, component: Component
    ) {
        var evidence = `Durations that grew slightly`.evidence(slightly: [])
        evidence.ownWork = `Durations that grew slightly`.growth(20)
        evidence.excess[Int(Component.storage.number)] = storage
        evidence.excess[Int(Component.impersonation.number)] = impersonation
        let verdict = evidence.verdict()
        #expect(verdict.side == .apiServer && verdict.component == component)
        #expect(verdict.why.contains("and the rest of its own work") == (component != .apiServer))
    }
}

/// A slow disk may hold up every handler of etcd for a few seconds.
@Suite struct `Seconds in which etcd is silent` {
    private static func evidence(etcdTimes times: Int64) -> Evidence {
        var evidence = `Durations that grew slightly`.evidence(slightly: [])
        evidence.etcd = `Durations that grew slightly`.growth(times)
        evidence.etcdGap = Gap(from: 0, to: 3 * second, rate: 30)
        return evidence
    }

    @Test func `say less than handlers that took longer before`() {
        let verdict = Self.evidence(etcdTimes: 20).verdict()
        #expect(verdict.side == .etcd && verdict.certainty == .clear)
        #expect(verdict.why.hasPrefix("etcd: its own handlers took 20 ms instead of 1 ms"))
    }

    @Test func `are the verdict if the handlers were as fast as ever, or if requests failed`() {
        for verdict in [
            Self.evidence(etcdTimes: 1).verdict(), Self.evidence(etcdTimes: 20).verdict(isAboutErrors: true),
        ] {
            #expect(verdict.side == .etcd && verdict.certainty == .likely)
            #expect(verdict.why.hasPrefix("etcd: none of its spans ended for 3 s"))
        }
    }
}

/// etcd takes longer, and the API server is busy with requests that nothing before can be compared with.
@Suite struct `Work that hardly occurred before` {
    private static let list = 0
    private static let get = 1

    /// - Parameter listed: how often the list came before.
    private static func evidence(listing time: Double, listed: Int, etcd: Double) -> Evidence {
        func number(_ series: Int, _ component: Component) -> Int {
            series * ComponentTable.countMax + Int(component.number)
        }
        var times = ComponentTimes()
        times.addRequests(20, series: list, isNow: true)
        times.addParts(series: number(list, .serialize), sum: 20 * time, isNow: true)
        times.addParts(series: number(list, .etcd), sum: 20 * etcd, isNow: true)
        times.addRequests(1_000, series: get, isNow: true)
        times.addParts(series: number(get, .etcd), sum: 1_000 * etcd, isNow: true)
        times.addRequests(10_000, series: get, isNow: false)
        times.addParts(series: number(get, .etcd), sum: 10_000 * 1e6, isNow: false)
        times.addRequests(listed, series: list, isNow: false)
        var evidence = `Durations that grew slightly`.evidence(slightly: [])
        evidence.etcd = `Durations that grew slightly`.growth(5)
        evidence.requests = ["list", "get"].map {
            RequestLabels(verb: $0, group: "", resource: "configmaps", subresource: "", scope: "namespace")
        }
        evidence.newWork = times.newWork
        return evidence
    }

    @Test func `is the culprit if it is most of the time of requests`() {
        let verdict = Self.evidence(listing: 0.4e9, listed: 7, etcd: 5e6).verdict()
        #expect(verdict.side == .apiServer && verdict.component == .serialize && verdict.certainty == .likely)
        #expect(
            verdict.why
                == "apiserver: its own work on list configmaps, which hardly occurred before, took 400 ms each time (mostly "
                + "serialize), 20 times: most of the time of all requests; etcd's own handlers took longer too: 5 ms instead "
                + "of 1 ms at p50")
    }

    @Test(arguments: [(0.2e9, 0, 5e6), (0.4e9, 8, 5e6)])
    func `isn't if etcd takes more, or if it is known from before`(listing: Double, listed: Int, etcd: Double) {
        #expect(Self.evidence(listing: listing, listed: listed, etcd: etcd).verdict().side == .etcd)
    }
}

/// etcd answers calls, but its spans don't arrive.
@Suite struct `While etcd's spans are missing` {
    private static func evidence(slow component: Component?) -> Evidence {
        var evidence = `Durations that grew slightly`.evidence(slightly: [])
        evidence.etcd = Growth()
        evidence.etcdGap = Gap(from: 0, to: 40 * second, rate: 30)
        evidence.callsAnsweredInGap = 1_429
        evidence.connection = `Durations that grew slightly`.growth(4)
        (evidence.excess[Int(Component.etcdClient.number)], evidence.excess[Int(Component.etcd.number)]) = (9e9, -8.9e9)
        if let component {
            evidence.parts[Int(component.number)] = `Durations that grew slightly`.growth(100)
            evidence.excess[Int(component.number)] = 1e9
        }
        evidence.countMissingHandlersAsCalls()
        return evidence
    }

    private static let missing = "no span of etcd ended for 40 s, yet 1429 calls to it were answered meanwhile"

    @Test func `what the API server's spans show is said`() {
        for asked in [[], [Component.mutatingWebhook]] {
            let verdict = Self.evidence(slow: .mutatingWebhook).verdict(on: asked)
            #expect(verdict.component == .mutatingWebhook && verdict.certainty == .clear)
            #expect(verdict.why.contains("; they account for 91 % of the time added to requests; \(Self.missing)"))
        }
    }

    @Test(arguments: [Component.etcd, .etcdClient])
    func `alerts about etcd and calls to it say that`(asked: Component) {
        let verdict = Self.evidence(slow: .mutatingWebhook).verdict(on: [asked])
        #expect(verdict.side == nil && verdict.why.hasPrefix(Self.missing))
    }

    @Test(arguments: [nil, Component.priorityAndFairness])
    func `nobody is blamed for what etcd may have done`(slow: Component?) {
        let verdict = Self.evidence(slow: slow).verdict()
        #expect(verdict.side == nil && verdict.why.hasPrefix(Self.missing))
    }
}

/// How much a process varies in health isn't known after two minutes.
@Suite struct `After few half minutes` {
    private static func certainty(times: Int64, stretches: Int) -> Verdict.Certainty {
        var evidence = `Durations that grew slightly`.evidence(slightly: [])
        evidence.ownWork = `Durations that grew slightly`.growth(times, stretches: stretches)
        #expect(evidence.verdict().side == .apiServer)
        return evidence.verdict().certainty
    }

    @Test func `only an overwhelming growth is clear`() {
        #expect(Self.certainty(times: 4, stretches: 5) == .likely)
        #expect(Self.certainty(times: 8, stretches: 5) == .clear)
        #expect(Self.certainty(times: 4, stretches: 8) == .clear)
    }

    @Test(arguments: [(0.05, false), (0.2, true)])
    func `a wait that hardly adds to requests says nothing`(share: Double, isSaid: Bool) {
        var evidence = `Durations that grew slightly`.evidence(slightly: [])
        evidence.parts[Int(Component.authorization.number)] = `Durations that grew slightly`.growth(4)
        evidence.excess[Int(Component.authorization.number)] = share * 1e9
        evidence.excess[Int(Component.etcd.number)] = (1 - share) * 1e9
        #expect((evidence.verdict().component == .authorization) == isSaid)
    }
}

/// Each of two faults at once has alerts about it.
@Suite struct `A verdict on what an alert is about` {
    /// A wait and etcd are both slow, so many times as slow as usual, and etcd adds most of the time.
    private static func evidence(_ component: Component, times: Int64, etcdTimes: Int64) -> Evidence {
        var evidence = `Durations that grew slightly`.evidence(slightly: [])
        evidence.etcd = `Durations that grew slightly`.growth(etcdTimes)
        evidence.parts[Int(component.number)] = `Durations that grew slightly`.growth(times)
        evidence.excess[Int(component.number)] = 1e9
        evidence.excess[Int(Component.etcd.number)] = 9e9
        return evidence
    }

    @Test func `names that, whatever else is slower`() {
        let evidence = Self.evidence(.authentication, times: 20, etcdTimes: 20)
        #expect(evidence.verdict().component == .etcd)
        let verdict = evidence.verdict(on: [.authentication])
        #expect(verdict.component == .authentication && verdict.certainty == .clear)
        #expect(verdict.why.contains("it accounts for 10 % of the time added to requests"))
    }

    @Test(arguments: [(Int64(100), Component.mutatingWebhook), (20, .etcd)])
    func `names a webhook only if calling back doesn't explain how long it takes`(times: Int64, component: Component) {
        let evidence = Self.evidence(.mutatingWebhook, times: times, etcdTimes: 10)
        #expect(evidence.verdict(on: [.mutatingWebhook]).component == component)
    }

    @Test func `names etcd if the alert is about its handlers or calls to it, though something else is slower`() {
        var evidence = Self.evidence(.authentication, times: 20, etcdTimes: 20)
        evidence.excess[Int(Component.authentication.number)] = 90e9
        #expect(evidence.verdict().component == .authentication)
        for asked in [Component.etcd, .etcdClient] {
            let verdict = evidence.verdict(on: [asked])
            #expect(verdict.component == .etcd && verdict.certainty == .clear)
        }
    }

    @Test func `names nothing that waits for a process without CPU`() {
        var evidence = Self.evidence(.authentication, times: 20, etcdTimes: 1)
        evidence.ownWork = `Durations that grew slightly`.growth(20)
        evidence.ownWorkWithoutEtcd = evidence.ownWork
        #expect(evidence.verdict(on: [.authentication]).component == .apiServer)
    }
}

/// What the verdict makes of durations that grew too little to be sure of by themselves.
@Suite struct `Durations that grew slightly` {
    /// Four minutes of durations of a millisecond, then thirty that take this many times as long.
    fileprivate static func growth(_ times: Int64, stretches: Int = 8) -> Growth {
        growth(tenths: 10 * times, stretches: stretches)
    }

    private static func growth(tenths: Int64, stretches: Int = 8) -> Growth {
        var meter = GrowthMeter()
        func cells(_ duration: Int64, count: UInt32) -> [SeriesCounts.Cell] {
            [SeriesCounts.Cell(code: LatencyBucket.shared.code(duration), count: count)]
        }
        meter.learn(cells(millisecond, count: 800).span, series: 0)
        meter.learned()
        for stretch in 0..<stretches {
            meter.add(cells(millisecond, count: 100).span, series: 0, stretch: stretch)
            meter.endSlot()
        }
        meter.add(cells(tenths * millisecond / 10, count: 30).span, series: 0, stretch: nil)
        meter.endSlot()
        return meter.growth
    }

    /// Of two processes and a connection that are as fast as ever.
    fileprivate static func evidence(slightly components: [Component]) -> Evidence {
        var evidence = Evidence()
        (evidence.requestCount, evidence.requestCountBefore, evidence.knowsEtcd) = (30, 800, true)
        (evidence.etcd, evidence.connection, evidence.ownWork) = (growth(1), growth(1), growth(1))
        for component in components {
            evidence.parts[Int(component.number)] = growth(2)
            evidence.excess[Int(component.number)] = 1e9
        }
        return evidence
    }

    @Test func `didn't grow for certain`() {
        #expect(Self.growth(2).trend == .grewSlightly)
        #expect(Self.growth(1).trend == .unchanged)
    }

    @Test func `are said with their numbers, beside what grew`() throws {
        var evidence = Self.evidence(slightly: [])
        (evidence.ownWork, evidence.etcd) = (Self.growth(20), Self.growth(2))
        let verdict = evidence.verdict()
        #expect(verdict.component == .apiServer)
        let beside = "; etcd's own handlers took longer too, less clearly: 2 ms instead of 1 ms at p50"
        #expect(verdict.why.hasSuffix(beside))
        // Nearly twice as long: no quantile has doubled.
        #expect(VerdictText.grown(Self.growth(tenths: 19)).contains(" instead of 1 ms at p50"))
    }

    @Test func `are the webhooks' if an alert is about their calls`() throws {
        let evidence = Self.evidence(slightly: [.mutatingWebhook])
        #expect(evidence.verdict().side == nil)
        let verdict = try #require(evidence.verdict(onCallsOf: [.mutatingWebhook, .validatingWebhook]))
        #expect(verdict.component == .mutatingWebhook)
        #expect(verdict.certainty == .likely)
        #expect(evidence.verdict(onCallsOf: [.validatingWebhook]) == nil)
    }

    @Test(arguments: [(0.1, Verdict.Certainty.likely), (0.5, .clear)])
    func `keep a wait that grew from being clearly the culprit if they are most of the added time`(
        share: Double, certainty: Verdict.Certainty
    ) {
        var evidence = Self.evidence(slightly: [.storage])
        evidence.parts[Int(Component.mutatingWebhook.number)] = Self.growth(20)
        evidence.excess[Int(Component.mutatingWebhook.number)] = share * 1e9
        evidence.excess[Int(Component.storage.number)] = (1 - share) * 1e9
        let verdict = evidence.verdict()
        #expect(verdict.component == .mutatingWebhook)
        #expect(verdict.certainty == certainty)
    }

    @Test func `name the webhooks that grew, or the one that grew by far the most`() {
        func took(_ times: [Int64]) -> String {
            var evidence = Self.evidence(slightly: [])
            evidence.parts[Int(Component.mutatingWebhook.number)] = Self.growth(20)
            evidence.webhooks[.mutatingWebhook] = CalledWebhooks(
                webhooks: times.enumerated().map {
                    .init(name: WebhookName(key: "w\($0)\0c\0"), growth: Self.growth($1))
                }, areAllNamed: true)
            return evidence.tookLonger(.mutatingWebhook).took
        }
        let all = "mutating webhooks took 20 ms instead of 1 ms at p50"
        #expect(took([20]) == "mutating webhook w0 (configuration c) took 20 ms instead of 1 ms at p50")
        #expect(took([1, 80, 10]) == "mutating webhook w1 (configuration c) took 80 ms instead of 1 ms at p50")
        #expect(took([20, 1, 30]) == all + ", those of w2 (configuration c) and w0 (configuration c)")
        #expect(took([30, 31, 32, 33, 34]).hasSuffix(" w2 (configuration c) and 2 more"))
        #expect(took([1, 1]) == all)
    }

    @Test func `are nobody's if a process got slower too`() {
        var evidence = Self.evidence(slightly: [.mutatingWebhook])
        evidence.ownWork = Self.growth(10)
        #expect(evidence.verdict(onCallsOf: [.mutatingWebhook]) == nil)
        evidence = Self.evidence(slightly: [.mutatingWebhook])
        evidence.etcd = Self.growth(10)
        #expect(evidence.verdict(onCallsOf: [.mutatingWebhook]) == nil)
    }

    @Test func `are the API server's if audit is among them, which waits for nothing but CPU`() {
        let verdict = Self.evidence(slightly: [.audit, .authorization]).verdict()
        #expect(verdict.side == .apiServer)
        #expect(verdict.certainty == .likely)
        #expect(Self.evidence(slightly: [.authorization]).verdict().side == nil)
        #expect(Self.evidence(slightly: [.audit]).verdict().side == nil)
    }
}
