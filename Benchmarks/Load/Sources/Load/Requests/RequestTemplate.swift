import NIOCore

/// A captured request and where in it the bytes are that differ from one round to the next. They all have a fixed
/// size, so that a new request is a copy with some bytes written over.
struct RequestTemplate: Sendable {
    /// The capture's bytes behind room for a prefix.
    private let message: ByteBuffer
    private(set) var spanCount = 0
    /// Of the second half of each trace id, of span ids and of times, in `message`.
    private var traceIDs: [Int] = []
    private var spanIDs: [Int] = []
    private var times: [Int] = []
    private var newestEnd: UInt64 = 0

    /// gRPC's: whether the message is compressed, and its length in four bytes.
    static let prefixLength = 5

    init(_ request: [UInt8]) throws(CaptureError) {
        var message = ByteBuffer(repeating: 0, count: Self.prefixLength)
        message.writeBytes(request)
        self.message = message
        var spans: [Range<Int>] = []
        try WireFields.each(1, of: request, 0..<request.count) { (resourceSpans) throws(CaptureError) in
            try WireFields.each(2, of: request, resourceSpans) { (scopeSpans) throws(CaptureError) in
                try WireFields.each(2, of: request, scopeSpans) { (span) throws(CaptureError) in
                    spans.append(span)
                }
            }
        }
        for span in spans { try add(span, of: request) }
    }

    /// The request with other ids, the same for the same `identity`, its newest span ending `now` (Unix nanoseconds).
    func message(identity: UInt64, now: UInt64) -> ByteBuffer {
        var copy = message
        for offset in traceIDs { copy.update(at: offset) { $0 ^ identity } }
        for offset in spanIDs { copy.update(at: offset) { $0 ^ identity } }
        let shift = now &- newestEnd
        for offset in times { copy.update(at: offset) { $0 &+ shift } }
        copy.setInteger(UInt32(copy.readableBytes - Self.prefixLength), at: 1)
        return copy
    }

    private mutating func add(_ span: Range<Int>, of request: [UInt8]) throws(CaptureError) {
        spanCount += 1
        var fields = WireFields(request, span)
        while let field = try fields.next() {
            switch (field.number, field.type) {
            case (1, 2): addTraceID(field.value)
            case (2, 2), (4, 2): addSpanID(field.value)
            case (7, 1): addTime(field.value)
            case (8, 1):
                addTime(field.value)
                newestEnd = max(newestEnd, message.word(at: Self.prefixLength + field.value.lowerBound))
            case (11, 2): try addEvent(field.value, of: request)
            case (13, 2): try addLink(field.value, of: request)
            default: break
            }
        }
    }

    private mutating func addEvent(_ event: Range<Int>, of request: [UInt8]) throws(CaptureError) {
        var fields = WireFields(request, event)
        while let field = try fields.next() {
            if field.number == 1, field.type == 1 { addTime(field.value) }
        }
    }

    private mutating func addLink(_ link: Range<Int>, of request: [UInt8]) throws(CaptureError) {
        try WireFields.each(1, of: request, link) { (id) throws(CaptureError) in addTraceID(id) }
        try WireFields.each(2, of: request, link) { (id) throws(CaptureError) in addSpanID(id) }
    }

    private mutating func addTraceID(_ value: Range<Int>) {
        if value.count == 16 { traceIDs.append(Self.prefixLength + value.lowerBound + 8) }
    }

    private mutating func addSpanID(_ value: Range<Int>) {
        // A root's parent id may be there and be empty.
        if value.count == 8 { spanIDs.append(Self.prefixLength + value.lowerBound) }
    }

    private mutating func addTime(_ value: Range<Int>) {
        times.append(Self.prefixLength + value.lowerBound)
    }
}

extension ByteBuffer {
    fileprivate func word(at offset: Int) -> UInt64 {
        getInteger(at: offset, endianness: .little) ?? 0
    }

    fileprivate mutating func update(at offset: Int, _ change: (UInt64) -> UInt64) {
        setInteger(change(word(at: offset)), at: offset, endianness: .little)
    }
}
