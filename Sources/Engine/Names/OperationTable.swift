/// The window's operations, by number. Number 0 is the overflow row, for spans whose operation has no place.
package struct OperationTable: Sendable {
    private var names: NameTable<OperationLabels>
    private let services: ServiceNames
    /// Names that rules select; places are reserved for them.
    var selected = SelectedNames()
    /// Spans counted in the overflow row.
    package private(set) var overflowed = 0

    static let overflow: UInt16 = 0

    /// - Parameters:
    ///   - limit: operations besides the overflow row, at most 65,534: the highest 16-bit number marks a name that isn't
    ///     translated yet (`NameTranslation`).
    ///   - services: which services have which role.
    init(limit: Int, services: ServiceNames = .usual) {
        self.services = services
        names = NameTable(
            overflow: .other,
            limit: min(max(limit, 1), Int(UInt16.max) - 1), keptFor: [.known, .apiServer, .etcd, .selected])
    }

    var labels: [OperationLabels] { names.labels }
    var births: NameBirths { names.births }
    package var overflow: NameOverflow? { names.overflow }
    package var forgotten: Int { names.forgotten }
    package var placesUse: NamePlacesUse { names.placesUse }
    var isPressed: Bool { names.isPressed }

    /// The number of an operation. Invalid UTF-8 is replaced, so names that differ only there are the same.
    ///
    /// - Parameter cluster: as in labels.
    mutating func number(cluster: String, service: RawSpan, name: RawSpan, kind: SpanKind) -> UInt16 {
        let labels = OperationLabels(
            cluster: cluster, service: service.text, operation: name.text, kind: kind,
            role: services.role(of: service))
        return names.number(labels) { [selected] labels in
            let owner = labels.cluster.isEmpty ? labels.service : "\(labels.service) of cluster \(labels.cluster)"
            return (NameOwner(claim: Self.claim(labels, selected), name: owner), labels.operation)
        }
    }

    mutating func countOverflow(_ spans: Int) {
        overflowed += spans
    }

    mutating func forget(where isUnused: (Int) -> Bool) -> [Int] { names.forget(where: isUnused) }

    private static func claim(_ labels: OperationLabels, _ selected: SelectedNames) -> NameClaim {
        // First, because rules may select the operations of any number of services.
        if ControlPlaneOperations.has(labels.role, operation: labels.operation) { return .known }
        // Before the service's own claim, so that a flood under a control plane's name doesn't take this place.
        if selected.hasNamedOperation({ labels[$0] }) { return .selected }
        switch labels.role {
        case .apiServer: return .apiServer
        case .etcd: return .etcd
        case .kubelet, .other: return selected.hasOperation({ labels[$0] }) ? .selected : .other
        }
    }
}

extension RawSpan {
    /// The bytes as text, with U+FFFD for invalid UTF-8.
    package var text: String { unsafe withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) } }
}

/// Span names that control-plane components are known to use; places are reserved for them.
///
/// SERVER spans of the API server are named after routes, too many to list. Sources: spans of kube-apiserver 1.26 to
/// 1.37 and of etcd 3.5 to 3.7, and the methods of etcd's gRPC services (`rpc.proto`).
enum ControlPlaneOperations {
    /// Whether the operation is a known one of services with this role.
    static func has(_ role: ServiceRole, operation: String) -> Bool {
        switch role {
        case .apiServer: apiServer.contains(operation) || etcd.contains(operation)
        case .etcd: etcd.contains(operation)
        case .kubelet, .other: false
        }
    }

    private static let apiServer: Set<String> = [
        "KubernetesAPI", "authentication", "audit", "impersonation", "constrainedimpersonation", "priorityandfairness",
        "authorization", "Get", "List", "Create", "Update", "Patch", "Delete", "cacher list", "cacher.Get",
        "cacher.GetList",
        "cacher.Watch", "Create etcd3", "GuaranteedUpdate etcd3", "List(recursive=true) etcd3",
        "List(recursive=false) etcd3", "Get etcd3", "Delete etcd3", "SerializeObject", "Call mutating webhook",
        "Call validating webhook", "TransformToStorage with envelopeTransformer",
        "TransformFromStorage with envelopeTransformer", "HTTP GET", "HTTP POST", "HTTP PUT", "HTTP PATCH",
        "HTTP DELETE",
        "GET", "POST", "PUT", "PATCH", "DELETE",
    ]

    private static let etcd: Set<String> = {
        let methods = [
            "KV": ["Range", "Put", "DeleteRange", "Txn", "Compact"], "Watch": ["Watch"],
            "Lease": ["LeaseGrant", "LeaseRevoke", "LeaseKeepAlive", "LeaseTimeToLive", "LeaseLeases"],
            "Cluster": ["MemberAdd", "MemberRemove", "MemberUpdate", "MemberList", "MemberPromote"],
            "Auth": ["Authenticate", "AuthStatus"],
            "Maintenance": [
                "Alarm", "Status", "Defragment", "Hash", "HashKV", "Snapshot", "MoveLeader", "Downgrade",
            ],
        ]
        let calls = methods.flatMap { service, names in names.map { "etcdserverpb.\(service)/\($0)" } }
        return Set(calls).union([
            "range", "put", "delete_range", "txn", "compact", "lease_grant", "lease_revoke", "lease_renew", "watch",
        ])
    }()
}
