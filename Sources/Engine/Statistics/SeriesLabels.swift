/// What identifies a row of `operations`: one per (service.name, span name, kind).
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

    /// Whether its spans are of an API server or of etcd.
    package var isOfControlPlane: Bool {
        switch service {
        case "apiserver", "kube-apiserver", "etcd": true
        default: false
        }
    }

    /// The value of a label by its outside name; nil if spans have no such label.
    package subscript(name: String) -> String? {
        switch name {
        case "service": service
        case "operation": operation
        case "kind": kind.name
        default: nil
        }
    }
}

/// What identifies a row of `requests`: a request to the API server as Kubernetes names it.
///
/// `verb` is a Kubernetes verb in lower case, or the HTTP method in lower case for paths that are no
/// resource (then the other fields are empty). `scope` is `resource`, `namespace`, `cluster` or empty.
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

    /// The value of a label by its outside name; nil if requests have no such label.
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
