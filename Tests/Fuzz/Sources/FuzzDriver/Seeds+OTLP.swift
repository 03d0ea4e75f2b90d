import TestSupport

extension Seeds {
    /// Records of the example archive, cut into requests of a few spans.
    static func pieces() throws -> [[UInt8]] {
        var pieces: [[UInt8]] = []
        for (number, record) in try Captures.records(Captures.example).enumerated() where number % 8 == 0 {
            for resource in fields(record[...], 1).prefix(4) {
                for scope in fields(resource, 2).prefix(2) {
                    pieces.append(request(resource, scope, spans: fields(scope, 2).prefix(2)))
                }
            }
        }
        return pieces.filter { $0.count < 2048 }
    }

    private static func request(
        _ resource: ArraySlice<UInt8>, _ scope: ArraySlice<UInt8>, spans: ArraySlice<ArraySlice<UInt8>>
    ) -> [UInt8] {
        let scopeSpans = WireBuilder.message { message in
            for described in fields(scope, 1) { message.contents(1, Array(described)) }
            for span in spans { message.contents(2, Array(span)) }
        }
        let resourceSpans = WireBuilder.message { message in
            for described in fields(resource, 1) { message.contents(1, Array(described)) }
            message.contents(2, scopeSpans)
        }
        return WireBuilder.message { $0.contents(1, resourceSpans) }
    }

    /// The contents of all length-delimited fields with a given number in a well-formed message.
    private static func fields(_ message: ArraySlice<UInt8>, _ number: UInt64) -> [ArraySlice<UInt8>] {
        var fields: [ArraySlice<UInt8>] = []
        var rest = message
        func varint() -> UInt64 {
            var value: UInt64 = 0
            var shift: UInt64 = 0
            while let byte = rest.popFirst() {
                value |= UInt64(byte & 0x7F) << shift
                if byte < 0x80 { break }
                shift += 7
            }
            return value
        }
        while !rest.isEmpty {
            let tag = varint()
            switch tag & 7 {
            case 0: _ = varint()
            case 1: rest = rest.dropFirst(8)
            case 5: rest = rest.dropFirst(4)
            default:
                let length = Int(varint())
                if tag >> 3 == number { fields.append(rest.prefix(length)) }
                rest = rest.dropFirst(length)
            }
        }
        return fields
    }

    // MARK: Every field

    /// Two resources with every field of every message, and fields that OTLP doesn't have.
    static var everyField: [UInt8] {
        let span = WireSpanExample {
            $0.parentID = [8, 7, 6, 5, 4, 3, 2, 1]
            $0.texts = [
                ("http.request.method", "GET"), ("http.target", "/api/v1/namespaces/a/pods?watch=true"),
                ("url.path", "/apis/apps/v1/deployments"), ("url.query", "limit=500"),
                ("rpc.grpc.status_code", "DEADLINE_EXCEEDED"), ("http.status_code", "503"),
            ]
            $0.integers = [("http.response.status_code", 504), ("rpc.response.status_code", 4)]
            $0.extra = rareFields
        }
        let resource = WireBuilder.message {
            $0.contents(1, WireSpanExample.pair("service.name", text("etcd")))
            $0.varint(2, 3)
        }
        let scope = WireBuilder.message {
            $0.text(1, "scope")
            $0.text(2, "1.0")
            $0.contents(3, WireSpanExample.pair("k", text("v")))
            $0.varint(4, 1)
        }
        let scopeSpans = WireBuilder.message {
            $0.contents(1, scope)
            $0.contents(2, span.message)
            $0.contents(2, WireSpanExample { $0.status = 2 }.message)
            $0.text(3, "https://opentelemetry.io/schemas/1.24.0")
        }
        // The resource follows its spans.
        let late = WireBuilder.message {
            $0.contents(2, scopeSpans)
            $0.contents(1, resource)
            $0.text(3, "schema")
        }
        return WireSpanExample.request([span, WireSpanExample { $0.name = Array("GET /api/v1/nodes".utf8) }])
            + WireBuilder.message { $0.contents(1, late) }
    }

    /// Fields of a span that Faultline doesn't keep.
    private static var rareFields: [UInt8] {
        let event = WireBuilder.message {
            $0.fixed64(1, 7)
            $0.text(2, "event")
            $0.contents(3, WireSpanExample.pair("k", WireBuilder.message { $0.varint(2, 1) }))
            $0.varint(4, 1)
        }
        let link = WireBuilder.message {
            $0.contents(1, [UInt8](repeating: 3, count: 16))
            $0.contents(2, [UInt8](repeating: 4, count: 8))
            $0.text(3, "state")
            $0.contents(4, WireSpanExample.pair("k", WireBuilder.message { $0.fixed64(4, 1) }))
            $0.varint(5, 1)
            $0.append([0x35, 1, 0, 0, 0])
        }
        let list = WireBuilder.message { $0.contents(1, WireSpanExample.pair("a", [0x18, 5])) }
        let array = WireBuilder.message {
            $0.contents(1, text("x"))
            $0.contents(1, WireBuilder.message { $0.contents(6, list) })
            $0.contents(1, WireBuilder.message { $0.contents(7, [0, 1, 2]) })
        }
        return WireBuilder.message {
            $0.text(3, "ot=th:8")
            $0.contents(9, WireSpanExample.pair("list", WireBuilder.message { $0.contents(5, array) }))
            $0.varint(10, 1)
            $0.contents(11, event)
            $0.varint(12, 2)
            $0.contents(13, link)
            $0.varint(14, 3)
            $0.contents(15, WireBuilder.message { $0.text(2, "message") })
            $0.append([0x85, 0x01, 1, 1, 0, 0])
            $0.text(200, "unknown field")
        }
    }

    private static func text(_ text: String) -> [UInt8] { WireBuilder.message { $0.text(1, text) } }
}
