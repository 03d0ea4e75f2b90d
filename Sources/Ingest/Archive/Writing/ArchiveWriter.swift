package import Engine

/// Makes the bytes of one recorded file; whoever calls it writes them. See docs/archive-format.md.
///
/// Events collect in a group until it is sealed: then its note and its lz4 frame are added to `output`. An archive that is
/// no recording has the frames alone.
package struct ArchiveWriter: ~Copyable {
    /// Bytes that were not taken yet.
    private var output: [UInt8] = []
    /// Records of the group that is being collected, each behind its length.
    private var contents: [UInt8] = []
    private var group: RecordedGroup
    private let isRecording: Bool
    private var index = ArchiveIndex()
    /// Bytes of the file so far, those not taken yet included.
    package private(set) var byteCount = 0

    /// Uncompressed bytes after which a group is sealed: large enough to compress well, small enough that a file is
    /// sought in steps of a few hundred kilobytes.
    static let groupBytes = 1 << 20
    private static let groupEventsMax = 16_384
    /// An index of four mebibytes.
    package static let groupsMax = 65_536

    /// - Parameter start: nil for an archive that says nothing beside its messages.
    package init(_ start: RecordingStart?) {
        group = RecordedGroup(firstSequence: start?.firstSequence ?? 0)
        isRecording = start != nil
        if let start { add(start.frame) }
    }

    /// Whether the group has no event.
    package var isSealed: Bool { group.events.isEmpty }

    package var groupCount: Int { index.entries.count }

    /// Adds an export request as it was added to the window.
    ///
    /// - Parameters:
    ///   - message: an `ExportTraceServiceRequest`, at most `ArchiveReader.recordBytesMax` bytes.
    ///   - arrival: Unix nanoseconds.
    ///   - spanEnds: from the earliest end of its spans to the latest, Unix nanoseconds.
    package mutating func append(
        _ message: RawSpan, sequence: UInt64, arrival: Int64, spans: Int, spanEnds: ClosedRange<Int64>?
    ) {
        precondition(message.byteCount <= ArchiveReader.recordBytesMax)
        // Its frame then fits into one block, and into one chunk of a reader's.
        if contents.count + 4 + message.byteCount > LZ4FrameWriter.blockSizeMax { seal() }
        begin(sequence)
        for shift in [24, 16, 8, 0] { contents.append(UInt8(truncatingIfNeeded: message.byteCount >> shift)) }
        unsafe message.withUnsafeBytes { unsafe contents.append(contentsOf: $0) }
        group.events.append(.record(arrival: arrival, byteCount: message.byteCount, spans: spans))
        group.extend(spanEnds)
        if contents.count >= Self.groupBytes { seal() }
    }

    /// Adds that the rules were evaluated by this reading of the clock, Unix nanoseconds.
    package mutating func append(clock: Int64, sequence: UInt64) {
        append(ClockReading(clock), sequence: sequence)
    }

    package mutating func append(_ reading: ClockReading, sequence: UInt64) {
        begin(sequence)
        group.events.append(.clock(reading))
    }

    private mutating func begin(_ sequence: UInt64) {
        // Events of a group are numbered without a gap.
        let next = group.firstSequence + UInt64(group.events.count)
        if !isSealed, sequence != next || group.events.count >= Self.groupEventsMax { seal() }
        if isSealed { group.firstSequence = sequence }
    }

    /// Ends the group: what was added so far is readable once `output` is written.
    package mutating func seal() {
        guard !isSealed else { return }
        var frame: [UInt8] = []
        if !contents.isEmpty { unsafe LZ4FrameWriter.append(contents.span.bytes, to: &frame) }
        group.frameByteCount = frame.count
        if isRecording {
            index.append(group, at: byteCount)
            add(group.noteFrame)
        }
        add(frame)
        let next = group.firstSequence + UInt64(group.events.count)
        group = RecordedGroup(firstSequence: next)
        contents.removeAll(keepingCapacity: contents.capacity <= 2 * LZ4FrameWriter.blockSizeMax)
    }

    /// Ends the file with its index.
    package mutating func finish() {
        seal()
        if isRecording { add(index.frames(at: byteCount)) }
    }

    /// The bytes made since the last call, to be written behind those.
    package mutating func takeOutput() -> [UInt8] {
        defer { output = [] }
        return output
    }

    private mutating func add(_ bytes: [UInt8]) {
        output += bytes
        byteCount += bytes.count
    }
}
