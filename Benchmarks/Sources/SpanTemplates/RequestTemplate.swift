/// A captured request, with the positions of the bytes that change from round to round. All have a fixed size, so a new
/// request is a copy with some bytes overwritten.
package struct RequestTemplate: Sendable {
    /// What decides by how much a span's times are shifted.
    struct Span {
        var traceID: TraceID
        var end: UInt64
        /// Its part of `times`.
        var times: Range<Int>
    }

    /// The captured bytes, after room for a prefix.
    private let message: [UInt8]
    private let prefixLength: Int
    private(set) var spans: [Span] = []
    /// Earliest and latest end of its spans, in Unix nanoseconds.
    package private(set) var oldestEnd = UInt64.max
    package private(set) var newestEnd = UInt64.min
    /// Offsets in `message` of the second half of each trace id, of span ids and of times.
    private var traceIDs: [Int] = []
    private var spanIDs: [Int] = []
    private var times: [Int] = []

    package var spanCount: Int { spans.count }

    /// - Parameter prefixLength: room to leave in front of messages.
    package init(_ request: [UInt8], prefixLength: Int = 0) throws(WireError) {
        message = [UInt8](repeating: 0, count: prefixLength) + request
        self.prefixLength = prefixLength
        var ranges: [Range<Int>] = []
        try WireFields.each(1, of: request, 0..<request.count) { (resourceSpans) throws(WireError) in
            try WireFields.each(2, of: request, resourceSpans) { (scopeSpans) throws(WireError) in
                try WireFields.each(2, of: request, scopeSpans) { (span) throws(WireError) in
                    ranges.append(span)
                }
            }
        }
        for span in ranges { try add(span, of: request) }
    }

    /// The request with other ids, determined by `identity`, and with all times shifted by `shift` nanoseconds.
    package func message(identity: UInt64, shift: UInt64) -> [UInt8] {
        message(identity: identity) { _ in shift }
    }

    /// The request with other ids, determined by `identity`, and with the times of each span shifted by what `shift` says
    /// for its place in the request.
    package func message(identity: UInt64, shift: (Int) -> UInt64) -> [UInt8] {
        var copy = message
        unsafe copy.withUnsafeMutableBytes { bytes in
            for offset in traceIDs { unsafe bytes.updateWord(at: offset) { $0 ^ identity } }
            for offset in spanIDs { unsafe bytes.updateWord(at: offset) { $0 ^ identity } }
            for (place, span) in spans.enumerated() {
                let shift = shift(place)
                for time in span.times { unsafe bytes.updateWord(at: times[time]) { $0 &+ shift } }
            }
        }
        return copy
    }

    /// Spreads a round's number over all bits (the finishing steps of SplitMix64).
    package static func identity(run: UInt64, round: Int) -> UInt64 {
        var bits = run &+ UInt64(round) &* 0x9E37_79B9_7F4A_7C15
        bits = (bits ^ bits >> 30) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
        return bits ^ bits >> 31
    }

    private mutating func add(_ span: Range<Int>, of request: [UInt8]) throws(WireError) {
        var traceID = TraceID(high: 0, low: 0)
        var end: UInt64 = 0
        let firstTime = times.count
        var fields = WireFields(request, span)
        while let field = try fields.next() {
            switch (field.number, field.type) {
            case (1, 2):
                addTraceID(field.value)
                if field.value.count == 16 { traceID = TraceID(request, at: field.value.lowerBound) }
            case (2, 2), (4, 2): addSpanID(field.value)
            case (7, 1): addTime(field.value)
            case (8, 1):
                addTime(field.value)
                end = unsafe request.withUnsafeBytes { unsafe $0.word(at: field.value.lowerBound) }
                oldestEnd = min(oldestEnd, end)
                newestEnd = max(newestEnd, end)
            case (11, 2): try addEvent(field.value, of: request)
            case (13, 2): try addLink(field.value, of: request)
            default: break
            }
        }
        spans.append(Span(traceID: traceID, end: end, times: firstTime..<times.count))
    }

    private mutating func addEvent(_ event: Range<Int>, of request: [UInt8]) throws(WireError) {
        var fields = WireFields(request, event)
        while let field = try fields.next() {
            if field.number == 1, field.type == 1 { addTime(field.value) }
        }
    }

    private mutating func addLink(_ link: Range<Int>, of request: [UInt8]) throws(WireError) {
        try WireFields.each(1, of: request, link) { (id) throws(WireError) in addTraceID(id) }
        try WireFields.each(2, of: request, link) { (id) throws(WireError) in addSpanID(id) }
    }

    private mutating func addTraceID(_ value: Range<Int>) {
        if value.count == 16 { traceIDs.append(prefixLength + value.lowerBound + 8) }
    }

    private mutating func addSpanID(_ value: Range<Int>) {
        // The parent id of a root may be present but empty.
        if value.count == 8 { spanIDs.append(prefixLength + value.lowerBound) }
    }

    private mutating func addTime(_ value: Range<Int>) {
        times.append(prefixLength + value.lowerBound)
    }
}

struct TraceID: Hashable {
    var high: UInt64
    var low: UInt64
}

extension TraceID {
    fileprivate init(_ bytes: [UInt8], at offset: Int) {
        let (high, low) = unsafe bytes.withUnsafeBytes { unsafe ($0.word(at: offset), $0.word(at: offset + 8)) }
        self.init(high: high, low: low)
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func word(at offset: Int) -> UInt64 {
        unsafe UInt64(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
}

extension UnsafeMutableRawBufferPointer {
    fileprivate func updateWord(at offset: Int, _ change: (UInt64) -> UInt64) {
        let word = unsafe change(UnsafeRawBufferPointer(self).word(at: offset))
        unsafe storeBytes(of: word.littleEndian, toByteOffset: offset, as: UInt64.self)
    }
}
