import Engine
import OTLP
import Support
import TestSupport
import Testing

@Suite struct `The span decoder` {
    @Test func `takes an empty request`() {
        var count = -1
        #expect(decode([]) { count = $0.count } == nil)
        #expect(count == 0)
    }

    struct Bad: CustomStringConvertible, Sendable {
        var description: String
        var body: [UInt8]
    }

    static let malformed: [Bad] = [
        Bad(description: "length past the end", body: [0x0A, 0x05, 0x01]),
        Bad(description: "length of 2^63", body: [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F]),
        Bad(description: "11-byte varint", body: [0x0A] + [UInt8](repeating: 0x80, count: 10) + [0x01]),
        Bad(description: "field number 0", body: [0x02, 0x00]),
        Bad(description: "group", body: [0x0B, 0x0C]),
        Bad(description: "wrong wire type", body: [0x08, 0x01]),
        Bad(description: "cut tag", body: [0x8A]),
        Bad(description: "text", body: Array("hello".utf8)),
    ]

    @Test(arguments: malformed) func `refuses a malformed body`(bad: Bad) {
        #expect(decode(bad.body) { _ in } != nil)
    }

    @Test func `leaves nothing of a refused body in the batch`() {
        var batch = SpanBatch()
        let body = WireSpanExample.request([WireSpanExample()]) + [0x0A, 0x05, 0x01]
        #expect(throws: DecodeError.self) { try unsafe SpanDecoder().decode(body.span.bytes, into: &batch) }
        #expect(batch.count == 0)
        #expect(batch.operationCount == 0)
    }

    @Test func `cuts long names of a source`() {
        let body = WireSpanExample.request(
            service: String(repeating: "s", count: 2_000),
            resource: [
                ("k8s.cluster.name", String(repeating: "c", count: 300)),
                ("host.name", String(repeating: "h", count: 257)),
            ], [WireSpanExample()])
        var spans: [DecodedSpan] = []
        #expect(decode(body) { spans = DecodedSpan.all($0) } == nil)
        let expected = [("c", 256), ("s", 1024), ("h", 256)].map { [UInt8](String(repeating: $0, count: $1).utf8) }
        #expect(spans.map(\.source) == [expected])
    }

    private func nested(_ depth: Int, inList: Bool) -> [UInt8] {
        var value = WireBuilder.message { $0.varint(3, 1) }
        for _ in 1..<depth {
            let inner = value
            value = WireBuilder.message { outer in
                outer.contents(
                    inList ? 6 : 5,
                    WireBuilder.message { $0.contents(1, inList ? WireSpanExample.pair("", inner) : inner) })
            }
        }
        let attribute = WireSpanExample.pair("deep", value)
        return WireSpanExample.request([
            WireSpanExample { $0.extra = WireBuilder.message { $0.contents(9, attribute) } }
        ])
    }

    @Test(arguments: [true, false]) func `takes values nested 100 deep and refuses 101`(inList: Bool) {
        var count = -1
        #expect(decode(nested(100, inList: inList)) { count = $0.count } == nil)
        #expect(count == 1)
        #expect(decode(nested(101, inList: inList)) { _ in }?.description.contains("nested") == true)
    }

    @Test func `refuses values nested a hundred thousand deep without recursion`() {
        // Built by hand from the inside out: each level wraps the previous one in two headers.
        var value: [UInt8] = [0x18, 0x01]
        var levels: [[UInt8]] = []
        var length = value.count
        for _ in 0..<100_000 {
            let inner = WireBuilder.message { $0.contents(1, []) }.dropLast() + varint(length)
            length += inner.count
            let outer = WireBuilder.message { $0.contents(5, []) }.dropLast() + varint(length)
            length += outer.count
            levels.append(Array(outer) + Array(inner))
        }
        value = levels.reversed().flatMap { $0 } + value
        let attribute = WireSpanExample.pair("deep", value)
        let body = WireSpanExample.request([
            WireSpanExample { $0.extra = WireBuilder.message { $0.contents(9, attribute) } }
        ])
        #expect(decode(body) { _ in }?.description.contains("nested") == true)
    }

    private func varint(_ value: Int) -> [UInt8] {
        var value = value
        var bytes: [UInt8] = []
        while value >= 0x80 {
            bytes.append(UInt8(value & 0x7F) | 0x80)
            value >>= 7
        }
        return bytes + [UInt8(value)]
    }

    struct Rejected: CustomStringConvertible, Sendable {
        var reason: RejectionReason
        var description: String
        var change: @Sendable (inout WireSpanExample) -> Void
    }

