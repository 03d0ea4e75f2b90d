/// The role of a service in the control plane, by `service.name`: `apiserver` and `kube-apiserver*` are API servers, `etcd*`
/// is etcd. No other code knows these names.
package enum ServiceRole: Sendable {
    case apiServer, etcd, other

    package init(_ service: String) {
        if service == "apiserver" || service.hasPrefix("kube-apiserver") {
            self = .apiServer
        } else {
            self = service.hasPrefix("etcd") ? .etcd : .other
        }
    }

    /// - Parameter service: UTF-8.
    package init(_ service: RawSpan) {
        if ASCII.equals(service, "apiserver") || ASCII.hasPrefix(service, "kube-apiserver") {
            self = .apiServer
        } else {
            self = ASCII.hasPrefix(service, "etcd") ? .etcd : .other
        }
    }
}
