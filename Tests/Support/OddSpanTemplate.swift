package import Engine

/// A kind of span in `OddTraffic`.
struct OddSpanTemplate {
    var service: String
    var name: String
    var kind: Int32
    var target: String?
    /// The labels, if it is an API request that is not long-running.
    var request: RequestLabels?

    static let requests = [
        request(
            "apiserver", "POST /api/v1/namespaces/{:namespace}/pods", "create", "", "pods", "", "resource"),
        request("apiserver", "GET /api/v1/pods", "list", "", "pods", "", "cluster"),
        request(
            "kube-apiserver", "GET", "get", "", "pods", "", "resource", target: "/api/v1/namespaces/a/pods/p"),
        request(
            "kube-apiserver", "PUT", "update", "apps", "deployments", "status", "resource",
            target: "/apis/apps/v1/namespaces/a/deployments/d/status"),
        request("apiserver", "GET", "get", "", "", "", "", target: "/readyz"),
        OddSpanTemplate(
            service: "apiserver", name: "GET /api/v1/pods", kind: ReferenceSpan.server,
            target: "/api/v1/pods?watch=true"),
    ]

    static let all: [OddSpanTemplate] =
        [
            OddSpanTemplate(service: "apiserver", name: "etcdserverpb.KV/Range", kind: ReferenceSpan.client),
            OddSpanTemplate(service: "apiserver", name: "etcdserverpb.KV/Txn", kind: ReferenceSpan.client),
            OddSpanTemplate(service: "etcd", name: "etcdserverpb.KV/Range", kind: ReferenceSpan.server),
            OddSpanTemplate(service: "etcd", name: "etcdserverpb.KV/Range", kind: ReferenceSpan.server),
            OddSpanTemplate(service: "etcd", name: "range", kind: 1),
            OddSpanTemplate(service: "apiserver", name: "HTTP POST", kind: ReferenceSpan.client),
            OddSpanTemplate(service: "my-webhook", name: "POST /mutate", kind: ReferenceSpan.server),
            OddSpanTemplate(service: "", name: "", kind: 0),
            requests[1], requests[2], requests[5],
        ]
        + [
            "authentication", "authorization", "audit", "priorityandfairness", "Call mutating webhook",
            "Call validating webhook", "SerializeObject", "cacher.Get", "GuaranteedUpdate etcd3", "Update",
        ].map { OddSpanTemplate(service: "apiserver", name: $0, kind: 1) }

    private static func request(
        _ service: String, _ name: String, _ verb: String, _ group: String, _ resource: String, _ subresource: String,
        _ scope: String, target: String? = nil
    ) -> OddSpanTemplate {
        OddSpanTemplate(
            service: service, name: name, kind: ReferenceSpan.server, target: target,
            request: RequestLabels(
                verb: verb, group: group, resource: resource, subresource: subresource, scope: scope))
    }
}

extension ReferenceSpan {
    /// The labels of a request in `OddTraffic`; nil if the span isn't one, or is long-running.
    package var oddRequestLabels: RequestLabels? {
        let target = texts["http.target"]?.first
        var labels = OddSpanTemplate.requests.first {
            isAPIServerRequest && Array($0.name.utf8) == name && $0.target.map { Array($0.utf8) } == target
        }?.request
        labels?.cluster = String(decoding: cluster, as: UTF8.self)
        return labels
    }
}
