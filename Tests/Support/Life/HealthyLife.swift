/// One export of an exporter.
package struct LifeDelivery: Sendable {
    package let arrival: Int64
    package let spans: [LifeSpan]

    /// The batches as the SDK cuts them, each an export request.
    package var records: [[UInt8]] {
        stride(from: 0, to: spans.count, by: 512).map { first in
            let batch = spans[first..<min(first + 512, spans.count)]
            return WireSpanExample.request(service: batch.first?.service ?? "", batch.map(\.example))
        }
    }
}

/// A day in the life of a healthy control plane, generated from a seed: its nodes, controllers, probes and users, and
/// everything that happens in a cluster without being a fault of the control plane.
///
/// Time advances second by second: clients send requests, processes serve them (`LifeControlPlane`), exporters send
/// spans. To inject a fault, change a process (`plane.members[0].delays`); everything that depends on it changes with
/// it.
package struct HealthyLife {
    package var plane: LifeControlPlane
    package let start: Int64
    /// Nanoseconds. The day has 24 hours of a 24th of it each, however long it is.
    package let duration: Int64
    private var now: Int64
    var clients = LifeClients()
    private var deliveries: [LifeDelivery] = []
    private let processes: [WritableKeyPath<LifeControlPlane, LifeProcess>]

    static let second: Int64 = 1_000_000_000

    /// - Parameter start: a multiple of a second.
    package init(seed: UInt64, apiServers: Int, members: Int, start: Int64, duration: Int64) {
        plane = LifeControlPlane(apiServers: apiServers, members: members, seed: seed)
        self.start = start
        self.duration = duration
        now = start
        processes =
            (0..<apiServers).map { \LifeControlPlane.apiServers[$0] }
            + (0..<members).map { \LifeControlPlane.members[$0] }
    }

    /// The hour of the day.
    var hour: Double { Double(now - start) * 24 / Double(duration) }

    /// Seconds since the day began.
    var secondOfDay: Int { Int((now - start) / Self.second) }

    /// The exports of the next second, in order of arrival; nil once the day is over.
    package mutating func next() -> [LifeDelivery]? {
        guard now < start + duration else { return nil }
        ask()
        live(through: LifeEvent.all)
        export()
        now += Self.second
        let due = deliveries.filter { $0.arrival < now }.sorted { $0.arrival < $1.arrival }
        deliveries.removeAll { $0.arrival < now }
        return due
    }

    /// The exports of the whole day, in order.
    package mutating func forEach(_ body: (LifeDelivery) throws -> Void) rethrows {
        while let deliveries = next() {
            for delivery in deliveries { try body(delivery) }
        }
    }

    // MARK: Requests

    /// A random moment within the current second.
    mutating func moment() -> Int64 { now + Int64(plane.chance.fraction() * Double(Self.second)) }

    /// Sends a request to one of the API servers that are up. If none is, the request leaves no span.
    mutating func send(_ request: LifeRequest, at time: Int64? = nil) {
        let time = time ?? moment()
        let servers = plane.apiServers.indices.filter { plane.apiServers[$0].isUp(at: time) }
        guard !servers.isEmpty else { return }
        plane.serve(request, by: servers[plane.chance.number(0..<servers.count)], at: time)
    }

    /// Takes an API server down for a while; the requests it is serving end with it.
    mutating func stop(apiServer: Int, for duration: Int64) {
        let end = now
        plane.apiServers[apiServer].outages.append(end..<end + duration)
        for index in plane.apiServers[apiServer].held.indices where plane.apiServers[apiServer].held[index].end > end {
            let start = plane.apiServers[apiServer].held[index].start
            plane.apiServers[apiServer].held[index].end = max(start, end)
        }
        plane.breakWatches(59, of: apiServer, at: end, status: "Canceled")
    }

    /// Takes an etcd member down for a while; its watches break.
    mutating func stop(member: Int, for duration: Int64) {
        plane.members[member].outages.append(now..<now + duration)
        for server in plane.apiServers.indices {
            plane.breakWatches(60 / plane.members.count, of: server, at: now, status: "Unavailable")
        }
    }

    /// Ends the open watches, as if their resource version were too old.
    mutating func endWatches() {
        let end = now + 200_000_000
        for server in plane.apiServers.indices {
            for index in plane.apiServers[server].held.indices
            where plane.apiServers[server].held[index].end > end + Self.second {
                plane.apiServers[server].held[index].end = max(end, plane.apiServers[server].held[index].start)
            }
        }
    }

    // MARK: Export

    private mutating func export() {
        for process in processes {
            let phase = plane[keyPath: process].exportPhase
            let flush = (now - phase + 4_999_999_999) / 5_000_000_000 * 5_000_000_000 + phase
            guard flush < now + Self.second else { continue }
            let spans = plane.export(process, at: flush)
            guard !spans.isEmpty else { continue }
            deliveries.append(
                LifeDelivery(arrival: flush + 1_000_000 + plane.chance.exponential(60_000_000), spans: spans))
        }
    }
}
