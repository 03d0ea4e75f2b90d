@testable import Engine
import Testing

@Suite struct `Requests to the API server` {
    struct Example: CustomStringConvertible, Sendable {
        var method: String
        var target: String
        /// verb, group, resource, subresource, scope
        var labels: String
        var isLongRunning = false

        var description: String { "\(method) \(target)" }
    }

    static let examples: [Example] = [
        Example(method: "GET", target: "/api/v1/namespaces/a/pods/p", labels: "get||pods||resource"),
        Example(method: "HEAD", target: "/api/v1/namespaces/a/pods/p", labels: "get||pods||resource"),
        Example(method: "GET", target: "/api/v1/namespaces/a/pods", labels: "list||pods||namespace"),
        Example(method: "GET", target: "/api/v1/pods?limit=500", labels: "list||pods||cluster"),
        Example(
            method: "GET", target: "/api/v1/pods?allowWatchBookmarks=true&watch=true", labels: "watch||pods||cluster",
            isLongRunning: true),
        Example(
            method: "GET", target: "/api/v1/namespaces/a/pods?watch=1", labels: "watch||pods||namespace",
            isLongRunning: true),
        Example(method: "GET", target: "/api/v1/pods?watch=false", labels: "list||pods||cluster"),
        Example(
            method: "GET", target: "/api/v1/nodes?fieldSelector=metadata.name%3Dn1&watch=true",
            labels: "watch||nodes||resource", isLongRunning: true),
        Example(
            method: "GET", target: "/api/v1/watch/namespaces/a/pods", labels: "watch||pods||namespace",
            isLongRunning: true),
        // Of a repeated parameter the first counts; keys and values are decoded.
        Example(method: "GET", target: "/api/v1/pods?watch=false&watch=true", labels: "list||pods||cluster"),
        Example(
            method: "GET", target: "/api/v1/pods?watch=true&watch=false", labels: "watch||pods||cluster",
            isLongRunning: true),
        Example(
            method: "GET", target: "/api/v1/pods?w%61tch=1", labels: "watch||pods||cluster", isLongRunning: true),
        Example(method: "GET", target: "/api/v1/pods?watch=f%61LSE", labels: "list||pods||cluster"),
        Example(
            method: "GET", target: "/api/v1/pods?watch=f_alse", labels: "watch||pods||cluster", isLongRunning: true),
        Example(method: "GET", target: "/api/v1/pods?watch", labels: "watch||pods||cluster", isLongRunning: true),
        Example(method: "GET", target: "/api/v1/pods?watch=%zz", labels: "list||pods||cluster"),
        Example(method: "GET", target: "/api/v1/pods?watch=1;a", labels: "list||pods||cluster"),
        Example(method: "GET", target: "/api/v1/pods?wat%", labels: "list||pods||cluster"),
        Example(
            method: "GET", target: "/api/v1/pods?fieldSelector=status.phase%21%3DRunning%2Cmetadata.name%3D%3Dp1",
            labels: "list||pods||resource"),
        Example(
            method: "GET", target: "/api/v1/pods?fieldSelector=m%65tadata.name=p1", labels: "list||pods||resource"),
        Example(method: "GET", target: "/api/v1/pods?fieldSelector=metadata.name=", labels: "list||pods||cluster"),
        Example(method: "GET", target: "/api/v1/pods?fieldSelector=metadata.name!=p1", labels: "list||pods||cluster"),
        Example(method: "GET", target: "/api/v1/pods?fieldSelector=metadata.name=a%2Fb", labels: "list||pods||cluster"),
        Example(
            method: "GET", target: "/api/v1/pods?fieldSelector=metadata.names=a&fieldSelector=metadata.name=p1",
            labels: "list||pods||cluster"),
        Example(method: "GET", target: "/api/v1/namespaces/a/p%6fds", labels: "list||pods||namespace"),
        Example(
            method: "GET", target: "/api/v1/namespaces/a/pods/p%2flog?follow=1", labels: "get||pods|log|resource",
            isLongRunning: true),
        Example(method: "GET", target: "/api/v1/p%ZZds", labels: "list||p%ZZds||cluster"),
        Example(method: "GET", target: "/debug/pprof/profile?seconds=30", labels: "get||||", isLongRunning: true),
        Example(method: "GET", target: "/debug/pprof/", labels: "get||||", isLongRunning: true),
        Example(method: "GET", target: "/debug/pprof", labels: "get||||"),
        Example(method: "POST", target: "/api/v1/namespaces/a/pods", labels: "create||pods||resource"),
        Example(
            method: "POST", target: "/api/v1/namespaces/a/pods/p/binding", labels: "create||pods|binding|resource"),
        Example(
            method: "POST", target: "/api/v1/namespaces/a/pods/p/exec?command=sh", labels: "create||pods|exec|resource",
            isLongRunning: true),
        Example(
            method: "GET", target: "/api/v1/namespaces/a/pods/p/portforward",
            labels: "get||pods|portforward|resource", isLongRunning: true),
        Example(method: "GET", target: "/api/v1/namespaces/a/pods/p/log", labels: "get||pods|log|resource"),
        Example(
            method: "GET", target: "/api/v1/namespaces/a/pods/p/log?follow=true", labels: "get||pods|log|resource",
            isLongRunning: true),
        Example(
            method: "GET", target: "/api/v1/nodes/n1/proxy/metrics", labels: "get||nodes|proxy|resource",
            isLongRunning: true),
        Example(
            method: "PUT", target: "/apis/apps/v1/namespaces/a/deployments/d/status",
            labels: "update|apps|deployments|status|resource"),
        Example(
            method: "PATCH", target: "/apis/example.com/v1/namespaces/a/widgets/w",
            labels: "patch|example.com|widgets||resource"),
        Example(
            method: "DELETE", target: "/apis/apps/v1/namespaces/a/replicasets",
            labels: "deletecollection|apps|replicasets||namespace"),
        Example(method: "DELETE", target: "/api/v1/nodes/n1", labels: "delete||nodes||resource"),
        Example(method: "GET", target: "/api/v1/namespaces", labels: "list||namespaces||cluster"),
        Example(method: "GET", target: "/api/v1/namespaces/a", labels: "get||namespaces||resource"),
        Example(method: "PUT", target: "/api/v1/namespaces/a/finalize", labels: "update||namespaces|finalize|resource"),
        Example(method: "GET", target: "/api/v1/namespaces/a/namespaces/a", labels: "get||namespaces||resource"),
        Example(method: "GET", target: "/healthz", labels: "get||||"),
        Example(method: "GET", target: "/metrics?x=/api/v1/pods", labels: "get||||"),
        Example(method: "GET", target: "/apis/apps/v1", labels: "get||||"),
        Example(method: "POST", target: "/api", labels: "post||||"),
        Example(method: "", target: "", labels: "unknown||||"),
        Example(method: "GET", target: "//api//v1///pods/", labels: "list||pods||cluster"),
        Example(method: "GET", target: "/api/v1/watch", labels: "get||||"),
        Example(
            method: "GET", target: "/api/v1/namespaces/{:namespace}/pods/{:name}/log",
            labels: "get||pods|log|resource"),
    ]

