/// Writes protobuf messages for tests, valid or invalid.
package struct WireBuilder {
    package private(set) var bytes: [UInt8] = []

    package init() {}

    package static func message(_ build: (inout WireBuilder) -> Void) -> [UInt8] {
        var builder = WireBuilder()
        build(&builder)
        return builder.bytes
    }

    package mutating func varint(_ field: Int, _ value: UInt64) {
        raw(UInt64(field) << 3)
        raw(value)
    }

    package mutating func fixed64(_ field: Int, _ value: UInt64) {
        raw(UInt64(field) << 3 | 1)
        for shift in stride(from: UInt64(0), to: 64, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    package mutating func contents(_ field: Int, _ contents: [UInt8]) {
        raw(UInt64(field) << 3 | 2)
        raw(UInt64(contents.count))
        bytes += contents
    }

    package mutating func text(_ field: Int, _ text: String) {
        contents(field, Array(text.utf8))
    }

    package mutating func append(_ more: [UInt8]) {
        bytes += more
    }

    private mutating func raw(_ value: UInt64) {
        var value = value
        while value >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
            value >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: value))
    }
}

/// An OTLP span to encode, acceptable unless a test changes its fields.
package struct WireSpanExample {
    package var traceID = [UInt8](repeating: 1, count: 16)
    package var spanID: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8]
    package var parentID: [UInt8] = []
    package var name = Array("Get".utf8)
    package var kind: UInt64 = 2
    package var start: UInt64 = 1_767_225_600_000_000_000
    package var end: UInt64 = 1_767_225_600_001_000_000
    package var status: UInt64 = 0
    package var statusMessage = ""
    package var texts: [(key: String, value: String)] = []
    package var integers: [(key: String, value: UInt64)] = []
    /// Appended to the span's message unchanged.
    package var extra: [UInt8] = []

    package init() {}

    package init(_ change: (inout WireSpanExample) -> Void) {
        change(&self)
    }

    package var message: [UInt8] {
        WireBuilder.message { span in
            span.contents(1, traceID)
            span.contents(2, spanID)
            if !parentID.isEmpty { span.contents(4, parentID) }
            span.contents(5, name)
            span.varint(6, kind)
            span.fixed64(7, start)
            span.fixed64(8, end)
            for (key, value) in texts {
                span.contents(9, Self.pair(key, WireBuilder.message { $0.text(1, value) }))
            }
            for (key, value) in integers {
                span.contents(9, Self.pair(key, WireBuilder.message { $0.varint(3, value) }))
            }
            if status > 0 || !statusMessage.isEmpty {
                span.contents(
                    15,
                    WireBuilder.message {
                        if !statusMessage.isEmpty { $0.text(2, statusMessage) }
                        $0.varint(3, status)
                    })
            }
            span.append(extra)
        }
    }

    /// A `KeyValue` message with the given `AnyValue`.
    package static func pair(_ key: String, _ value: [UInt8]) -> [UInt8] {
        WireBuilder.message {
            $0.text(1, key)
            $0.contents(2, value)
        }
    }

    /// An export request with one resource.
    package static func request(
        service: String = "apiserver", resource attributes: [(key: String, value: String)] = [],
        _ spans: [WireSpanExample]
    ) -> [UInt8] {
        WireBuilder.message { request in
            request.contents(
                1,
                WireBuilder.message { resource in
                    resource.contents(
                        1,
                        WireBuilder.message { resource in
                            for (key, value) in attributes + [("service.name", service)] {
                                resource.contents(1, pair(key, WireBuilder.message { $0.text(1, value) }))
                            }
                        })
                    resource.contents(
                        2,
                        WireBuilder.message { scope in
                            for span in spans { scope.contents(2, span.message) }
                        })
                })
        }
    }
}
