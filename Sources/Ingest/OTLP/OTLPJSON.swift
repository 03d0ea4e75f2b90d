/// Translates OTLP in JSON into the protobuf wire format, so that one decoder decides what is accepted.
///
/// Source: the OTLP specification, "JSON Protobuf Encoding": ids in hexadecimal, enums as integers, 64-bit integers as
/// text or number, unknown fields ignored. What the decoder keeps nothing of (events, links, nested attribute values)
/// is checked to be JSON and left out.
package enum OTLPJSON {
    /// The wire form of an `ExportTraceServiceRequest` or `TracesData` in JSON.
    package static func wireFormat(of json: RawSpan) throws(DecodeError) -> [UInt8] {
        var reader = JSONReader(json)
        var writer = WireWriter()
        try reader.forEachField { (key, reader) throws(DecodeError) in
            if key == "resourceSpans" {
                try reader.forEachElement { (reader) throws(DecodeError) in
                    try resourceSpans(&reader, to: &writer)
                }
            } else {
                try reader.skipValue()
            }
        }
        guard reader.peek() == nil else { throw reader.failure(.trailingText) }
        return writer.bytes
    }

    private static func resourceSpans(
        _ reader: inout JSONReader, to writer: inout WireWriter
    ) throws(DecodeError) {
        let message = writer.begin(1)
        try reader.forEachField { (key, reader) throws(DecodeError) in
            switch key {
            case "resource":
                let resource = writer.begin(1)
                try reader.forEachField { (key, reader) throws(DecodeError) in
                    if key == "attributes" {
                        try attributes(&reader, field: 1, to: &writer)
                    } else {
                        try reader.skipValue()
                    }
                }
                writer.end(resource)
            case "scopeSpans":
                try reader.forEachElement { (reader) throws(DecodeError) in
                    try scopeSpans(&reader, to: &writer)
                }
            default: try reader.skipValue()
            }
        }
        writer.end(message)
    }

    private static func scopeSpans(
        _ reader: inout JSONReader, to writer: inout WireWriter
    ) throws(DecodeError) {
        let message = writer.begin(2)
        try reader.forEachField { (key, reader) throws(DecodeError) in
            if key == "spans" {
                try reader.forEachElement { (reader) throws(DecodeError) in
                    try span(&reader, to: &writer)
                }
            } else {
                try reader.skipValue()
            }
        }
        writer.end(message)
    }

    private static func span(_ reader: inout JSONReader, to writer: inout WireWriter) throws(DecodeError) {
        let message = writer.begin(2)
        try reader.forEachField { (key, reader) throws(DecodeError) in
            switch key {
            case "traceId": writer.bytes(1, try identifier(&reader))
            case "spanId": writer.bytes(2, try identifier(&reader))
            case "parentSpanId": writer.bytes(4, try identifier(&reader))
            case "name": writer.bytes(5, try reader.string())
            case "kind": writer.varint(6, try enumeration(&reader))
            case "startTimeUnixNano": writer.fixed64(7, try time(&reader))
            case "endTimeUnixNano": writer.fixed64(8, try time(&reader))
            case "attributes": try attributes(&reader, field: 9, to: &writer)
            case "status":
                let status = writer.begin(15)
                try reader.forEachField { (key, reader) throws(DecodeError) in
                    if key == "code" {
                        writer.varint(3, try enumeration(&reader))
                    } else {
                        try reader.skipValue()
                    }
                }
                writer.end(status)
            default: try reader.skipValue()
            }
        }
        writer.end(message)
    }

    private static func attributes(
        _ reader: inout JSONReader, field: Int, to writer: inout WireWriter
    ) throws(DecodeError) {
        try reader.forEachElement { (reader) throws(DecodeError) in
            let pair = writer.begin(field)
            try reader.forEachField { (key, reader) throws(DecodeError) in
                switch key {
                case "key": writer.bytes(1, try reader.string())
                case "value": try value(&reader, to: &writer)
                default: try reader.skipValue()
                }
            }
            writer.end(pair)
        }
    }

    private static func value(_ reader: inout JSONReader, to writer: inout WireWriter) throws(DecodeError) {
        let message = writer.begin(2)
        try reader.forEachField { (key, reader) throws(DecodeError) in
            switch key {
            case "stringValue": writer.bytes(1, try reader.string())
            case "intValue": writer.varint(3, UInt64(truncatingIfNeeded: try reader.integer()))
            default: try reader.skipValue(of: key)
            }
        }
        writer.end(message)
    }

    /// An id's bytes. What is no hexadecimal becomes one byte, for which the decoder rejects the span alone.
    private static func identifier(_ reader: inout JSONReader) throws(DecodeError) -> [UInt8] {
        return Hex.bytes(try reader.string()) ?? [0]
    }

    private static func enumeration(_ reader: inout JSONReader) throws(DecodeError) -> UInt64 {
        if reader.peek() == UInt8(ascii: "\"") { throw reader.failure(.enumAsText) }
        return UInt64(truncatingIfNeeded: try reader.integer())
    }

    /// Unix nanoseconds; what doesn't fit becomes the largest number, for which the decoder rejects the span alone.
    private static func time(_ reader: inout JSONReader) throws(DecodeError) -> UInt64 {
        UInt64(exactly: try reader.integer()) ?? .max
    }
}
