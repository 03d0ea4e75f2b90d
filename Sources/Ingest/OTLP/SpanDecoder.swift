package import Engine

/// Decodes OTLP export requests straight into columns, in one pass over the wire.
///
/// A body is either wholly well-formed or refused; a span whose ids or times are not acceptable is rejected alone and
/// counted in the batch. Acceptance is that of a full protobuf parser: every nested message is checked, also those of
/// which nothing is kept.
package struct SpanDecoder {
    package init() {}

    /// Adds the spans of an `ExportTraceServiceRequest` (or `TracesData`) to a batch.
    package func decode(_ body: RawSpan, into batch: inout SpanBatch) throws(DecodeError) {
        var reader = WireReader(body)
        while !reader.isAtEnd {
            let tag = try reader.tag()
            switch tag {
            case 0x0A: try decodeResourceSpans(reader.message(), into: &batch)
            default: try reader.skipOther(tag, known: 0b10)
            }
        }
    }

    private func decodeResourceSpans(
        _ message: WireReader, into batch: inout SpanBatch
    ) throws(DecodeError) {
        // The resource may stand behind the spans that it describes: look for it first.
        let origin = try resource(message, into: &batch)
        var reader = message
        while !reader.isAtEnd {
            let tag = try reader.tag()
            switch tag {
            case 0x12: try decodeScopeSpans(reader.message(), from: origin, into: &batch)
            case 0x0A, 0x1A: _ = try reader.range()
            default: try reader.skipOther(tag, known: 0b1110)
            }
        }
    }

    private func resource(
        _ message: WireReader, into batch: inout SpanBatch
    ) throws(DecodeError) -> SpanOrigin {
        var name = 0..<0
        var reader = message
        while !reader.isAtEnd {
            let tag = try reader.tag()
            switch tag {
            case 0x0A: try readResource(reader.message(), name: &name)
            default: try reader.skipUnknown(tag)
            }
        }
        return SpanOrigin(service: message.bytes.extracting(name), in: &batch)
    }

    private func readResource(
        _ message: WireReader, name: inout Range<Int>
    ) throws(DecodeError) {
        var reader = message
        while !reader.isAtEnd {
            let tag = try reader.tag()
            switch tag {
            case 0x0A:
                let attribute = try Attribute.read(reader.message())
                if case .text(let text) = attribute.value,
                    ASCII.equals(message.bytes.extracting(attribute.key), "service.name")
                {
                    name = text
                }
            case 0x10: _ = try reader.varint()
            default: try reader.skipOther(tag, known: 0b110)
            }
        }
    }

    private func decodeScopeSpans(
        _ message: WireReader, from origin: SpanOrigin, into batch: inout SpanBatch
    ) throws(DecodeError) {
        var reader = message
        while !reader.isAtEnd {
            let tag = try reader.tag()
            switch tag {
            case 0x12: try decodeSpan(reader.message(), from: origin, into: &batch)
            case 0x0A: try checkScope(reader.message())
            case 0x1A: _ = try reader.range()
            default: try reader.skipOther(tag, known: 0b1110)
            }
        }
    }

    private func checkScope(_ message: WireReader) throws(DecodeError) {
        var reader = message
        while !reader.isAtEnd {
            let tag = try reader.tag()
            switch tag {
            case 0x0A, 0x12: _ = try reader.range()
            case 0x1A: try Attribute.check(reader.message())
            case 0x20: _ = try reader.varint()
            default: try reader.skipOther(tag, known: 0b1_1110)
            }
        }
    }

    private func decodeSpan(
        _ message: WireReader, from origin: SpanOrigin, into batch: inout SpanBatch
    ) throws(DecodeError) {
        var span = WireSpan()
        var reader = message
        while !reader.isAtEnd {
            let tag = try reader.tag()
            switch tag {
            case 0x4A: try span.attributes.read(reader.message())
            case 0x5A: try checkEvent(reader.message())
            case 0x0A: span.traceID = try reader.range()
            case 0x12: span.spanID = try reader.range()
            case 0x22: span.parentID = try reader.range()
            case 0x2A: span.name = try reader.range()
            case 0x30: span.kind = try Int32(truncatingIfNeeded: reader.varint())
            case 0x39: span.start = try reader.fixed64()
            case 0x41: span.end = try reader.fixed64()
            case 0x7A: try readStatus(reader.message(), into: &span)
            case 0x1A: _ = try reader.range()
            case 0x50, 0x60, 0x70: _ = try reader.varint()
            case 0x6A: try checkLink(reader.message())
            case 0x85: try reader.skip(4)
            default: try reader.skipOther(tag, known: 0x1_FFFE)
            }
        }
        span.append(message.bytes, from: origin, to: &batch)
    }

    @inline(__always)
    private func readStatus(
        _ message: WireReader, into span: inout WireSpan
    ) throws(DecodeError) {
        var reader = message
        while !reader.isAtEnd {
            let tag = try reader.tag()
            switch tag {
            case 0x18: span.status = try Int32(truncatingIfNeeded: reader.varint())
            case 0x12: _ = try reader.range()
            default: try reader.skipOther(tag, known: 0b1100)
            }
        }
    }

    private func checkEvent(_ message: WireReader) throws(DecodeError) {
        var reader = message
        while !reader.isAtEnd {
            let tag = try reader.tag()
            switch tag {
            case 0x09: try reader.skip(8)
            case 0x12: _ = try reader.range()
            case 0x1A: try Attribute.check(reader.message())
            case 0x20: _ = try reader.varint()
            default: try reader.skipOther(tag, known: 0b1_1110)
            }
        }
    }

    private func checkLink(_ message: WireReader) throws(DecodeError) {
        var reader = message
        while !reader.isAtEnd {
            let tag = try reader.tag()
            switch tag {
            case 0x0A, 0x12, 0x1A: _ = try reader.range()
            case 0x22: try Attribute.check(reader.message())
            case 0x28: _ = try reader.varint()
            case 0x35: try reader.skip(4)
            default: try reader.skipOther(tag, known: 0b111_1110)
            }
        }
    }
}
