/// An API request parsed from its method and path, as kube-apiserver's RequestInfo does.
///
/// Offsets refer to the parsed path, so that nothing is copied.
package struct APIServerRequest: Sendable {
    var verb: RequestVerb
    var scope: RequestScope
    var group: Range<Int>
    var resource: Range<Int>
    var subresource: Range<Int>
    /// The request lasts as long as its client wants: watch, proxy, attach, exec, portforward, log with follow,
    /// profiles.
    package var isLongRunning: Bool

    /// - Parameters:
    ///   - method: the HTTP method in upper case.
    ///   - target: the path with or without its query (`http.target`, `url.path`), percent-decoded
    ///     (`RequestPath.decoded`); or the template in a span's name.
    ///   - query: the parsed query.
    package static func parse(method: RawSpan, target: RawSpan, query: RequestQuery) -> APIServerRequest {
        resourceRequest(method: method, target: target, path: RequestPath(target), query: query)
            ?? APIServerRequest(
                verb: .ofNonResource(method: method), scope: .none, group: 0..<0, resource: 0..<0,
                subresource: 0..<0, isLongRunning: ASCII.hasPrefix(target, "/debug/pprof/"))
    }

    /// Whether the path template it was parsed from names one resource. It doesn't if the group, resource or
    /// subresource is a placeholder, as in `/apis/{:group}/{:version}/{:rest}`.
    package func isNamed(in template: RawSpan) -> Bool {
        func isText(_ part: Range<Int>) -> Bool {
            ASCII.firstIndex(of: UInt8(ascii: "{"), in: template.extracting(part)) == nil
        }
        return scope != .none && isText(group) && isText(resource) && isText(subresource)
    }

    /// nil if the path names no resource: `/healthz`, `/apis/apps/v1`, …
    private static func resourceRequest(
        method: RawSpan, target: RawSpan, path: RequestPath, query: RequestQuery
    ) -> APIServerRequest? {
        func isPart(_ index: Int, _ text: StaticString) -> Bool {
            ASCII.equals(target.extracting(path[index]), text)
        }
        guard path.count >= 3 else { return nil }
        // `/api` has no group; under `/apis` it is the second part.
        var group = 0..<0
        var next: Int
        if isPart(0, "api") {
            next = 2
        } else if isPart(0, "apis"), path.count >= 4 {
            group = path[1]
            next = 3
        } else {
            return nil
        }
        var verb = RequestVerb.ofResource(method: method)
        if let special = specialVerb(target.extracting(path[next])) {
            guard next + 1 < path.count else { return nil }
            verb = special
            next += 1
        }
        var isNamespaced = false
        if isPart(next, "namespaces"), next + 1 < path.count {
            isNamespaced = true
            // `status` and `finalize` are subresources of the namespace itself.
            if next + 2 < path.count, !isPart(next + 2, "status"),
                !isPart(next + 2, "finalize")
            {
                next += 2
            }
        }
        let resource = path[next]
        let hasName = next + 1 < path.count
        let subresource = next + 2 < path.count && verb != .proxy ? path[next + 2] : 0..<0
        var isNamed = hasName
        if !hasName, verb == .get {
            verb = query.watch ? .watch : .list
            isNamed = query.namesOneObject
        } else if !hasName, verb == .delete {
            verb = .deletecollection
        }
        let scope: RequestScope =
            isNamed || verb == .create ? .resource : isNamespaced ? .namespace : .cluster
        return APIServerRequest(
            verb: verb, scope: scope, group: group, resource: resource, subresource: subresource,
            isLongRunning: verb == .watch || verb == .proxy
                || isLongRunning(target.extracting(subresource), query))
    }

    /// The deprecated path prefixes that name the verb: `/api/v1/watch/pods`.
    private static func specialVerb(_ part: RawSpan) -> RequestVerb? {
        if ASCII.equals(part, "watch") { return .watch }
        if ASCII.equals(part, "proxy") { return .proxy }
        return nil
    }

    private static func isLongRunning(_ subresource: RawSpan, _ query: RequestQuery) -> Bool {
        if subresource.byteCount == 0 { return false }
        if ASCII.equals(subresource, "log") { return query.follow }
        return ASCII.equals(subresource, "exec") || ASCII.equals(subresource, "attach")
            || ASCII.equals(subresource, "portforward") || ASCII.equals(subresource, "proxy")
    }
}

/// The Kubernetes verb of a request; the HTTP method for non-resource paths.
package enum RequestVerb: UInt8, Sendable, CaseIterable {
    case get, list, watch, create, update, patch, delete, deletecollection, proxy
    case post, put, head, options, connect, trace, unknown

    package var name: String { Self.names[Int(rawValue)] }

    // Making a case's name takes thousands of instructions.
    private static let names = allCases.map { "\($0)" }

    /// The verb of a method on a resource; the caller tells lists and watches from gets.
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

/// How much of the cluster a request covers.
package enum RequestScope: UInt8, Sendable, CaseIterable {
    case none, resource, namespace, cluster

    package var name: String { Self.names[Int(rawValue)] }

    private static let names = allCases.map { $0 == .none ? "" : "\($0)" }
}
