import Testing
import TestSupport

/// Checks the reference for the engine's attribution against traces written by hand.
@Suite struct `Naive attribution` {
    private func request(
        _ id: UInt8, parent: UInt8 = 0, _ time: Range<UInt64>, target: String = "/api/v1/namespaces/a/pods/p"
    ) -> ReferenceSpan {
        ReferenceSpan("GET /", kind: 2, id: id, parent: parent, time, target: target)
    }

    private func only(_ spans: [ReferenceSpan]) throws -> NaiveAttribution.Request {
        let requests = NaiveAttribution(spans).requests()
        #expect(requests.count == 1)
        for request in requests {
            #expect(request.components.values.reduce(0, +) == request.duration)
            #expect(request.spans.values.reduce(0, +) + request.lead == request.duration)
        }
        return try #require(requests.first)
    }

    @Test func `nested filters keep the time before and after what they contain`() throws {
        let spans = [
            ReferenceSpan("authentication", id: 1, 90..<310),
            request(2, parent: 1, 100..<300),
            ReferenceSpan("audit", id: 3, parent: 2, 101..<299),
            ReferenceSpan("constrainedimpersonation", id: 4, parent: 3, 103..<298),
            ReferenceSpan("priorityandfairness", id: 5, parent: 4, 106..<296),
            ReferenceSpan("authorization", id: 6, parent: 5, 110..<293),
            ReferenceSpan("Get", id: 7, parent: 6, 120..<280),
            ReferenceSpan("cacher.Get", id: 8, parent: 7, 130..<270),
            ReferenceSpan("Get etcd3", id: 9, parent: 8, 140..<260),
            ReferenceSpan("etcdserverpb.KV/Range", kind: 3, id: 10, parent: 9, 150..<250),
            ReferenceSpan("etcdserverpb.KV/Range", kind: 2, service: "etcd", id: 11, parent: 10, 160..<230),
            ReferenceSpan("range", service: "etcd", id: 12, parent: 11, 170..<220),
            ReferenceSpan("SerializeObject", id: 13, parent: 6, 281..<291),
        ]
        let expected: [NaiveComponent: Int64] = [
            .apiserver: 1 + 1 + 20, .audit: 2 + 1, .impersonation: 3 + 2, .priorityAndFairness: 4 + 3,
            .authentication: 10, .authorization: 10 + 1 + 2, .watchCache: 20, .storage: 20, .etcdClient: 30, .etcd: 70,
            .serialize: 10,
        ]
        #expect(try only(spans).components == expected)
        #expect(try only(spans.reversed()).components == expected)
        #expect(NaiveAttribution(spans).selfTime(spans[0]) == 20)
        #expect(NaiveAttribution(spans).selfTime(spans[6]) == 20)
    }

