/// What a part of a request's time is charged to, by its number in a `ComponentTable`.
package struct Component: Hashable, BitwiseCopyable, Sendable {
    package var number: UInt8

    package init(_ number: UInt8) {
        self.number = number
    }

    package static let etcd = Component(0)
    /// The API server's calls of etcd: connection, queueing, network and scheduling between the two.
    package static let etcdClient = Component(1)
    package static let storage = Component(2)
    package static let watchCache = Component(3)
    package static let authentication = Component(4)
    package static let authorization = Component(5)
    package static let audit = Component(6)
    package static let impersonation = Component(7)
    package static let priorityAndFairness = Component(8)
    package static let mutatingWebhook = Component(9)
    package static let validatingWebhook = Component(10)
    package static let serialize = Component(11)
    package static let transform = Component(12)
    package static let proxy = Component(13)
    /// All else of the API server.
    package static let apiServer = Component(14)

    /// The names on every outside surface, by number.
    package static let builtinNames = [
        "etcd", "etcd-client", "storage", "watch-cache", "authentication", "authorization", "audit", "impersonation",
        "priority-and-fairness", "mutating-webhook", "validating-webhook", "serialize", "transform", "proxy",
        "apiserver",
    ]

    var isWebhook: Bool { self == .mutatingWebhook || self == .validatingWebhook }

    package var side: Side {
        switch self {
        case .etcd: .etcd
        case .etcdClient: .connection
        case .mutatingWebhook, .validatingWebhook: .webhook
        default: .apiServer
        }
    }
}

/// Who is at fault, as a verdict names it.
package enum Side: String, Sendable, CaseIterable {
    case etcd
    case apiServer = "apiserver"
    case webhook
    /// Between the API server and etcd.
    case connection
}
