/// A request to the API server, read from its method and its path, as kube-apiserver's RequestInfo does.
///
/// Offsets point into the path that was read, so that nothing is copied.
package struct APIServerRequest: Sendable {
    package var verb: RequestVerb
    package var scope: RequestScope
    package var group: Range<Int>
    package var resource: Range<Int>
    package var subresource: Range<Int>
    /// Lasts as long as its client wants: watch, proxy, attach, exec, portforward, log with follow.
    package var isLongRunning: Bool

    /// - Parameters:
    ///   - method: the HTTP method in upper case.
    ///   - target: the path, with or without its query (`http.target`, `url.path`), or the template in a span's name.
    ///   - query: the query where it came apart from the path (`url.query`), else empty.
    package static func parse(method: RawSpan, target: RawSpan, query: RawSpan) -> APIServerRequest {
        let mark = ASCII.firstIndex(of: UInt8(ascii: "?"), in: target) ?? target.byteCount
        let path = RequestPath(target.extracting(0..<mark))
        var question = RequestQuery()
        if mark < target.byteCount { question.read(target.extracting((mark + 1)..<target.byteCount)) }
        question.read(query)
        return resourceRequest(method: method, target: target, path: path, query: question)
            ?? APIServerRequest(
                verb: .ofNonResource(method: method), scope: .none, group: 0..<0, resource: 0..<0,
                subresource: 0..<0, isLongRunning: false)
    }

    /// nil where the path is no resource's: `/healthz`, `/apis/apps/v1`, …
    private static func resourceRequest(
        method: RawSpan, target: RawSpan, path: RequestPath, query: RequestQuery
    ) -> APIServerRequest? {
        func isPart(_ index: Int, _ text: StaticString) -> Bool {
            ASCII.equals(target.extracting(path[index]), text)
        }
        guard path.count >= 3 else { return nil }
        // The group: none under /api, the second part under /apis.
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

    /// The path prefixes of old that name the verb: `/api/v1/watch/pods`.
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

/// The parts of a path between slashes, empty ones left out; of a longer path only the first twelve.
struct RequestPath {
    private var parts = InlineArray<12, Range<Int>>(repeating: 0..<0)
    private(set) var count = 0

    init(_ path: RawSpan) {
        var start = 0
        while start < path.byteCount, count < 12 {
            let end = ASCII.firstIndex(of: UInt8(ascii: "/"), in: path, from: start) ?? path.byteCount
            if end > start {
                parts[count] = start..<end
                count += 1
            }
            start = end + 1
        }
    }

    subscript(index: Int) -> Range<Int> { parts[index] }
}

/// What of a request's query tells what the request is.
struct RequestQuery {
    var watch = false
    var follow = false
    /// A field selector on `metadata.name`: a list or watch of one object.
    var namesOneObject = false

    mutating func read(_ query: RawSpan) {
        var start = 0
        while start < query.byteCount {
            let end = ASCII.firstIndex(of: UInt8(ascii: "&"), in: query, from: start) ?? query.byteCount
            readParameter(query.extracting(start..<end))
            start = end + 1
        }
    }

    private mutating func readParameter(_ parameter: RawSpan) {
        let equals = ASCII.firstIndex(of: UInt8(ascii: "="), in: parameter) ?? parameter.byteCount
        let key = parameter.extracting(0..<equals)
        let value = parameter.extracting(min(equals + 1, parameter.byteCount)..<parameter.byteCount)
        if ASCII.equals(key, "watch") {
            watch = Self.isTrue(value)
        } else if ASCII.equals(key, "follow") {
            follow = Self.isTrue(value)
        } else if ASCII.equals(key, "fieldSelector") {
            namesOneObject =
                ASCII.hasPrefix(value, "metadata.name=") || ASCII.hasPrefix(value, "metadata.name%3D")
                || ASCII.hasPrefix(value, "metadata.name%3d")
        }
    }

    /// As the API server reads booleans in a query: anything but `0` and `false`.
    private static func isTrue(_ value: RawSpan) -> Bool {
        !ASCII.equals(value, "0") && !ASCII.equalsLoosely(value, "false")
    }
}
