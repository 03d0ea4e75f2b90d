import CDeflate
import Glibc
import NIOCore
import SpanTemplates
import Synchronization

/// A request that is ready to be sent.
struct ReadyRequest: Sendable {
    /// The message, compressed or not, after gRPC's prefix.
    var message: ByteBuffer
    var spanCount: Int

    /// gRPC's prefix: whether the message is compressed, and its length in four bytes.
    static let prefixLength = 5
}

/// Hands out the requests of a capture in rounds. Within a round traces stay whole, and spans of about the same time keep
/// their distances. All ids change from round to round, so that nothing is a duplicate.
final class RequestSource: Sendable {
    private let templates: [RequestTemplate]
    private let prepared: [ReadyRequest]?
    private let taken = Atomic<Int>(0)
    private let shifts: Mutex<RoundShifts>
    /// Makes ids differ between runs.
    private let run = UInt64.random(in: .min ... .max)

    /// Makes requests on demand, without end.
    /// - Parameter spansPerSecond: the planned rate; nil for as fast as possible.
    init(_ templates: [RequestTemplate], spansPerSecond: Double?) {
        self.templates = templates
        shifts = Mutex(RoundShifts(templates, spansPerSecond: spansPerSecond))
        prepared = nil
    }

    /// Makes all `count` requests in advance, so that only sending remains.
    init(_ templates: [RequestTemplate], count: Int, compressor: borrowing GzipCompressor?) {
        self.templates = templates
        shifts = Mutex(RoundShifts(templates, spansPerSecond: nil))
        let run = run
        var shifts = RoundShifts(templates, spansPerSecond: nil)
        prepared = (0..<count).map { index in
            let (round, position) = index.quotientAndRemainder(dividingBy: templates.count)
            let spanShifts = shifts.shifts(round: round, position: position, now: Self.unixNanoseconds())
            return Self.make(
                templates[position], RequestTemplate.identity(run: run, round: round), spanShifts, compressor)
        }
    }

    /// On average.
    var spansPerRequest: Double {
        Double(templates.reduce(0) { $0 + $1.spanCount }) / Double(max(templates.count, 1))
    }

    /// The next request; nil after the last prepared one.
    func next(_ compressor: borrowing GzipCompressor?) -> ReadyRequest? {
        let index = taken.wrappingAdd(1, ordering: .relaxed).oldValue
        if let prepared { return index < prepared.count ? prepared[index] : nil }
        let (round, position) = index.quotientAndRemainder(dividingBy: templates.count)
        let spanShifts = shifts.withLock {
            $0.shifts(round: round, position: position, now: Self.unixNanoseconds())
        }
        return Self.make(
            templates[position], RequestTemplate.identity(run: run, round: round), spanShifts, compressor)
    }

    /// Skips requests without making them, since a schedule may be faster than they can be made: all rounds that have
    /// at most so many spans together, or else one request.
    ///
    /// - Returns: what was skipped; nil after the last prepared request.
    func skip(spans: Int) -> Tally.Count? {
        let spansPerRound = prepared == nil ? templates.reduce(0) { $0 + $1.spanCount } : .max
        let rounds = spansPerRound > 0 ? spans / spansPerRound : 0
        guard rounds == 0 else {
            let count = rounds * templates.count
            taken.wrappingAdd(count, ordering: .relaxed)
            return Tally.Count(requests: count, spans: rounds * spansPerRound)
        }
        let index = taken.wrappingAdd(1, ordering: .relaxed).oldValue
        if let prepared, index >= prepared.count { return nil }
        return Tally.Count(requests: 1, spans: templates[index % templates.count].spanCount)
    }

    private static func make(
        _ template: RequestTemplate, _ identity: UInt64, _ shifts: SpanShifts, _ compressor: borrowing GzipCompressor?
    ) -> ReadyRequest {
        let bytes = template.message(identity: identity) { shifts[$0] }
        var message = ByteBuffer(bytes: bytes)
        message.setInteger(UInt32(bytes.count - ReadyRequest.prefixLength), at: 1)
        let isGzip = compressor != nil
        let ready = isGzip ? compressed(message, compressor) : message
        return ReadyRequest(message: ready, spanCount: template.spanCount)
    }

    private static func compressed(_ message: ByteBuffer, _ compressor: borrowing GzipCompressor?) -> ByteBuffer {
        switch compressor {
        case .some(let compressor): compressor.compress(message)
        case nil: message
        }
    }

    private static func unixNanoseconds() -> UInt64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}

/// Owns libdeflate's compressor.
@safe
struct GzipCompressor: ~Copyable {
    private let handle: OpaquePointer?

    /// - Parameter level: from 1, the cheapest, to 12
    init(level: Int) {
        unsafe handle = libdeflate_alloc_compressor(Int32(level))
    }

    deinit {
        if let handle = unsafe handle { unsafe libdeflate_free_compressor(handle) }
    }

    /// Compresses a message; both have gRPC's prefix.
    func compress(_ message: ByteBuffer) -> ByteBuffer {
        guard let handle = unsafe handle else { preconditionFailure("no memory for a compressor") }
        let length = message.readableBytes - ReadyRequest.prefixLength
        let bound = unsafe libdeflate_gzip_compress_bound(handle, length)
        var output = ByteBuffer()
        output.reserveCapacity(ReadyRequest.prefixLength + bound)
        output.writeInteger(UInt8(1))
        output.writeInteger(UInt32(0))
        let written = unsafe output.writeWithUnsafeMutableBytes(minimumWritableBytes: bound) { room in
            unsafe message.withUnsafeReadableBytes { input in
                unsafe libdeflate_gzip_compress(
                    handle, input.baseAddress?.advanced(by: ReadyRequest.prefixLength), length,
                    room.baseAddress, room.count)
            }
        }
        precondition(written > 0, "the bound of a compressed size was too small")
        output.setInteger(UInt32(written), at: 1)
        return output
    }
}
