/// The labels of a row of `operations`: service.name, span name and kind.
package struct OperationLabels: Hashable, Sendable {
    package var service: String
    package var operation: String
    package var kind: SpanKind

    package init(service: String, operation: String, kind: SpanKind) {
        self.service = service
        self.operation = operation
        self.kind = kind
    }

    package static let names = ["service", "operation", "kind"]

    /// Whether the service is an API server or etcd.
    package var isOfControlPlane: Bool { ServiceRole(service) != .other }

    /// The value of a label as users name it; nil if spans have no such label.
    package subscript(name: String) -> String? {
        switch name {
        case "service": service
        case "operation": operation
        case "kind": kind.name
        default: nil
        }
    }
}

/// The labels of a row of `requests`, as Kubernetes names them.
///
/// `verb` is a Kubernetes verb in lower case. For non-resource paths it is the HTTP method in lower case, and the other
/// fields are empty. `scope` is `resource`, `namespace`, `cluster` or empty.
package struct RequestLabels: Hashable, Sendable {
    package var verb: String
    package var group: String
    package var resource: String
    package var subresource: String
    package var scope: String

    package init(verb: String, group: String, resource: String, subresource: String, scope: String) {
        self.verb = verb
        self.group = group
        self.resource = resource
        self.subresource = subresource
        self.scope = scope
    }

    package static let names = ["verb", "group", "resource", "subresource", "scope"]

    /// The value of a label as users name it; nil if requests have no such label.
    package subscript(name: String) -> String? {
        switch name {
        case "verb": verb
        case "group": group
        case "resource": resource
        case "subresource": subresource
        case "scope": scope
        default: nil
        }
    }
}
