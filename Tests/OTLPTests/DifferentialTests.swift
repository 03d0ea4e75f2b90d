import Engine
import OTLP
import TestSupport
import Testing

/// Compares the decoder with libprotobuf-c: both must accept the same bodies and produce the same columns.
@Suite struct `The span decoder and libprotobuf-c` {
    @Test func `read the same spans from the records of the captures`() throws {
        for archive in Captures.archives {
            // Only a third of them: debug builds are slow, and the records are similar.
            for record in try Captures.records(archive).enumerated() where record.offset % 3 == 0 {
                try expectSame(record.element)
            }
        }
    }

    @Test(arguments: 0..<8) func `agree on records with bytes changed, cut out and put in`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let records = try Captures.records(Captures.example).prefix(4).map { Array($0.prefix(60_000)) } + [sample]
        for _ in 0..<400 {
            var body = records.randomElement(using: &random) ?? []
            // Most truncated pieces are refused for their cut end, so take the small sample often.
            if Bool.random(using: &random) { body = sample }
            for _ in 0..<Int.random(in: 1...4, using: &random) { mutate(&body, using: &random) }
            try expectSame(body)
        }
    }

    /// Two resources with fields of every kind.
    private var sample: [UInt8] {
        let event = WireBuilder.message {
            $0.fixed64(1, 7)
            $0.text(2, "event")
            $0.contents(3, WireSpanExample.pair("k", WireBuilder.message { $0.varint(2, 1) }))
            $0.varint(4, 1)
        }
        let link = WireBuilder.message {
            $0.contents(1, [UInt8](repeating: 3, count: 16))
            $0.contents(2, [UInt8](repeating: 4, count: 8))
            $0.contents(4, WireSpanExample.pair("k", WireBuilder.message { $0.fixed64(4, 1) }))
        }
        let nested = WireBuilder.message { value in
            value.contents(
                5,
                WireBuilder.message {
                    $0.contents(1, WireBuilder.message { $0.text(1, "x") })
                    $0.contents(
                        1,
                        WireBuilder.message {
                            $0.contents(
                                6, WireBuilder.message { $0.contents(1, WireSpanExample.pair("a", [0x18, 5])) })
                        })
                })
        }
        let span = WireSpanExample {
            $0.texts = [("http.request.method", "GET"), ("http.target", "/api/v1/pods?watch=true"), ("x", "y")]
            $0.integers = [("http.response.status_code", 504), ("rpc.grpc.status_code", 4)]
            $0.extra = WireBuilder.message {
                $0.text(3, "ot=th:8")
                $0.contents(9, WireSpanExample.pair("list", nested))
                $0.varint(10, 1)
                $0.contents(11, event)
                $0.varint(12, 2)
                $0.contents(13, link)
                $0.varint(14, 3)
                $0.append([0x85, 0x01, 1, 1, 0, 0])
                $0.text(200, "unknown field")
            }
        }
        return WireSpanExample.request([span, WireSpanExample { $0.status = 2 }])
            + WireSpanExample.request(
                service: "etcd",
                resource: [
                    ("k8s.cluster.name", "east"), ("host.name", "node-1"), ("k8s.pod.name", "etcd-node-1"),
                    ("service.instance.id", ""),
                ], [span])
    }

    @Test func `agree on the sample that is mutated`() throws {
        try expectSame(sample)
        #expect(ReferenceDecoder.decode(sample)?.count == 3)
    }

    private func mutate(_ body: inout [UInt8], using random: inout SeededGenerator) {
        guard !body.isEmpty else { return }
        let index = Int.random(in: 0..<body.count, using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: body[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1: body[index] = UInt8.random(in: 0...255, using: &random)
        case 2: body.removeSubrange(index..<min(body.count, index + Int.random(in: 1...4, using: &random)))
        case 3: body.insert(UInt8.random(in: 0...255, using: &random), at: index)
        default: body.removeLast(min(body.count, Int.random(in: 1...8, using: &random)))
        }
    }

    private func expectSame(_ body: [UInt8]) throws {
        let reference = ReferenceDecoder.decode(body)
        var spans: [DecodedSpan] = []
        var rejected = 0
        let failure = decode(body) {
            spans = DecodedSpan.all($0)
            rejected = $0.rejections.total
        }
        if let failure {
            // libprotobuf-c accepts field number 0 as an unknown field, but the wire format forbids it.
            if failure.code.isInvalidTag { return }
            #expect(reference == nil, "refused for \(failure), but libprotobuf-c takes it: \(body)")
            return
        }
        guard let reference else {
            Issue.record("taken, but libprotobuf-c refuses it: \(body)")
            return
        }
        let acceptable = reference.filter(\.isAcceptable)
        #expect(rejected == reference.count - acceptable.count)
        guard spans.count == acceptable.count else {
            Issue.record("\(spans.count) spans instead of \(acceptable.count)")
            return
        }
        for (span, expected) in zip(spans, acceptable) where !span.agrees(with: expected) {
            Issue.record("\(span) is not \(expected)")
        }
    }
}

extension DecodeError.Code {
    fileprivate var isInvalidTag: Bool {
        if case .invalidTag = self { true } else { false }
    }
}

extension DecodedSpan {
    fileprivate func agrees(with other: ReferenceSpan) -> Bool {
        func number(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
        let kind = SpanKind(rawValue: UInt8(exactly: other.kind) ?? 0) ?? .unspecified
        return row.traceHigh == number(other.traceID[0..<8]) && row.traceLow == number(other.traceID[8..<16])
            && row.spanID == number(other.spanID[...]) && row.parentID == number(other.parentID[...])
            && row.start == Int64(other.start) && row.duration == Int64(other.end - other.start)
            && service == Array(other.service.prefix(SpanBatch.nameBytesMax))
            && source == other.source
            && name == Array(other.name.prefix(SpanBatch.nameBytesMax)) && self.kind == kind
            && row.flags.isError == other.isError
            && (request != nil)
                == (kind == .server
                    && ["apiserver", "kube-apiserver"].contains(String(decoding: service, as: UTF8.self)))
    }
}
