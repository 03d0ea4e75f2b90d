/// Something that happens during a day and is not a fault of the control plane.
package struct LifeEvent: Sendable {
    package let name: String
    /// When it starts, in hours of the day.
    let hour: Double
    /// What happens in one second of it; seconds count from its start.
    let happens: @Sendable (_ life: inout HealthyLife, _ second: Int) -> Void

    private static let core = LifeClients.core

    private static func list(_ resource: String, taking own: Int64, reads: Int = 0) -> LifeRequest {
        LifeRequest.resource("GET", core, resource, storage: reads == 0 ? .cached : .read(reads)).with {
            ($0.own, $0.serialize) = (own / 2, own / 2)
        }
    }

    package static let all: [LifeEvent] = [
        LifeEvent(name: "scrapes of /metrics are slow", hour: 1.1) { life, second in
            life.clients.scrape = second < 90 ? 5_000_000_000 : 300_000_000
            if second < 90, second % 3 == 0 { life.send(.path("/metrics", taking: 4_000_000_000)) }
        },
        LifeEvent(name: "profiles, and clients that read all of OpenAPI", hour: 2.1) { life, second in
            if second == 0 { life.send(.path("/debug/pprof/profile", taking: 30_000_000_000)) }
            if second < 60, second % 2 == 0 { life.send(.path("/openapi/v2", taking: 6_000_000_000)) }
        },
        LifeEvent(name: "big lists", hour: 4.1) { life, second in
            guard second < 80 else { return }
            if second % 2 == 0 { life.send(list("pods", taking: 3_000_000_000)) }
            if second % 5 == 0 { life.send(list("secrets", taking: 2_000_000_000, reads: 4)) }
        },
        LifeEvent(name: "nightly jobs", hour: 5.1) { life, second in
            guard second < 40 else { return }
            for _ in 0..<3 { life.startPod() }
        },
        LifeEvent(name: "a rollout", hour: 8.1) { life, second in
            guard second < 100 else { return }
            for _ in 0..<2 {
                life.startPod()
                life.endPod()
            }
        },
        LifeEvent(name: "pods that take long to create, where there were events before", hour: 9.1) { life, second in
            guard second < 120 else { return }
            for _ in 0..<2 { life.send(.resource("POST", core, "events", namespace: "a", storage: .create)) }
            guard second >= 90 else { return }
            for _ in 0..<20 {
                life.send(
                    .resource("POST", core, "pods", namespace: "a", storage: .create).with { $0.own = 60_000_000 })
                life.send(
                    .resource("POST", core, "pods", namespace: "a", name: "b", subresource: "binding", storage: .update)
                        .with { $0.own = 50_000_000 })
            }
        },
        LifeEvent(name: "a node dies", hour: 10.1) { life, second in life.nodeDies(second) },
        LifeEvent(name: "watches expire together", hour: 12.1) { life, second in
            if second == 0 { life.endWatches() }
            guard second < 5 else { return }
            for _ in 0..<12 { life.send(LifeClients.watch(of: "pods", for: 400 * HealthyLife.second)) }
            for _ in 0..<8 { life.send(list("pods", taking: 300_000_000)) }
            life.send(list("configmaps", taking: 1_000_000).with { ($0.status, $0.storage) = (410, .none) })
        },
        LifeEvent(name: "an API server restarts", hour: 14.1) { life, second in life.apiServerRestarts(second) },
        LifeEvent(name: "etcd restarts, member by member", hour: 16.1) { life, second in
            guard second % 50 == 0, second / 50 < life.plane.members.count else { return }
            // If there are several members, the others carry on; a single member is only ever replaced within a
            // moment.
            let isAlone = life.plane.members.count == 1
            life.stop(member: second / 50, for: (isAlone ? 4 : 30) * HealthyLife.second)
        },
        LifeEvent(name: "a client asks for what isn't there", hour: 18.1) { life, second in
            guard second < 40 else { return }
            for _ in 0..<8 {
                let pod = LifeRequest.resource("GET", core, "pods", namespace: "a", name: "b", storage: .read(1))
                life.send(pod.with { $0.status = 404 })
                life.send(pod.with { ($0.method, $0.handler, $0.status, $0.storage) = ("PATCH", "", 403, .none) })
                life.send(pod.with { ($0.handler, $0.status, $0.storage) = ("", 429, .none) })
            }
        },
        LifeEvent(name: "definitions are installed, tokens and reviews asked for", hour: 19.1) { life, second in
            guard second < 150 else { return }
            for _ in 0..<2 {
                life.send(
                    .resource("PATCH", core, "pods", namespace: "a", name: "b", subresource: "status", storage: .update)
                )
                life.send(.resource("POST", core, "events", namespace: "a", storage: .create))
            }
            guard second >= 90 else { return }
            let extensions = "/apis/apiextensions.k8s.io/v1"
            for _ in 0..<4 {
                life.send(
                    .resource("PATCH", extensions, "customresourcedefinitions", name: "widgets", storage: .update)
                        .with { $0.own = 250_000_000 })
                life.send(
                    .resource(
                        "POST", core, "serviceaccounts", namespace: "a", name: "b", subresource: "token", storage: .none
                    ).with { $0.own = 70_000_000 })
                life.send(
                    .resource("POST", "/apis/authorization.k8s.io/v1", "subjectaccessreviews", storage: .none)
                        .with { $0.own = 120_000_000 })
            }
        },
        LifeEvent(name: "a backup of everything", hour: 20.1) { life, second in
            guard second < 100, second % 2 == 0 else { return }
            let resources = ["secrets", "configmaps", "events", "services", "serviceaccounts", "endpoints"]
            life.send(list(resources[second / 2 % resources.count], taking: 1_500_000_000, reads: 6))
        },
        LifeEvent(name: "namespaces are emptied", hour: 22.1) { life, second in
            guard second < 60, second % 4 == 0 else { return }
            let pods = LifeRequest.resource("DELETE", core, "pods", namespace: "gone", storage: .none)
            life.send(pods.with { $0.own = 4_000_000_000 })
        },
        LifeEvent(name: "logs are followed, and commands run in pods", hour: 23.1) { life, second in
            guard second < 30 else { return }
            let log = LifeRequest.resource(
                "GET", core, "pods", namespace: "a", name: "b", subresource: "log", storage: .none)
            life.send(log.with { ($0.query, $0.own) = ("follow=true", 60 * HealthyLife.second) })
            life.send(log.with { $0.own = 2_000_000_000 })
            let exec = LifeRequest.resource(
                "POST", core, "pods", namespace: "a", name: "b", subresource: "exec", storage: .none)
            life.send(exec.with { ($0.handler, $0.own) = ("", 20 * HealthyLife.second) })
        },
    ]
}