    @Test(arguments: examples) func `are named as Kubernetes names them`(example: Example) {
        let method = Array(example.method.utf8)
        let target = Array(example.target.utf8)
        let query = unsafe RequestQuery(target: target.span.bytes, query: RawSpan())
        let path = unsafe RequestPath.decoded(target.span.bytes) ?? target
        let request = unsafe APIServerRequest.parse(method: method.span.bytes, target: path.span.bytes, query: query)
        func text(_ range: Range<Int>) -> String { String(decoding: path[range], as: UTF8.self) }
        let labels = [
            request.verb.name, text(request.group), text(request.resource), text(request.subresource),
            request.scope.name,
        ]
        #expect(labels.joined(separator: "|") == example.labels)
        #expect(request.isLongRunning == example.isLongRunning)
    }

    @Test func `the query may come apart from the path`() {
        let method = Array("GET".utf8)
        let path = Array("/api/v1/pods".utf8)
        let parameters = Array("resourceVersion=7&watch=true".utf8)
        let query = unsafe RequestQuery(target: path.span.bytes, query: parameters.span.bytes)
        let request = unsafe APIServerRequest.parse(
            method: method.span.bytes, target: path.span.bytes, query: query)
        #expect(request.verb == .watch)
    }
}

@Suite struct `Span status` {
    @Test(arguments: [
        "DeadlineExceeded", "DEADLINE_EXCEEDED", "UNKNOWN", "Unknown", "Unavailable", "DataLoss", "DATA_LOSS",
        "Internal", "UNIMPLEMENTED", "2", "4", "12", "13", "14", "15",
    ]) func `gRPC codes that are a server's error`(code: String) {
        let text = Array(code.utf8)
        #expect(unsafe SpanStatus.isGRPCError(text.span.bytes))
    }

    @Test(arguments: ["OK", "Canceled", "CANCELLED", "NotFound", "ResourceExhausted", "", "0", "1", "8", "99", "abc"])
    func `gRPC codes that are not errors`(code: String) {
        let text = Array(code.utf8)
        #expect(!(unsafe SpanStatus.isGRPCError(text.span.bytes)))
    }
}