    static let rejected: [Rejected] = [
        Rejected(reason: .invalidTraceID, description: "no trace id") { $0.traceID = [] },
        Rejected(reason: .invalidTraceID, description: "trace id of 15 bytes") { $0.traceID.removeLast() },
        Rejected(reason: .invalidTraceID, description: "trace id of 17 bytes") { $0.traceID.append(1) },
        Rejected(reason: .invalidTraceID, description: "trace id of zeros") {
            $0.traceID = [UInt8](repeating: 0, count: 16)
        },
        Rejected(reason: .invalidSpanID, description: "no span id") { $0.spanID = [] },
        Rejected(reason: .invalidSpanID, description: "span id of zeros") {
            $0.spanID = [UInt8](repeating: 0, count: 8)
        },
        Rejected(reason: .invalidParentSpanID, description: "parent id of 7 bytes") {
            $0.parentID = [1, 2, 3, 4, 5, 6, 7]
        },
        Rejected(reason: .invalidTime, description: "start of 0") { $0.start = 0 },
        Rejected(reason: .invalidTime, description: "end of 0") { $0.end = 0 },
        Rejected(reason: .invalidTime, description: "end of 2^64-1") { $0.end = .max },
        Rejected(reason: .invalidTime, description: "times of 2^64-1") {
            $0.start = .max
            $0.end = .max
        },
        Rejected(reason: .invalidTime, description: "end beyond 2^62") { $0.end = 1 << 62 + 1 },
        Rejected(reason: .tooLong, description: "a start that was never set") { $0.start = 1 },
        Rejected(reason: .tooLong, description: "more than seven days") {
            $0.start = $0.end - UInt64(TimeLimits.longestSpan) - 1
        },
        Rejected(reason: .endBeforeStart, description: "end before start") { $0.end = $0.start - 1 },
    ]

    @Test(arguments: rejected) func `rejects a bad span alone`(bad: Rejected) {
        var spans = (1...9).map { number in WireSpanExample { $0.spanID[0] = UInt8(number) } }
        spans.insert(WireSpanExample(bad.change), at: 4)
        let failure = decode(WireSpanExample.request(spans)) { batch in
            #expect(batch.count == 9)
            #expect(batch.rejections[bad.reason] == 1)
            #expect(batch.rejections.total == 1)
            #expect(!batch.rejections.message.isEmpty)
        }
        #expect(failure == nil)
    }

    @Test func `reads a million empty resources in work bounded by their bytes`() {
        let body = [UInt8](repeating: 0x0A, count: 2_000_000).enumerated().map { $0.offset % 2 == 0 ? $0.element : 0 }
        var count = -1
        #expect(decode(body) { count = $0.count } == nil)
        #expect(count == 0)
    }