extension HealthyLife {
    /// Runs the events that have started.
    mutating func live(through events: [LifeEvent]) {
        for event in events {
            let second = secondOfDay - Int(event.hour / 24 * Double(duration / Self.second))
            if second >= 0, second < 300 { event.happens(&self, second) }
        }
    }

    /// A pod is created, scheduled and started.
    fileprivate mutating func startPod() {
        let core = LifeClients.core
        send(
            .resource("POST", core, "pods", namespace: "a", storage: .create).with {
                ($0.webhooks, $0.own) = (2, 2_000_000)
            })
        send(.resource("POST", core, "pods", namespace: "a", name: "b", subresource: "binding", storage: .update))
        for _ in 0..<2 {
            send(.resource("PATCH", core, "pods", namespace: "a", name: "b", subresource: "status", storage: .update))
        }
        for _ in 0..<2 { send(.resource("POST", core, "events", namespace: "a", storage: .create)) }
    }

    fileprivate mutating func endPod() {
        send(.resource("DELETE", LifeClients.core, "pods", namespace: "a", name: "b", storage: .update))
        send(
            .resource("PUT", "/apis/discovery.k8s.io/v1", "endpointslices", namespace: "a", name: "b", storage: .update)
        )
    }

    /// Its lease expires, its pods are all marked at once, then evicted and recreated elsewhere.
    fileprivate mutating func nodeDies(_ second: Int) {
        clients.deadNode = second < 150 ? 3 : nil
        let core = LifeClients.core
        let pod = LifeRequest.resource(
            "GET", core, "pods", namespace: "a", name: "b", subresource: "log", storage: .none)
        if (5..<60).contains(second) { send(pod.with { ($0.status, $0.own) = (500, 10_000_000_000) }) }
        if second == 40 {
            send(.resource("PATCH", core, "nodes", name: "node-3", subresource: "status", storage: .update))
        }
        if (40..<43).contains(second) {
            for _ in 0..<15 {
                send(
                    .resource("PATCH", core, "pods", namespace: "a", name: "b", subresource: "status", storage: .update)
                )
            }
        }
        guard (60..<90).contains(second) else { return }
        let eviction = LifeRequest.resource(
            "POST", core, "pods", namespace: "a", name: "b", subresource: "eviction", storage: .update)
        send(eviction.with { $0.own = 20_000_000 })
        // A disruption budget allows one at a time.
        send(eviction.with { ($0.status, $0.storage) = (429, .read(1)) })
        startPod()
        endPod()
    }

    /// Its clients move to another one, or wait. It comes back, isn't ready for a while, and every client relists
    /// everything.
    fileprivate mutating func apiServerRestarts(_ second: Int) {
        if second == 0 { stop(apiServer: 0, for: 30 * Self.second) }
        guard (30..<45).contains(second) else { return }
        let time = moment()
        if second < 35 {
            for _ in 0..<7 { plane.serve(.path("/readyz", taking: 2_000_000, status: 500), by: 0, at: moment()) }
            for _ in 0..<15 { plane.background("etcdserverpb.KV/Range", by: 0, at: moment()) }
            plane.serve(.path("/openapi/v2", taking: 3_000_000_000), by: 0, at: time)
        } else {
            for resource in ["pods", "nodes", "services", "configmaps", "secrets", "endpoints"] {
                let list = LifeRequest.resource("GET", LifeClients.core, resource, storage: .cached)
                plane.serve(list.with { $0.serialize = 250_000_000 }, by: 0, at: moment())
                plane.serve(LifeClients.watch(of: resource, for: 400 * Self.second), by: 0, at: moment())
            }
        }
    }
}
