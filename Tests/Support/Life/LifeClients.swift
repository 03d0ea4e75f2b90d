/// The clients that send requests to the API servers all day long.
struct LifeClients: Sendable {
    var nodes = 10
    /// The node that is currently dead.
    var deadNode: Int?
    /// How long a scrape of `/metrics` takes, nanoseconds.
    var scrape: Int64 = 300_000_000

    static let core = "/api/v1"
    static let apps = "/apis/apps/v1"
    static let coordination = "/apis/coordination.k8s.io/v1"

    static func lease(_ name: String, namespace: String = "kube-node-lease") -> LifeRequest {
        .resource("PUT", coordination, "leases", namespace: namespace, name: name, storage: .update)
    }

    /// What users and controllers ask for, each as often as its weight says.
    static let usual: [(weight: Int, request: LifeRequest)] = [
        (14, .resource("GET", core, "configmaps", namespace: "team-1", name: "settings", storage: .read(1))),
        (8, .resource("GET", core, "pods", namespace: "team-2", name: "web-0", storage: .cached)),
        (6, .resource("GET", core, "secrets", namespace: "team-2", name: "token", storage: .read(1))),
        (5, .resource("GET", core, "pods", namespace: "team-3", storage: .cached)),
        (3, .resource("GET", apps, "deployments", namespace: "team-3", storage: .read(1))),
        (2, .resource("GET", core, "nodes", storage: .cached).with { $0.serialize = 2_000_000 }),
        (1, .resource("GET", core, "pods", storage: .cached).with { $0.serialize = 30_000_000 }),
        (8, .resource("PATCH", core, "configmaps", namespace: "team-1", name: "settings", storage: .update)),
        (
            8,
            .resource(
                "PUT", apps, "deployments", namespace: "team-3", name: "web", subresource: "status", storage: .update)
        ),
        (
            7,
            .resource(
                "PUT", apps, "replicasets", namespace: "team-3", name: "web-1", subresource: "status", storage: .update)
        ),
        (9, .resource("POST", core, "events", namespace: "team-3", storage: .create)),
        (3, .resource("POST", core, "secrets", namespace: "team-2", storage: .create).with { $0.webhooks = 1 }),
        (2, .resource("DELETE", core, "configmaps", namespace: "team-1", name: "old", storage: .update)),
        (4, .resource("POST", "/apis/authorization.k8s.io/v1", "subjectaccessreviews", storage: .none)),
        // What clients get wrong, also all day long.
        (
            4,
            .resource("GET", core, "configmaps", namespace: "team-1", name: "none", storage: .read(1)).with {
                $0.status = 404
            }
        ),
        (
            3,
            .resource("PUT", core, "endpoints", namespace: "team-1", name: "web", storage: .update).with {
                $0.status = 409
            }
        ),
        (2, .resource("POST", core, "pods", namespace: "team-4", storage: .none).with { $0.status = 422 }),
        (
            2,
            .resource("GET", core, "secrets", namespace: "kube-system", storage: .none).with {
                ($0.status, $0.handler) = (403, "")
            }
        ),
        (
            1,
            .resource("GET", core, "pods", namespace: "team-4", storage: .none).with {
                ($0.status, $0.handler) = (429, "")
            }
        ),
        (1, .path("/api", taking: 100_000, status: 401)),
        // The log of a pod whose node is unreachable.
        (
            1,
            .resource("GET", core, "pods", namespace: "team-4", name: "lost", subresource: "log", storage: .none).with {
                ($0.status, $0.own) = (500, 3_000_000_000)
            }
        ),
    ]

    static let weight = usual.reduce(0) { $0 + $1.weight }

    static func watch(of resource: String, for duration: Int64) -> LifeRequest {
        LifeRequest.resource("GET", core, resource, storage: .none).with {
            ($0.query, $0.handler, $0.own) = ("allowWatchBookmarks=true&watch=true", "", duration)
        }
    }
}

extension HealthyLife {
    /// The requests of one second of an ordinary day.
    mutating func ask() {
        let second = secondOfDay
        for node in 0..<clients.nodes where (second + node) % 10 == 0 && node != clients.deadNode {
            send(LifeClients.lease("node-\(node)"))
        }
        if second % 2 == 0 {
            send(LifeClients.lease("kube-controller-manager", namespace: "kube-system"))
            send(LifeClients.lease("kube-scheduler", namespace: "kube-system"))
        }
        if second % 5 == 0 {
            for path in ["/livez", "/readyz", "/healthz"] { send(.path(path, taking: 800_000)) }
        }
        if second % 30 == 7 { send(.path("/metrics", taking: clients.scrape)) }
        if second % 300 == 11 { send(.path("/openapi/v2", taking: 900_000_000)) }
        if second % 300 == 99 { plane.background("etcdserverpb.KV/Compact", by: 0, at: moment()) }
        if second % 6 == 1 {
            let length = 300 + Int64(plane.chance.fraction() * 300)
            send(LifeClients.watch(of: second % 4 < 2 ? "pods" : "configmaps", for: length * Self.second))
        }
        // Twice as many by day as by night.
        let rate = hour > 7 && hour < 19 ? 3 : 1.5
        for _ in 0..<Int(rate * 2) where plane.chance.happens(0.5) { send(usual()) }
    }

    private mutating func usual() -> LifeRequest {
        var rest = plane.chance.number(0..<LifeClients.weight)
        for (weight, request) in LifeClients.usual {
            if rest < weight { return request }
            rest -= weight
        }
        return LifeClients.usual[0].request
    }
}
