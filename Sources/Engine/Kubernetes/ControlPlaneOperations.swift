/// Names of spans that the components of a control plane are known to give, so that places are kept for them.
///
/// Those of the API server's SERVER spans are routes, too many to list. Sources: spans of kube-apiserver 1.26 to 1.37 and of
/// etcd 3.5 to 3.7, and the methods of etcd's gRPC services (`rpc.proto`).
enum ControlPlaneOperations {
    /// Whether a service goes by a component's usual name, and the operation is one that it is known for.
    static func has(service: String, operation: String) -> Bool {
        switch service {
        case "apiserver", "kube-apiserver": apiServer.contains(operation) || etcd.contains(operation)
        case "etcd": etcd.contains(operation)
        default: false
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
