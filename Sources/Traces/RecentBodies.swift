package import Engine
import Glibc
import Synchronization

/// Recent export bodies as they came, so that a trace can be shown with everything that its spans carry. The oldest are
/// evicted once they exceed a number of bytes.
///
/// Nothing is decoded until a trace is asked for: a body costs one copy and a few bits for each span. Bodies that are
/// compressed meanwhile take a tenth of the room.
package final class RecentBodies: Sendable {
    /// An `ExportTraceServiceRequest` on the wire, valid.
    struct Body: Sendable {
        fileprivate let storage: Storage
        fileprivate let range: Range<Int>

        func withBytes<Result>(_ body: (RawSpan) throws -> Result) rethrows -> Result {
            switch storage {
            case .chunk(let chunk): try chunk.withBytes(range, body)
            case .blocks(let blocks): try blocks.withBytes(range, body)
            }
        }
    }

    fileprivate enum Storage: Sendable {
        case chunk(BodyChunk)
        case blocks(CompressedBodies)
    }

    /// Where a body is, and which traces it may hold.
    private struct Entry: Sendable {
        let range: Range<Int>
        let filter: TraceFilter

        /// Besides its bytes: with the header of an array and its allocation.
        var byteCount: Int { filter.byteCount + 128 }
    }

    /// The bodies of a chunk, in order of arrival.
    private struct Segment: Sendable {
        /// nil if they are compressed.
        var chunk: BodyChunk?
        var blocks: CompressedBodies?
        var entries: [Entry] = []
        /// The arrival of the first body, Unix nanoseconds.
        let arrival: Int64
        /// Whether it stays as it is: little would be gained.
        var isPoor = false

        var byteCount: Int {
            entries.reduce((chunk?.capacity ?? 0) + (blocks?.byteCount ?? 0)) { $0 + $1.byteCount }
        }

        func body(_ entry: Entry) -> Body? {
            if let chunk { return Body(storage: .chunk(chunk), range: entry.range) }
            return blocks.map { Body(storage: .blocks($0), range: entry.range) }
        }
    }

    private struct State {
        /// In order of arrival; the last is being filled.
        var segments: [Segment] = []
        /// Empty chunks for the next segments; counted.
        var spares: [BodyChunk] = []
        var byteCount = 0
        /// Bytes of the limit that other things take.
        var lent = 0
        var dropped = 0
    }

    /// Bytes, with what is lent; 0 keeps nothing.
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
            if let last = state.segments.indices.last, let range = state.segments[last].chunk?.append(message) {
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
        guard room <= limit - state.lent else {
            state.dropped += 1
            return
        }
        let chunk = takeSpare(capacity, &state)
        let evicted = evict(&state, room: room)
        let ready = chunk ?? evicted.flatMap { $0.capacity == capacity ? $0 : nil } ?? BodyChunk(capacity: capacity)
        guard let range = ready.append(message) else { return }
        state.segments.append(
            Segment(chunk: ready, entries: [Entry(range: range, filter: filter)], arrival: arrival))
        state.byteCount += room
    }

    /// An empty chunk that was compressed, or nil; a large body needs the room of all of them.
    private func takeSpare(_ capacity: Int, _ state: inout State) -> BodyChunk? {
        let taken = capacity == chunkBytes ? state.spares.popLast() : nil
        if capacity != chunkBytes {
            state.byteCount -= state.spares.count * chunkBytes
            state.spares.removeAll()
        }
        if taken != nil { state.byteCount -= chunkBytes }
        return taken
    }

    /// Makes room.
    /// - Returns: a chunk that has no reader left, empty.
    private func evict(_ state: inout State, room: Int) -> BodyChunk? {
        var spare: BodyChunk?
        while state.byteCount + room > limit - state.lent, !state.segments.isEmpty {
            var oldest = state.segments.removeFirst()
            state.byteCount -= oldest.byteCount
            guard isKnownUniquelyReferenced(&oldest.chunk) else { continue }
            oldest.chunk?.reset()
            spare = oldest.chunk
        }
        return spare
    }

    /// Leaves room for copies of traces, or takes it back if it is negative.
    func lend(_ bytes: Int) {
        state.withLock { state in
            state.lent += bytes
            _ = evict(&state, room: 0)
        }
    }

    // MARK: Compression

    private struct FullChunk {
        var chunk: BodyChunk
        /// Where its bodies are.
        let ranges: [Range<Int>]
    }

    /// Compresses the bodies of full chunks, the latest first, for about as much CPU time as `budget`: beside other work that
    /// takes longer, and would compress less by the clock. Call it from one thread.
    ///
    /// - Parameter budgetBehind: the same while many chunks wait; nil for `budget`.
    package func compress(within budget: Duration, behind budgetBehind: Duration? = nil) {
        let begin = Self.threadTime
        let isBehind = state.withLock { $0.segments.count { $0.chunk != nil && !$0.isPoor } } > Self.behind
        let end = begin + (isBehind ? budgetBehind ?? budget : budget)
        while Self.threadTime < end, var full = nextToCompress() {
            let blocks = CompressedBodies(full.chunk, full.ranges, isBehind ? .fast : .better)
            state.withLock { store(blocks, insteadOf: &full.chunk, &$0) }
        }
    }

    /// The CPU time that this thread has taken.
    private static var threadTime: Duration {
        var time = timespec()
        unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    private func nextToCompress() -> FullChunk? {
        state.withLock { state in
            let full = state.segments.dropLast().last { !$0.isPoor && $0.chunk != nil }
            return full.flatMap { segment in
                segment.chunk.map { FullChunk(chunk: $0, ranges: segment.entries.map(\.range)) }
            }
        }
    }

    private func store(_ blocks: CompressedBodies, insteadOf chunk: inout BodyChunk, _ state: inout State) {
        // It may have been evicted meanwhile.
        guard let index = state.segments.lastIndex(where: { $0.chunk === chunk }) else { return }
        guard blocks.byteCount < chunk.capacity / 4 * 3 else { return state.segments[index].isPoor = true }
        state.byteCount += blocks.byteCount - chunk.capacity
        state.segments[index].blocks = blocks
        state.segments[index].chunk = nil
        // Fresh memory would cost more than the copy.
        let isSpare = chunk.capacity == chunkBytes && state.spares.count < limit / chunkBytes / Self.sparePart
        guard isSpare, isKnownUniquelyReferenced(&chunk) else { return }
        chunk.reset()
        state.spares.append(chunk)
        state.byteCount += chunkBytes
    }

    /// With more chunks to compress there is no time to compress them well.
    private static let behind = 8
    /// Spare chunks take at most this part of all.
    private static let sparePart = 48

    /// Bodies that may hold spans of any of some traces, in order of arrival.
    func bodies(mayHold traces: [TraceID]) -> [Body] {
        state.withLock { state in
            state.segments.flatMap { segment in
                segment.entries.lazy.filter { entry in traces.contains { entry.filter.mayHold($0) } }
                    .compactMap { segment.body($0) }
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