    @Test func `finds the service even if the resource follows its spans`() {
        let body = WireBuilder.message { request in
            request.contents(
                1,
                WireBuilder.message { resource in
                    resource.contents(2, WireBuilder.message { $0.contents(2, WireSpanExample().message) })
                    resource.contents(
                        1,
                        WireBuilder.message {
                            $0.contents(
                                1, WireSpanExample.pair("service.name", WireBuilder.message { $0.text(1, "etcd") }))
                        })
                })
        }
        let failure = decode(body) { #expect(DecodedSpan.all($0).map(\.service) == [Array("etcd".utf8)]) }
        #expect(failure == nil)
    }

    @Test(arguments: [
        (["http.method": "GET", "http.target": "/api/v1/pods?watch=true"], "watch"),
        (["http.request.method": "GET", "url.path": "/api/v1/pods", "url.query": "watch=true"], "watch"),
        (["http.request.method": "GET", "url.path": "/api/v1/pods", "url.query": "limit=5"], "list"),
        (["http.request.method": "GET", "url.path": "/api/v1/pods", "http.target": "/api/v1/pods?watch=1"], "watch"),
        ([:], "delete"),
    ]) func `names requests in every dialect`(attributes: [String: String], verb: String) {
        let span = WireSpanExample {
            $0.name = Array("DELETE /api/v1/namespaces/{:namespace}/pods/{:name}".utf8)
            $0.texts = attributes.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        }
        var window = Window(limits: WindowLimits())
        let failure = decode(WireSpanExample.request([span])) {
            _ = window.append($0, arrival: $0.end(0), evaluatedUpTo: .min)
        }
        #expect(failure == nil)
        #expect(window.requests.labels.map(\.verb) == ["_other", verb])
        #expect(window.requests.labels.last?.resource == "pods")
    }

    @Test(arguments: ["GET /apis/{:group}/{:version}/{:rest}", "GET /apis/", "GET /{:path}"])
    func `requests under a name that stands for many resources are told apart, in any order`(name: String) {
        let paths = ["/apis/a.io/v1/foos", "/apis/b.io/v1/bars/x", "/api/v1/namespaces/n/pods/p/log"]
        for paths in [paths, paths.reversed()] {
            let spans = paths.map { path in
                WireSpanExample {
                    $0.name = Array(name.utf8)
                    $0.texts = [("http.request.method", "GET"), ("url.path", path)]
                    $0.spanID = Array(path.utf8.suffix(8))
                }
            }
            var window = Window(limits: WindowLimits())
            let failure = decode(WireSpanExample.request(spans)) {
                _ = window.append($0, arrival: $0.end(0), evaluatedUpTo: .min)
            }
            #expect(failure == nil)
            #expect(Set(window.requests.labels.map(\.resource)) == ["", "foos", "bars", "pods"])
        }
    }

    /// Names of spans as API servers give them beside methods and paths that agree with them, or don't.
    @Test(arguments: 0..<20) func `the labels of a request are the same whatever spans came before`(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        let paths = [
            "/api/v1/pods", "/api/v1/nodes", "/api/v1/namespaces/n/pods", "/api/v1/namespaces/n/pods/p",
            "/api/v1/namespaces/n/pods/p/log", "/api/v1/namespaces/n", "/api/v1/namespaces/n%2Fpods/pods/p",
            "/api/v1//pods", "/apis/apps/v1/deployments", "/apis/apps/v1/namespaces/n/deployments/d", "/healthz", "",
        ]
        let templates =
            paths + [
                "/api/v1/namespaces/{:namespace}/pods", "/api/v1/namespaces/{:namespace}/pods/{:name}",
                "/api/v1/namespaces/{:namespace}/pods/{:name}/log", "/api/v1/namespaces/{:namespace}",
                "/apis/apps/v1/namespaces/{:namespace}/deployments/{:name}", "/api/v1/namespaces/{",
                "/api/v1/pods/{:name",
                "/apis/{:group}/{:version}/{:rest}",
            ]
        let methods = ["GET", "POST", "DELETE", ""]
        let queries = ["", "?watch=true", "?fieldSelector=metadata.name%3Dp", "?follow=1"]
        let spans = (0..<60).map { number in
            WireSpanExample {
                $0.name = Array("\(generator.pick(methods)) \(generator.pick(templates))".utf8)
                $0.texts = [
                    ("http.method", generator.pick(methods)),
                    ("http.target", generator.pick(paths) + generator.pick(queries)),
                ].filter { !$0.1.isEmpty }
                $0.spanID = [0, 0, 0, 0, 0, 0, 1, UInt8(number)]
            }
        }
        let together = Self.labels(of: spans)
        #expect(together == spans.flatMap { Self.labels(of: [$0]) })
        #expect(together.reversed() == Self.labels(of: spans.reversed()))
    }

    private func messages(_ spans: [WireSpanExample], service: String = "apiserver") -> [String] {
        var messages: [String] = []
        let failure = decode(WireSpanExample.request(service: service, spans)) { batch in
            for row in 0..<batch.count {
                let number = Int(batch.columns.row(row).flags.message)
                messages.append(number == 0 ? "" : batch.withMessage(number - 1) { $0.text })
            }
        }
        #expect(failure == nil)
        return messages
    }

    @Test func `keeps what failing spans of API servers say`() {
        func example(_ status: UInt64, _ message: String) -> WireSpanExample {
            WireSpanExample { ($0.status, $0.statusMessage) = (status, message) }
        }
        let spans = [example(2, "no space"), example(0, "no matter"), example(2, ""), example(2, "no space")]
        #expect(messages(spans) == ["no space", "", "", "no space"])
        #expect(messages(spans, service: "checkout") == ["", "", "", ""])
    }

    @Test func `keeps the names of webhooks that API servers call, whether the calls fail or not`() {
        func example(_ texts: [(String, String)], status: UInt64 = 0) -> WireSpanExample {
            WireSpanExample { ($0.texts, $0.status, $0.statusMessage) = (texts, status, "no space") }
        }
        let (webhook, configuration) = (("webhook", "a.example.com"), ("configuration", "demo"))
        let spans = [
            example([configuration, webhook]), example([webhook], status: 2), example([configuration]),
            example([("webhook", String(repeating: "a", count: 300))]),
        ]
        let long = String(repeating: "a", count: 253) + "\0\0"
        #expect(messages(spans) == ["a.example.com\0demo\0", "a.example.com\0\0", "", long])
        #expect(messages(spans, service: "checkout") == ["", "", "", ""])
    }

    @Test func `keeps the beginning of a long message, and as many different ones as a row can tell apart`() {
        let spans = (0..<100).map { number in
            WireSpanExample {
                ($0.status, $0.statusMessage) = (2, String(number) + String(repeating: " no", count: 1000))
            }
        }
        let kept = messages(spans)
        let expected = (0..<63).map {
            String((String($0) + String(repeating: " no", count: 1000)).prefix(SpanBatch.messageBytesMax))
        }
        #expect(kept == expected + Array(repeating: "", count: 37))
    }

    private static func labels(of spans: [WireSpanExample]) -> [String] {
        var labels: [String] = []
        let failure = decode(WireSpanExample.request(spans)) { batch in
            for row in 0..<batch.count {
                let request = Int(batch.columns.request[row])
                let isLongRunning = SpanFlags(rawValue: batch.columns.flags[row]).isLongRunning
                labels.append("\(isLongRunning) ")
                guard request > 0 else { continue }
                batch.withRequest(request - 1) { key, salt in
                    let bytes = (0..<key.byteCount).map { unsafe key.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
                    labels[row] += "\(salt) \(String(decoding: bytes, as: UTF8.self))"
                }
            }
        }
        #expect(failure == nil)
        return labels
    }
}
