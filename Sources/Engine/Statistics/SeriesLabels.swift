/// What the labels of operations and of requests have in common.
package enum SeriesLabels {
    /// The label that names the cluster. A series without a cluster doesn't show it.
    package static let cluster = "cluster"
    /// The label that names the instance. Only rules tell series apart by it (`InstanceSeries`).
    package static let instance = "instance"
    /// Those that spans and requests have in common.
    package static let common = [cluster, instance]
}

/// The labels of a row of `operations`: service.name, span name and kind, of one cluster.
package struct OperationLabels: Hashable, Sendable {
    /// Empty if the sender doesn't name it.
    package var cluster: String
    package var service: String
    package var operation: String
    package var kind: SpanKind
    /// That of the service.
    package var role: ServiceRole

    /// - Parameter role: nil for that of a service with a usual name.
    package init(
        cluster: String = "", service: String, operation: String, kind: SpanKind, role: ServiceRole? = nil
    ) {
        self.role = role ?? ServiceNames.usual.role(of: service)
        self.cluster = cluster
        self.service = service
        self.operation = operation
        self.kind = kind
    }

    /// The label with the role of the service. Rules may select by it; rows and series don't show it.
    package static let role = "role"
    /// Those that every span has.
    package static let names = ["service", "operation", "kind"]

    /// Of spans whose operation has no place among the window's names.
    package static let other = OperationLabels(service: "_other", operation: "_other", kind: .unspecified)

    /// Whether the service is an API server or etcd.
    package var isOfControlPlane: Bool { role == .apiServer || role == .etcd }

    /// The value of a label as users name it; nil if spans have no such label.
    package subscript(name: String) -> String? {
        switch name {
        case SeriesLabels.cluster: cluster
        case "service": service
        case "operation": operation
        case "kind": kind.name
        case Self.role: role.rawValue
        default: nil
        }
    }
}

/// The labels of a row of `requests`, as Kubernetes names them, of one cluster.
///
/// `verb` is a Kubernetes verb in lower case. For non-resource paths it is the HTTP method in lower case, and the other
/// fields are empty. `scope` is `resource`, `namespace`, `cluster` or empty.
package struct RequestLabels: Hashable, Sendable {
    /// Empty if the sender doesn't name it.
    package var cluster: String
    package var verb: String
    package var group: String
    package var resource: String
    package var subresource: String
    package var scope: String

    package init(
        cluster: String = "", verb: String, group: String, resource: String, subresource: String, scope: String
    ) {
        self.cluster = cluster
        self.verb = verb
        self.group = group
        self.resource = resource
        self.subresource = subresource
        self.scope = scope
    }

    /// Of requests whose labels have no place among the window's names.
    package static let other = RequestLabels(verb: "_other", group: "", resource: "", subresource: "", scope: "")

    /// Those that every request has.
    package static let names = ["verb", "group", "resource", "subresource", "scope"]

    /// The value of a label as users name it; nil if requests have no such label.
    package subscript(name: String) -> String? {
        switch name {
        case SeriesLabels.cluster: cluster
        case "verb": verb
        case "group": group
        case "resource": resource
        case "subresource": subresource
        case "scope": scope
        default: nil
        }
    }
}
