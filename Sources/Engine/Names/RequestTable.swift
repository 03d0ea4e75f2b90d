/// The window's request labels, by number. Number 0 is the overflow row.
package struct RequestTable: Sendable {
    private var names: NameTable<RequestLabels>
    /// Names that rules select; places are reserved for them.
    var selected = SelectedNames()
    /// Requests counted in the overflow row.
    package private(set) var overflowed = 0

    static let overflow: UInt16 = 0

    /// - Parameter limit: request labels besides the overflow row, at most 65,533: a span's column holds the number
    ///   plus one, and the highest 16-bit number marks labels that aren't translated yet (`NameTranslation`).
    init(limit: Int) {
        names = NameTable(
            overflow: .other,
            limit: min(max(limit, 1), Int(UInt16.max) - 2), keptFor: [.apiServer, .selected])
    }

    package var labels: [RequestLabels] { names.labels }
    var births: NameBirths { names.births }
    package var overflow: NameOverflow? { names.overflow }
    package var forgotten: Int { names.forgotten }
    package var placesUse: NamePlacesUse { names.placesUse }
    var isPressed: Bool { names.isPressed }

    /// The number of request labels, by the key from `SpanBatch.withRequest`.
    ///
    /// - Parameter cluster: as in labels.
    mutating func number(cluster: String, key: RawSpan, salt: UInt32) -> UInt16 {
        names.number(Self.labels(cluster: cluster, key: key.text, salt: salt)) { [selected] labels in
            let owner =
                labels.cluster.isEmpty
                ? "API group \(labels.group)" : "API group \(labels.group) of cluster \(labels.cluster)"
            return (NameOwner(claim: Self.claim(labels, selected), name: owner), labels.resource)
        }
    }

    mutating func countOverflow(_ requests: Int) {
        overflowed += requests
    }

    mutating func forget(where isUnused: (Int) -> Bool) -> [Int] { names.forget(where: isUnused) }

    /// Clients can ask for resources that don't exist, so Kubernetes' own come first.
    private static func claim(_ labels: RequestLabels, _ selected: SelectedNames) -> NameClaim {
        if labels.isOfKubernetes { return .apiServer }
        return selected.hasRequest({ labels[$0] }) ? .selected : .other
    }

    private static func labels(cluster: String, key: String, salt: UInt32) -> RequestLabels {
        // A zero byte inside a part looks like its end; parts after the third are dropped.
        let parts = key.split(separator: "\0", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
        let verb = RequestVerb(rawValue: UInt8(truncatingIfNeeded: salt &>> 8)) ?? .unknown
        let scope = RequestScope(rawValue: UInt8(truncatingIfNeeded: salt)) ?? .none
        func part(_ index: Int) -> String { index < parts.count ? parts[index] : "" }
        return RequestLabels(
            cluster: cluster, verb: verb.name, group: part(0), resource: part(1), subresource: part(2),
            scope: scope.name)
    }
}

/// The built-in resources of the API server, by API group: those of Kubernetes 1.36 and of earlier versions still in
/// use.
private let resourcesOfGroup: [String: Set<String>] = [
    "": [
        "bindings", "componentstatuses", "configmaps", "endpoints", "events", "limitranges", "namespaces", "nodes",
        "persistentvolumeclaims", "persistentvolumes", "pods", "podtemplates", "replicationcontrollers",
        "resourcequotas", "secrets", "serviceaccounts", "services",
    ],
    "admissionregistration.k8s.io": [
        "mutatingadmissionpolicies", "mutatingadmissionpolicybindings", "mutatingwebhookconfigurations",
        "validatingadmissionpolicies", "validatingadmissionpolicybindings", "validatingwebhookconfigurations",
    ],
    "apiextensions.k8s.io": ["customresourcedefinitions"],
    "apiregistration.k8s.io": ["apiservices"],
    "apps": ["controllerrevisions", "daemonsets", "deployments", "replicasets", "statefulsets"],
    "authentication.k8s.io": ["selfsubjectreviews", "tokenreviews"],
    "authorization.k8s.io": [
        "localsubjectaccessreviews", "selfsubjectaccessreviews", "selfsubjectrulesreviews", "subjectaccessreviews",
    ],
    "autoscaling": ["horizontalpodautoscalers"],
    "batch": ["cronjobs", "jobs"],
    "certificates.k8s.io": ["certificatesigningrequests", "clustertrustbundles", "podcertificaterequests"],
    "coordination.k8s.io": ["leasecandidates", "leases"],
    "discovery.k8s.io": ["endpointslices"],
    "events.k8s.io": ["events"],
    "flowcontrol.apiserver.k8s.io": ["flowschemas", "prioritylevelconfigurations"],
    "internal.apiserver.k8s.io": ["storageversions"],
    "metrics.k8s.io": ["nodes", "pods"],
    "networking.k8s.io": ["ingressclasses", "ingresses", "ipaddresses", "networkpolicies", "servicecidrs"],
    "node.k8s.io": ["runtimeclasses"],
    "policy": ["poddisruptionbudgets"],
    "rbac.authorization.k8s.io": ["clusterrolebindings", "clusterroles", "rolebindings", "roles"],
    "resource.k8s.io": [
        "deviceclasses", "devicetaintrules", "resourceclaims", "resourceclaimtemplates", "resourceslices",
    ],
    "scheduling.k8s.io": ["priorityclasses", "workloads"],
    "storage.k8s.io": [
        "csidrivers", "csinodes", "csistoragecapacities", "storageclasses", "volumeattachments",
        "volumeattributesclasses",
    ],
    "storagemigration.k8s.io": ["storageversionmigrations"],
]

private let subresources: Set<String> = [
    "", "approval", "attach", "binding", "ephemeralcontainers", "eviction", "exec", "finalize", "log", "portforward",
    "proxy", "resize", "scale", "status", "token",
]

extension RequestLabels {
    /// Whether the request is for a built-in resource, or for a non-resource path.
    var isOfKubernetes: Bool {
        if group.isEmpty && resource.isEmpty { return subresource.isEmpty }
        return subresources.contains(subresource) && resourcesOfGroup[group]?.contains(resource) == true
    }
}
