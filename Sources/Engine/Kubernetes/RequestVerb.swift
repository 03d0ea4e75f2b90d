/// What a request does, as Kubernetes names it; the HTTP method for paths that are no resource.
package enum RequestVerb: UInt8, Sendable, CaseIterable {
    case get, list, watch, create, update, patch, delete, deletecollection, proxy
    case post, put, head, options, connect, trace, unknown

    package var name: String { "\(self)" }

    /// The verb of a method on a resource; lists and watches are told from gets later.
    static func ofResource(method: RawSpan) -> RequestVerb {
        switch ofNonResource(method: method) {
        case .post: .create
        case .get, .head: .get
        case .put: .update
        case .patch: .patch
        case .delete: .delete
        default: .unknown
        }
    }

    static func ofNonResource(method: RawSpan) -> RequestVerb {
        if ASCII.equals(method, "GET") { return .get }
        if ASCII.equals(method, "POST") { return .post }
        if ASCII.equals(method, "PUT") { return .put }
        if ASCII.equals(method, "PATCH") { return .patch }
        if ASCII.equals(method, "DELETE") { return .delete }
        if ASCII.equals(method, "HEAD") { return .head }
        if ASCII.equals(method, "OPTIONS") { return .options }
        if ASCII.equals(method, "CONNECT") { return .connect }
        if ASCII.equals(method, "TRACE") { return .trace }
        return .unknown
    }
}

/// How much of the cluster a request asks for.
package enum RequestScope: UInt8, Sendable, CaseIterable {
    case none, resource, namespace, cluster

    package var name: String { self == .none ? "" : "\(self)" }
}
