package import Engine
import Synchronization

/// Recent export bodies as they came, so that a trace can be shown with everything that its spans carry. The oldest are
/// evicted once they exceed a number of bytes.
///
/// Nothing is decoded until a trace is asked for: a body costs one copy and a few bits for each span.
package final class RecentBodies: Sendable {
    /// An `ExportTraceServiceRequest` on the wire, valid.
    struct Body: Sendable {
        fileprivate let chunk: BodyChunk
        fileprivate let range: Range<Int>

        func withBytes<Result>(_ body: (RawSpan) throws -> Result) rethrows -> Result {
            try chunk.withBytes(range, body)
        }
    }

    /// Where a body is, and which traces it may hold.
    private struct Entry: Sendable {
        let range: Range<Int>
        let filter: TraceFilter

        /// Besides its bytes: with the header of an array and its allocation.
        var byteCount: Int { filter.byteCount + 128 }
    }

    /// A chunk and its bodies, in order of arrival.
    private struct Segment: Sendable {
        var chunk: BodyChunk
        var entries: [Entry] = []
        /// The arrival of the first body, Unix nanoseconds.
        let arrival: Int64

        var byteCount: Int { entries.reduce(chunk.capacity) { $0 + $1.byteCount } }
    }

    private struct State {
        /// In order of arrival; the last is being filled.
        var segments: [Segment] = []
        var byteCount = 0
        var dropped = 0
    }

    /// Bytes; 0 keeps nothing.
    let limit: Int
    /// How much is evicted at once when there is too much. A larger body has a chunk of its own.
    private let chunkBytes: Int
    private let state = Mutex(State())

    package init(limit: Int) {
        self.limit = limit
        chunkBytes = min(1 << 20, limit / 16)
    }

    /// Keeps a copy of a body.
    /// - Parameter batch: what it was decoded to.
    package func keep(_ message: RawSpan, _ batch: borrowing SpanBatch, arrival: Int64) {
        guard limit > 0, batch.count > 0 else { return }
        let filter = TraceFilter(batch)
        state.withLock { state in
            if let last = state.segments.indices.last, let range = state.segments[last].chunk.append(message) {
                let entry = Entry(range: range, filter: filter)
                state.segments[last].entries.append(entry)
                state.byteCount += entry.byteCount
                _ = evict(&state, room: 0)
            } else {
                begin(message, filter, arrival, &state)
            }
        }
    }

    /// Keeps a body in a new segment.
    private func begin(_ message: RawSpan, _ filter: TraceFilter, _ arrival: Int64, _ state: inout State) {
        let capacity = max(chunkBytes, message.byteCount)
        let room = capacity + Entry(range: 0..<0, filter: filter).byteCount
        guard room <= limit else {
            state.dropped += 1
            return
        }
        let spare = evict(&state, room: room)
        let chunk = spare.flatMap { $0.capacity == capacity ? $0 : nil } ?? BodyChunk(capacity: capacity)
        guard let range = chunk.append(message) else { return }
        state.segments.append(Segment(chunk: chunk, entries: [Entry(range: range, filter: filter)], arrival: arrival))
        state.byteCount += room
    }

    /// Makes room.
    /// - Returns: a chunk that has no reader left, empty.
    private func evict(_ state: inout State, room: Int) -> BodyChunk? {
        var spare: BodyChunk?
        while state.byteCount + room > limit, !state.segments.isEmpty {
            var oldest = state.segments.removeFirst()
            state.byteCount -= oldest.byteCount
            guard isKnownUniquelyReferenced(&oldest.chunk) else { continue }
            oldest.chunk.reset()
            spare = oldest.chunk
        }
        return spare
    }

    /// Bodies that may hold spans of any of some traces, in order of arrival.
    func bodies(mayHold traces: [TraceID]) -> [Body] {
        state.withLock { state in
            state.segments.flatMap { segment in
                segment.entries.lazy.filter { entry in traces.contains { entry.filter.mayHold($0) } }
                    .map { Body(chunk: segment.chunk, range: $0.range) }
            }
        }
    }

    package var use: Use {
        state.withLock { state in
            Use(byteCount: state.byteCount, dropped: state.dropped, oldest: state.segments.first?.arrival)
        }
    }

    package struct Use: Equatable, Sendable {
        package var byteCount: Int
        /// Larger than everything that may be kept.
        package var dropped: Int
        /// The arrival of the oldest, Unix nanoseconds.
        package var oldest: Int64?
    }
}

/// Memory that bodies share, so that keeping one takes neither an allocation nor fresh pages.
///
/// Appending and resetting need the lock of `RecentBodies`. What was appended doesn't change until a reset, which needs the
/// only reference, so readers need no lock.
@safe
final class BodyChunk: @unchecked Sendable {
    private let memory: UnsafeMutableRawBufferPointer
    private var used = 0

    init(capacity: Int) {
        unsafe memory = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit {
        unsafe memory.deallocate()
    }

    var capacity: Int { unsafe memory.count }

    /// Copies a body.
    /// - Returns: where it is; nil if there is no room.
    func append(_ message: RawSpan) -> Range<Int>? {
        let range = used..<used + message.byteCount
        guard range.upperBound <= capacity else { return nil }
        unsafe message.withUnsafeBytes {
            unsafe UnsafeMutableRawBufferPointer(rebasing: memory[range]).copyMemory(from: $0)
        }
        used = range.upperBound
        return range
    }

    func reset() { used = 0 }

    func withBytes<Result>(_ range: Range<Int>, _ body: (RawSpan) throws -> Result) rethrows -> Result {
        try unsafe body(UnsafeRawBufferPointer(rebasing: memory[range]).bytes)
    }
}
