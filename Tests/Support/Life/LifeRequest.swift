/// A kind of request to an API server, and what serving it takes.
package struct LifeRequest: Sendable {
    enum Storage: Sendable {
        /// Answered by the watch cache.
        case cached
        /// Read from etcd, in this many calls.
        case read(Int)
        case create
        case update
        /// By no handler: non-resource paths, and requests that authorization refuses.
        case none
    }

    var method: String
    var path: String
    var query = ""
    /// As in the SERVER span's name; empty if the name is only the method.
    var template = ""
    var handler = ""
    var resource = ""
    var storage: Storage
    /// The API server's own time, without etcd and webhooks, nanoseconds.
    var own: Int64 = 700_000
    /// How long writing the response takes, nanoseconds.
    var serialize: Int64 = 60_000
    var webhooks = 0
    var status = 200
    /// Whether its user is in `system:masters`: then `authentication` is in its trace.
    var isMaster = false
    var userAgent = "kube-controller-manager/v1.36.2"

    /// A request for one object or a collection of a resource.
    static func resource(
        _ method: String, _ api: String, _ resource: String, namespace: String? = nil, name: String? = nil,
        subresource: String = "", storage: Storage
    ) -> LifeRequest {
        var path = api
        var template = api
        if let namespace {
            path += "/namespaces/\(namespace)"
            template += "/namespaces/{:namespace}"
        }
        path += "/\(resource)"
        template += "/\(resource)"
        if let name {
            path += "/\(name)"
            template += "/{:name}"
        }
        if !subresource.isEmpty {
            path += "/\(subresource)"
            template += "/\(subresource)"
        }
        let handler =
            switch method {
            case "POST": "Create"
            case "PUT": "Update"
            case "PATCH": "Patch"
            case "DELETE": "Delete"
            default: name == nil ? "List" : "Get"
            }
        return LifeRequest(
            method: method, path: path, template: template, handler: handler, resource: resource, storage: storage)
    }

    /// A non-resource path.
    static func path(_ path: String, taking own: Int64, status: Int = 200) -> LifeRequest {
        LifeRequest(
            method: "GET", path: path, storage: .none, own: own, status: status, isMaster: true,
            userAgent: "kube-probe/1.36")
    }

    func with(_ change: (inout LifeRequest) -> Void) -> LifeRequest {
        var changed = self
        change(&changed)
        return changed
    }
}