    @Test func `a webhook call within the time of its sibling counts for the webhook`() throws {
        let spans = [
            request(1, 100..<200),
            ReferenceSpan("GuaranteedUpdate etcd3", id: 2, parent: 1, 110..<190),
            ReferenceSpan("Call mutating webhook", id: 3, parent: 1, 120..<140),
            ReferenceSpan("HTTP POST", kind: 3, id: 4, parent: 3, 122..<138),
            ReferenceSpan("Call validating webhook", id: 5, parent: 1, 150..<160),
            ReferenceSpan("HTTP POST", kind: 3, id: 6, parent: 5, 151..<160),
            ReferenceSpan("etcdserverpb.KV/Txn", kind: 3, id: 7, parent: 2, 155..<180),
        ]
        #expect(
            try only(spans).components == [
                .apiserver: 20, .storage: 80 - 20 - 10 - 20, .mutatingWebhook: 20, .validatingWebhook: 10,
                .etcdClient: 20,
            ])
        #expect(NaiveAttribution(spans).selfTime(spans[0]) == 20)
        #expect(NaiveAttribution(spans).selfTime(spans[1]) == 55)
        #expect(NaiveAttribution(spans).selfTime(spans[2]) == 4)
    }

    @Test func `a child beyond its parent's time is clipped to it`() throws {
        let spans = [
            request(1, 100..<200),
            ReferenceSpan("Get etcd3", id: 2, parent: 1, 150..<250),
            ReferenceSpan("etcdserverpb.KV/Range", kind: 3, id: 3, parent: 2, 140..<170),
            // Hung: it starts after the client's span has ended, but within the span above.
            ReferenceSpan("etcdserverpb.KV/Range", kind: 2, service: "etcd", id: 4, parent: 3, 180..<190),
            ReferenceSpan("SerializeObject", id: 5, parent: 1, 205..<210),
        ]
        #expect(try only(spans).components == [.apiserver: 50, .storage: 30, .etcdClient: 20])
        #expect(NaiveAttribution(spans).selfTime(spans[2]) == 30)
        #expect(NaiveAttribution(spans).selfTime(spans[0]) == 50)
    }

    @Test func `of overlapping children the last to start has the time, then the first to end, then the smaller id`()
        throws
    {
        let spans = [
            request(1, 100..<200),
            ReferenceSpan("a", id: 2, parent: 1, 110..<150),
            ReferenceSpan("b", id: 3, parent: 1, 120..<130),
            ReferenceSpan("c", id: 4, parent: 1, 120..<140),
            ReferenceSpan("e", id: 6, parent: 1, 160..<170),
            ReferenceSpan("d", id: 5, parent: 1, 160..<170),
        ]
        let parts = try only(spans).spans.map { ($0.key[7], $0.value) }
        #expect(Dictionary(uniqueKeysWithValues: parts) == [1: 50, 2: 20, 3: 10, 4: 10, 5: 10])
    }

    @Test func `spans of zero length have no time and hide none`() throws {
        let spans = [
            request(1, 100..<200),
            ReferenceSpan("audit", id: 2, parent: 1, 150..<150),
            ReferenceSpan("authorization", id: 3, parent: 2, 140..<160),
        ]
        #expect(try only(spans).components == [.apiserver: 100])
        let empty = try only([request(1, 100..<100)])
        #expect(empty.duration == 0)
        #expect(empty.components.isEmpty)
    }

    @Test func `two requests of one trace are two`() {
        let requests = NaiveAttribution([
            request(1, 100..<200), request(2, 150..<250),
            ReferenceSpan("audit", id: 3, parent: 1, 110..<120),
            ReferenceSpan("audit", id: 4, parent: 2, 200..<250),
            ReferenceSpan("audit", trace: 2, id: 5, parent: 1, 130..<200),
        ]).requests()
        #expect(requests.map(\.components) == [[.apiserver: 90, .audit: 10], [.apiserver: 50, .audit: 50]])
    }

    @Test func `a request passed on to an aggregated API server is one, and its time there is the proxy's`() throws {
        let target = "/apis/metrics.k8s.io/v1beta1/nodes"
        let spans = [
            request(1, 100..<200, target: target),
            ReferenceSpan("HTTP GET", kind: 3, id: 2, parent: 1, 110..<190),
            ReferenceSpan("authentication", id: 3, parent: 2, 120..<180),
            request(4, parent: 3, 130..<170, target: target),
            ReferenceSpan("etcdserverpb.KV/Range", kind: 3, id: 5, parent: 4, 140..<150),
        ]
        #expect(try only(spans).components == [.apiserver: 20, .proxy: 80])
        let another = spans.map { $0.spanID.last == 4 ? request(4, parent: 3, 130..<170, target: "/api/v1/nodes") : $0 }
        #expect(NaiveAttribution(another).requests().count == 2)
    }

    @Test func `a request within a request is its own and part of the outer`() {
        let requests = NaiveAttribution([
            request(1, 100..<200),
            ReferenceSpan("Call validating webhook", id: 2, parent: 1, 110..<190),
            ReferenceSpan("HTTP POST", kind: 3, id: 3, parent: 2, 120..<180),
            request(4, parent: 3, 130..<170),
            ReferenceSpan("HTTP GET", kind: 3, id: 5, parent: 4, 140..<150),
            ReferenceSpan("etcdserverpb.KV/Range", kind: 3, service: "kube-apiserver", id: 6, parent: 4, 150..<160),
        ]).requests()
        #expect(
            requests.map(\.components) == [
                [.apiserver: 20 + 20, .validatingWebhook: 40, .etcdClient: 10, .proxy: 10],
                [.apiserver: 20, .etcdClient: 10, .proxy: 10],
            ])
    }

    @Test func `broken and cyclic parent links end`() throws {
        let spans = [
            request(1, parent: 2, 100..<200),
            ReferenceSpan("audit", id: 2, parent: 1, 100..<200),
            ReferenceSpan("authorization", id: 3, parent: 1, 110..<120),
            ReferenceSpan("SerializeObject", id: 4, parent: 4, 100..<200),
            ReferenceSpan("SerializeObject", id: 5, parent: 9, 100..<200),
        ]
        #expect(try only(spans).components == [.apiserver: 90, .authorization: 10])
        #expect(NaiveAttribution(spans).selfTime(spans[3]) == 100)
    }

    @Test func `a span received twice counts once, as it was first`() throws {
        let spans = [
            request(1, 100..<200),
            ReferenceSpan("audit", id: 2, parent: 1, 110..<120),
            ReferenceSpan("audit", id: 2, parent: 1, 110..<190),
            request(1, 300..<400),
        ]
        #expect(try only(spans).components == [.apiserver: 90, .audit: 10])
    }

    @Test(arguments: [
        "/api/v1/pods?limit=5&watch=true", "/api/v1/pods?watch=1", "/api/v1/watch/pods", "/api/v1/proxy/nodes/n",
        "/api/v1/namespaces?watch", "/api/v1/namespaces/a/pods/p/log?follow=true", "/api/v1/namespaces/a/pods/p/exec",
        "/api/v1/namespaces/a/pods/p/attach", "/api/v1/namespaces/a/pods/p/portforward",
        "/api/v1/namespaces/a/services/s/proxy/x/y", "/api/v1/nodes/n/proxy/metrics",
        "/apis/apps/v1/namespaces/a/deployments?watch=true",
    ])
    func `long-running requests are not divided`(_ target: String) {
        #expect(NaiveAttribution([request(1, 100..<200, target: target)]).requests().isEmpty)
    }

    @Test(arguments: [
        "/api/v1/pods?watch=false", "/api/v1/pods?watch=0", "/api/v1/namespaces/a/pods/watch",
        "/api/v1/namespaces/a/pods/p?watch=true", "/api/v1/namespaces/a/pods/p/log", "/healthz?watch=true",
        "/apis/apps/v1?watch=true", "/api/v1/namespaces/a/status", "/api/v1/namespaces/watch/pods",
    ])
    func `other requests are divided`(_ target: String) {
        #expect(NaiveAttribution([request(1, 100..<200, target: target)]).requests().count == 1)
    }

    @Test(
        arguments: [
            ("impersonation", .impersonation), ("Create etcd3", .storage), ("cacher list", .watchCache),
            ("TransformFromStorage with envelopeTransformer", .transform), ("Proxy via http", .proxy),
            ("Create", .apiserver), ("authentications", .apiserver),
        ] as [(String, NaiveComponent)])
    func `spans count for the component of their name`(_ name: String, _ component: NaiveComponent) throws {
        let child = ReferenceSpan(name, id: 2, parent: 1, 100..<200)
        #expect(try only([request(1, 100..<200), child]).components == [component: 100])
        let foreign = ReferenceSpan(name, service: "my-webhook", id: 2, parent: 1, 100..<200)
        #expect(try only([request(1, 100..<200), foreign]).components == [.apiserver: 100])
        let etcd = ReferenceSpan(name, service: "etcd", id: 2, parent: 1, 100..<200)
        #expect(try only([request(1, 100..<200), etcd]).components == [.etcd: 100])
    }

    @Test func `parts of whatever trace sum to the request, whatever the order`() {
        for seed in 0..<500 as Range<UInt64> {
            var traces = RandomTraces(seed: seed)
            let received = traces.next()
            let attribution = NaiveAttribution(received)
            for request in attribution.requests() {
                #expect(request.components.values.reduce(0, +) == request.duration, "seed \(seed)")
                #expect(request.spans.values.reduce(0, +) + request.lead == request.duration, "seed \(seed)")
                for (id, part) in request.spans {
                    let owner = attribution.spans.first { $0.traceID == request.traceID && $0.spanID == id }
                    #expect(part > 0 && part <= owner.map { Int64($0.end - $0.start) } ?? 0, "seed \(seed)")
                }
            }
            let reordered = NaiveAttribution(attribution.spans.reversed())
            #expect(reordered.requests().reversed() == attribution.requests(), "seed \(seed)")
            #expect(received.allSatisfy { ReferenceDecoder.decode($0.record) == [$0] }, "seed \(seed)")
        }
    }
}
