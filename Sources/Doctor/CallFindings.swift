import Engine
import Support

/// How many calls to etcd both sides tell of, in five minutes of which both have told (`SettledTime`).
///
/// An exporter whose queue is full drops spans and tells nobody. Since etcd samples as its caller does, every call that succeeded has
/// a span on either side: if one has far fewer, its spans were lost.
package struct CallFindings {
    /// A row of `/api/v1/operations`.
    package struct Operation: Decodable, Sendable {
        var cluster: String?
        var service: String
        var operation: String
        var kind: String
        var count: Int
        var errors: Int
    }

    /// CLIENT spans of API servers and SERVER spans of etcd, without those that failed.
    private let (made, answered): (Int, Int)

    /// Calls whose spans are compared: reads and writes, which last milliseconds. A watch lasts as long as its stream.
    private static let prefix = "etcdserverpb.KV/"
    /// Fewer calls are too few to tell.
    private static let countMin = 500
    /// At most this part is lost without being said.
    private static let lostMax = 0.1

    /// - Parameter roleOf: the role of a service.
    init(_ operations: [Operation], _ roleOf: (_ service: String) -> ServiceRole) {
        func count(_ role: ServiceRole, _ kind: SpanKind) -> Int {
            operations.filter {
                roleOf($0.service) == role && $0.kind == kind.name && $0.operation.hasPrefix(Self.prefix)
            }.reduce(0) { $0 + $1.count - $1.errors }
        }
        made = count(.apiServer, .client)
        answered = count(.etcd, .server)
    }

    /// Whole sentences; empty if both sides tell of as many, or one of them of none.
    ///
    /// - Parameter silent: roles of which a process is known to send nothing: that explains why its side shows fewer.
    func sentences(silent: Set<ServiceRole>) -> [String] {
        let (fewer, more) = (min(made, answered), max(made, answered))
        guard !silent.contains(made < answered ? .apiServer : .etcd), fewer > 0, more >= Self.countMin,
            Double(more - fewer) > Double(more) * Self.lostMax
        else { return [] }
        let shown =
            "of the calls to etcd in the last minutes that succeeded, the API servers' spans show \(made) and etcd's "
            + "\(answered): "
        let cause =
            made > answered
            ? "a member doesn't send spans, or etcd's exporter drops some"
            : "an API server's exporter drops some, or etcd has other clients or a sampling rate of its own"
        return [
            shown + cause + ". Exporters drop what they can't send in time, and say so only in their own log; "
                + "sample less, or send to a Faultline on the same node."
        ]
    }
}
