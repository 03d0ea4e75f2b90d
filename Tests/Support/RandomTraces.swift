/// Small traces with everything that real and hostile senders get wrong: missing, dangling and cyclic parents,
/// duplicates, overlaps, ties, spans of zero length, children outside their parents, requests within requests.
package struct RandomTraces {
    private var generator: SeededGenerator

    package init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
    }

    private static let shapes: [(service: String, name: String, kind: Int32)] =
        [
            ("apiserver", "GET /api/v1/pods", ReferenceSpan.server), ("kube-apiserver", "GET", ReferenceSpan.server),
            ("apiserver", "etcdserverpb.KV/Range", ReferenceSpan.client),
            ("apiserver", "HTTP POST", ReferenceSpan.client),
            ("etcd", "etcdserverpb.KV/Range", ReferenceSpan.server), ("etcd", "range", 1),
            ("my-webhook", "POST /mutate", ReferenceSpan.server), ("my-webhook", "HTTP GET", ReferenceSpan.client),
        ]
        + [
            "authentication", "authorization", "audit", "impersonation", "constrainedimpersonation",
            "priorityandfairness", "Call mutating webhook", "Call validating webhook", "SerializeObject",
            "TransformFromStorage", "Proxy via http", "cacher.Get", "GuaranteedUpdate etcd3", "Update",
        ].map { ("apiserver", $0, 1) }

    /// The spans of two traces in the order in which they are received; sometimes the same id twice.
    package mutating func next() -> [ReferenceSpan] {
        (0..<Int.random(in: 1...40, using: &generator)).map { _ in span() }
    }

    private mutating func span() -> ReferenceSpan {
        let id = UInt8.random(in: 1...24, using: &generator)
        let shape = Self.shapes[Int.random(in: 0..<(id < 3 ? 2 : Self.shapes.count), using: &generator)]
        // Usually a parent with a smaller id, which makes trees; the others make cycles.
        let parent = UInt8.random(in: 0...(isRare() ? 24 : min(id - 1, 6)), using: &generator)
        let start = UInt64.random(in: 1...20, using: &generator)
        return ReferenceSpan(
            shape.name, kind: shape.kind, service: shape.service, trace: isRare() ? 2 : 1, id: id, parent: parent,
            start..<(start + UInt64.random(in: 0...40, using: &generator)),
            target: shape.kind == ReferenceSpan.server && isRare() ? "/api/v1/pods?watch=true" : nil)
    }

    private mutating func isRare() -> Bool { Int.random(in: 0..<8, using: &generator) == 0 }
}

extension ReferenceSpan {
    /// An export request with only this span.
    package var record: [UInt8] {
        WireSpanExample.request(
            service: serviceText, resource: OddResource.attributes(of: sourceLabels), [example])
    }

    /// The span as `WireSpanExample` writes it.
    var example: WireSpanExample {
        var example = WireSpanExample()
        example.traceID = traceID
        example.spanID = spanID
        example.parentID = parentID
        example.name = name
        example.kind = UInt64(kind)
        example.start = start
        example.end = end
        example.texts = texts.flatMap { key, values in
            values.map { (key, String(decoding: $0, as: UTF8.self)) }
        }
        example.status = UInt64(statusCode)
        return example
    }
}
