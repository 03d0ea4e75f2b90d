import Engine

/// API servers and etcd members, and the spans that requests leave in them: names, nesting and links are those of
/// Kubernetes 1.36 and etcd 3.6.
package struct LifeControlPlane: Sendable {
    package var apiServers: [LifeProcess]
    package var members: [LifeProcess]
    package var chance: LifeChance
    private var calls = 0

    private static let microsecond: Int64 = 1_000

    package init(apiServers: Int, members: Int, seed: UInt64) {
        var chance = LifeChance(seed: seed)
        func processes(_ count: Int, _ service: String) -> [LifeProcess] {
            (0..<count).map { _ in LifeProcess(service: service, exportPhase: Int64(chance.fraction() * 5e9)) }
        }
        self.apiServers = processes(apiServers, "apiserver")
        self.members = processes(members, "etcd")
        self.chance = chance
    }

    /// The position of a span in its trace.
    struct TracePosition {
        var trace: UInt64
        var parent: UInt64
    }

    private mutating func note(_ server: Int, _ span: LifeSpan) { apiServers[server].held.append(span) }

    private func span(
        _ name: String, _ place: TracePosition, id: UInt64, _ start: Int64, _ end: Int64
    ) -> LifeSpan {
        LifeSpan(
            service: "apiserver", name: name, kind: .internal, trace: place.trace, id: id, parent: place.parent,
            start: start, end: end)
    }

    // MARK: Requests

    private static let filters = ["audit", "constrainedimpersonation", "priorityandfairness", "authorization"]

    /// Serves a request that reaches an API server at a given time; returns when it was answered.
    @discardableResult
    package mutating func serve(_ request: LifeRequest, by server: Int, at time: Int64) -> Int64 {
        let authentication = TracePosition(trace: chance.id(), parent: 0)
        let authenticationID = chance.id()
        if request.status == 401 {
            let end = finish(chance.duration(200 * Self.microsecond), by: server, from: time)
            note(server, span("authentication", authentication, id: authenticationID, time, end))
            return end
        }
        let start = finish(chance.duration(40 * Self.microsecond), by: server, from: time)
        let place =
            request.isMaster
            ? TracePosition(trace: authentication.trace, parent: authenticationID)
            : TracePosition(trace: chance.id(), parent: 0)
        let id = chance.id()
        let end =
            filter(request, by: server, TracePosition(trace: place.trace, parent: id), 0, at: start + 10_000) + 15_000
        var entry = span(
            "\(request.method)\(request.template.isEmpty ? "" : " ")\(request.template)", place, id: id, start, end)
        entry.kind = .server
        entry.isError = request.status >= 500
        entry.http = LifeSpan.HTTP(
            method: request.method, path: request.path, query: request.query, status: request.status,
            userAgent: request.userAgent)
        note(server, entry)
        let gap = chance.duration(6 * Self.microsecond)
        note(server, span("authentication", authentication, id: authenticationID, time, end + gap))
        return end + gap
    }

    private mutating func finish(_ duration: Int64, by server: Int, from time: Int64) -> Int64 {
        apiServers[server].finish(duration, from: time, &chance)
    }

    private mutating func filter(
        _ request: LifeRequest, by server: Int, _ place: TracePosition, _ index: Int, at start: Int64
    ) -> Int64 {
        guard index < Self.filters.count else { return handle(request, by: server, place, at: start) }
        let id = chance.id()
        let below = finish(chance.duration(8 * Self.microsecond), by: server, from: start)
        let end =
            filter(request, by: server, TracePosition(trace: place.trace, parent: id), index + 1, at: below) + 5_000
        note(server, span(Self.filters[index], place, id: id, start, end))
        return end
    }

    private mutating func handle(_ request: LifeRequest, by server: Int, _ place: TracePosition, at start: Int64)
        -> Int64
    {
        let own = chance.duration(request.own)
        guard !request.handler.isEmpty else { return finish(own, by: server, from: start) }
        let id = chance.id()
        let inside = TracePosition(trace: place.trace, parent: id)
        var time = finish(own / 2, by: server, from: start)
        switch request.storage {
        case .none: break
        case .cached: time = cached(inside, by: server, reads: 0, isList: request.handler == "List", at: time)
        case .read(let reads):
            time = cached(inside, by: server, reads: reads, isList: request.handler == "List", at: time)
        case .create:
            time = webhooks(request.webhooks, inside, by: server, at: time)
            time = store("Create etcd3", request, inside, by: server, at: time)
        // In an update, webhooks are called during their sibling span.
        case .update: time = store("GuaranteedUpdate etcd3", request, inside, by: server, at: time)
        }
        time = finish(own / 2, by: server, from: time)
        let written = finish(chance.duration(request.serialize), by: server, from: time)
        note(server, span("SerializeObject", inside, id: chance.id(), time, written))
        var handler = span(request.handler, place, id: id, start, written + 20_000)
        handler.texts = [("resource", request.resource), ("user-agent", request.userAgent)]
        note(server, handler)
        return handler.end
    }

    private mutating func cached(
        _ place: TracePosition, by server: Int, reads: Int, isList: Bool, at start: Int64
    ) -> Int64 {
        let id = chance.id()
        var time = finish(chance.duration(60 * Self.microsecond), by: server, from: start)
        for _ in 0..<reads {
            time = call(
                "etcdserverpb.KV/Range", 250 * Self.microsecond, TracePosition(trace: place.trace, parent: id), server,
                time)
        }
        note(server, span(isList ? "cacher.GetList" : "cacher.Get", place, id: id, start, time + 4_000))
        return time + 4_000
    }

    private mutating func store(
        _ name: String, _ request: LifeRequest, _ place: TracePosition, by server: Int, at start: Int64
    ) -> Int64 {
        let id = chance.id()
        var time = finish(chance.duration(150 * Self.microsecond), by: server, from: start)
        if name != "Create etcd3" { time = webhooks(request.webhooks, place, by: server, at: time) }
        time = call(
            "etcdserverpb.KV/Txn", 900 * Self.microsecond, TracePosition(trace: place.trace, parent: id), server, time)
        var span = span(name, place, id: id, start, time + 30_000)
        span.texts = [("key", "/\(request.resource)\(request.path)"), ("resource", request.resource)]
        note(server, span)
        return span.end
    }

    private mutating func webhooks(_ count: Int, _ place: TracePosition, by server: Int, at start: Int64) -> Int64 {
        var time = start
        for index in 0..<count {
            let (id, begin) = (chance.id(), time)
            let end = begin + chance.duration(2_500 * Self.microsecond)
            var post = span(
                "HTTP POST", TracePosition(trace: place.trace, parent: id), id: chance.id(), begin + 50_000, end)
            post.kind = .client
            note(server, post)
            var call = span(
                "Call \(index == 0 ? "mutating" : "validating") webhook", place, id: id, begin, end + 40_000)
            call.texts = [("webhook", "policy.example.com"), ("configuration", "policy")]
            note(server, call)
            time = end + 60_000
        }
        return time
    }

    // MARK: etcd

    /// A call to etcd; returns when it was answered. If its member has just gone down, the call fails and is retried
    /// on another; if none is up, it waits.
    mutating func call(
        _ name: String, _ typical: Int64, _ place: TracePosition, _ server: Int, _ start: Int64
    ) -> Int64 {
        calls += 1
        var (member, time) = (calls % members.count, start)
        if !members[member].isUp(at: time) {
            let others = members.indices.filter { members[$0].isUp(at: time) }
            if let other = others.first {
                // The client notices the broken connection within a moment; until then calls on it fail.
                let since = members[member].outages.first { $0.contains(time) }?.lowerBound ?? time
                if time - since < 150_000_000 {
                    note(server, client(name, place, start: time, end: time + 2_000_000, status: "Unavailable"))
                    time += 3_000_000
                }
                member = other
            }
        }
        let arrival = members[member].up(from: time) + chance.duration(180 * Self.microsecond)
        let end = members[member].finish(chance.duration(typical), from: arrival, &chance)
        let answered = finish(chance.duration(150 * Self.microsecond), by: server, from: end)
        let call = client(name, place, start: time, end: answered, status: "OK")
        var handler = call
        (handler.service, handler.kind, handler.id, handler.parent) = ("etcd", .server, chance.id(), call.id)
        (handler.start, handler.end) = (arrival, end)
        note(server, call)
        members[member].held.append(handler)
        return answered
    }

    private mutating func client(
        _ name: String, _ place: TracePosition, start: Int64, end: Int64, status: String
    ) -> LifeSpan {
        var call = span(name, place, id: chance.id(), start, end)
        (call.kind, call.rpcStatus, call.isError) = (.client, status, status != "OK")
        return call
    }

    /// An API server's watches on etcd that end together, all with an error, as gRPC clients record them.
    package mutating func breakWatches(_ count: Int, of server: Int, at time: Int64, status: String) {
        for _ in 0..<count {
            let start = time - 60_000_000_000 - chance.exponential(600_000_000_000)
            let end = time + chance.exponential(2_000_000)
            let place = TracePosition(trace: chance.id(), parent: 0)
            note(server, client("etcdserverpb.Watch/Watch", place, start: start, end: end, status: status))
        }
    }

    /// Calls that an API server makes on its own: compaction, leases.
    package mutating func background(_ name: String, by server: Int, at time: Int64) {
        _ = call(name, 500 * Self.microsecond, TracePosition(trace: chance.id(), parent: 0), server, time)
    }

    // MARK: Export

    /// Takes the spans that a process's exporter sends at a given time.
    mutating func export(_ process: WritableKeyPath<LifeControlPlane, LifeProcess>, at time: Int64) -> [LifeSpan] {
        let held = self[keyPath: process].held
        let sent = held.filter { $0.end <= time }
        self[keyPath: process].held = held.filter { $0.end > time }
        return sent
    }
}
