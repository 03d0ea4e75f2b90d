import Foundation
import TestSupport

/// Export requests to decode.
struct Workload {
    let name: String
    let bodies: [[UInt8]]
    let spanCount: Int

    var byteCount: Int { bodies.reduce(0) { $0 + $1.count } }

    /// - Parameter copies: how often the bodies are repeated, each time in separate memory.
    init(name: String, bodies: [[UInt8]], copies: Int = 1) {
        self.name = name
        self.bodies = (0..<copies).flatMap { _ in bodies.map { $0.map { $0 } } }
        spanCount = copies * bodies.reduce(0) { $0 + (ReferenceDecoder.decode($1)?.count ?? 0) }
    }

    /// More bytes than any cache holds.
    var cold: Workload {
        Workload(name: "\(name), cold", bodies: bodies, copies: max(1, (400 << 20) / byteCount))
    }

    /// Spans of a real API server and a real etcd.
    static func capture(_ archive: URL = Captures.steady) throws -> Workload {
        try Workload(name: "capture \(archive.lastPathComponent)", bodies: Captures.records(archive))
    }

    /// Batches of 512 spans of about 640 bytes and 11.6 attributes, with 483 operations as unevenly distributed as in a
    /// cluster.
    static func synthetic(batches: Int = 64) -> Workload {
        var random = SeededGenerator(seed: 7)
        let operations = ZipfDistribution(count: 483)
        let bodies = (0..<batches).map { _ in
            WireSpanExample.request(
                (0..<512).map { _ in span(of: operations.next(using: &random), using: &random) })
        }
        return Workload(name: "synthetic, \(batches) × 512 spans", bodies: bodies)
    }

    private static func span(of operation: Int, using random: inout SeededGenerator) -> WireSpanExample {
        let isServer = operation % 3 == 1
        return WireSpanExample { span in
            span.traceID = (0..<16).map { _ in UInt8.random(in: 1...255, using: &random) }
            span.spanID = (0..<8).map { _ in UInt8.random(in: 1...255, using: &random) }
            span.parentID = (0..<8).map { _ in UInt8.random(in: 1...255, using: &random) }
            span.kind = isServer ? 2 : 1
            span.name = Array("GET /apis/group-\(operation)/v1/namespaces/{:namespace}/widgets/{:name}".utf8)
            span.start = 1_767_225_600_000_000_000 + UInt64.random(in: 0..<5_000_000_000, using: &random)
            span.end =
                span.start
                + UInt64.random(in: 100_000..<1 << UInt64.random(in: 18...31, using: &random), using: &random)
            span.texts = [
                ("server.address", "127.0.0.1"), ("url.scheme", "https"), ("network.peer.address", "127.0.0.1"),
                (
                    "user_agent.original",
                    "kube-controller-manager/v1.36.2 (linux/amd64) kubernetes/abcdef0/leader-election"
                ),
                ("client.address", "127.0.0.1"), ("network.protocol.version", "2.0"),
                (
                    "http.target",
                    "/apis/group-\(operation)/v1/namespaces/team-4/widgets/w-\(operation)?timeout=10s&dryRun=All"
                ),
                ("audit-id", "78bf7f1d-2840-4a97-a672-4109524d6510"),
            ]
            if [0, 3, 4].contains(operation % 5) { span.texts.append(("http.request.method", "GET")) }
            span.integers = [
                ("server.port", 6443), ("http.response.status_code", operation % 50 == 49 ? 500 : 200),
                ("http.response.body.size", UInt64.random(in: 100..<10_000, using: &random)),
            ]
            // The Go SDK ends every span with an empty status and flags.
            span.extra = [0x7A, 0x00, 0x85, 0x01, 0x01, 0x01, 0x00, 0x00]
        }
    }
}

/// A distribution in which the k-th item's share is proportional to 1/k (Zipf's law), roughly as for names in a
/// cluster.
struct ZipfDistribution {
    /// Cumulative shares, not normalized.
    private var cumulative: [Double] = []

    init(count: Int) {
        var sum = 0.0
        for rank in 1...count {
            sum += 1 / Double(rank)
            cumulative.append(sum)
        }
    }

    /// A number from 0, the most frequent.
    func next(using random: inout SeededGenerator) -> Int {
        let drawn = Double.random(in: 0..<(cumulative.last ?? 1), using: &random)
        return cumulative.firstIndex { drawn < $0 } ?? 0
    }
}
