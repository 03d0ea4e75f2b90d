package import Engine

/// Decodes OTLP export requests straight into columns, in one pass over the wire.
///
/// A malformed body is refused as a whole. A span with invalid ids or times is rejected alone and counted in the batch.
/// Accepts exactly what a full protobuf parser accepts: every nested message is validated, even if none of it is kept.
package struct SpanDecoder {
    private let services: ServiceNames

    /// - Parameter services: which services have which role; spans of API servers are requests.
    package init(services: ServiceNames = .usual) {
        self.services = services
    }

    /// Adds the spans of an `ExportTraceServiceRequest` (or `TracesData`) to a batch. If the body is refused, the batch
    /// ends up empty.
    package func decode(_ body: RawSpan, into batch: inout SpanBatch) throws(DecodeError) {
        do {
            try decodeRequest(WireReader(body), into: &batch)
        } catch {
            // Names from a refused body must not reach the window.
            batch.removeNames()
            throw error
        }
    }

    private func decodeRequest(_ message: WireReader, into batch: inout SpanBatch) throws(DecodeError) {
        var reader = message
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
        // The resource may follow the spans that it describes, so find it first.
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
        var attributes = ResourceAttributes()
        var reader = message
        while !reader.isAtEnd {
            let tag = try reader.tag()
            switch tag {
            case 0x0A: try readResource(reader.message(), &attributes)
            default: try reader.skipUnknown(tag)
            }
        }
        return SpanOrigin(attributes, in: message.bytes, services, &batch)
    }

    private func readResource(
        _ message: WireReader, _ attributes: inout ResourceAttributes
    ) throws(DecodeError) {
        var reader = message
        while !reader.isAtEnd {
            let tag = try reader.tag()
            switch tag {
            case 0x0A: attributes.note(try Attribute.read(reader.message()), in: message.bytes)
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
            if let span = reader.usualMessage(reader.ahead, tag: 0x12) {
                try decodeSpan(span, from: origin, into: &batch)
                reader.advance(to: span.end)
                continue
            }
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
            case 0x1A: _ = try Attribute.read(reader.message())
            case 0x20: _ = try reader.varint()
            default: try reader.skipOther(tag, known: 0b1_1110)
            }
        }
    }

    @inline(__always)
    private func decodeSpan(
        _ message: WireReader, from origin: SpanOrigin, into batch: inout SpanBatch
    ) throws(DecodeError) {
        var reader = message
        var span = WireSpan(head: reader.spanHead())
        var attributes = SpanAttributes()
        while !reader.isAtEnd {
            let ahead = reader.ahead
            if let attribute = reader.usualAttribute(ahead, tag: 0x4A) {
                try attributes.note(attribute, in: reader)
                reader.advance(to: attribute.end)
            } else if reader.isUsualSpanEnd(ahead) {
                break
            } else if let event = reader.usualMessage(ahead, tag: 0x5A) {
                try checkEvent(event)
                reader.advance(to: event.end)
            } else {
                reader.advance(to: try span.readField(reader, &attributes))
            }
        }
        span.append(message.bytes, &attributes, from: origin, to: &batch)
    }

    @inline(__always)
    private func checkEvent(_ message: WireReader) throws(DecodeError) {
        var reader = message
        reader.passEventHead()
        if !reader.isAtEnd { try Self.checkEventFields(reader) }
    }

    /// Validates the fields of an `Event` message from the reader's offset on.
    @inline(never)
    static func checkEventFields(_ message: WireReader) throws(DecodeError) {
        var reader = message
        while !reader.isAtEnd {
            if let attribute = reader.usualAttribute(reader.ahead, tag: 0x1A) {
                reader.advance(to: attribute.end)
            } else {
                reader.advance(to: try endOfEventField(reader))
            }
        }
    }

    @inline(never)
    private static func endOfEventField(_ message: WireReader) throws(DecodeError) -> Int {
        var reader = message
        let tag = try reader.tag()
        switch tag {
        case 0x09: try reader.skip(8)
        case 0x12: _ = try reader.range()
        case 0x1A: _ = try Attribute.read(reader.message())
        case 0x20: _ = try reader.varint()
        default: try reader.skipOther(tag, known: 0b1_1110)
        }
        return reader.offset
    }

    static func checkLink(_ message: WireReader) throws(DecodeError) {
        var reader = message
        while !reader.isAtEnd {
            let tag = try reader.tag()
            switch tag {
            case 0x0A, 0x12, 0x1A: _ = try reader.range()
            case 0x22: _ = try Attribute.read(reader.message())
            case 0x28: _ = try reader.varint()
            case 0x35: try reader.skip(4)
            default: try reader.skipOther(tag, known: 0b111_1110)
            }
        }
    }
}
