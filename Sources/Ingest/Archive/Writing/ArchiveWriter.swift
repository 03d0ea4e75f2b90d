package import Engine

/// Builds the bytes of a recorded file, for the caller to write. See docs/archive-format.md.
///
/// Events collect in a group until it is sealed. Then its skippable frame and its lz4 frame are appended to `output`.
/// An archive that isn't a recording has only lz4 frames.
package struct ArchiveWriter: ~Copyable {
    /// Bytes not taken yet.
    private var output: [UInt8] = []
    /// Length-prefixed records of the open group.
    private var contents: [UInt8] = []
    private var group: RecordedGroup
    private let isRecording: Bool
    private var index = ArchiveIndex()
    /// Bytes of the file so far, including those not taken yet.
    package private(set) var byteCount = 0

    /// Uncompressed bytes after which a group is sealed: enough to compress well, but small enough to seek in steps of
    /// a few hundred kilobytes.
    static let groupBytes = 1 << 20
    private static let groupEventsMax = 16_384
    /// Makes an index of about 4 MiB.
    package static let groupsMax = 65_536

    /// - Parameter start: nil for an archive without skippable frames.
    package init(_ start: RecordingStart?) {
        group = RecordedGroup(firstSequence: start?.firstSequence ?? 0)
        isRecording = start != nil
        if let start { add(start.frame) }
    }

    /// Whether the open group has no events.
    package var isSealed: Bool { group.events.isEmpty }

    package var groupCount: Int { index.entries.count }

    /// Adds an export request, in the order in which requests are added to the window.
    ///
    /// - Parameters:
    ///   - message: an `ExportTraceServiceRequest`, at most `ArchiveReader.recordBytesMax` bytes.
    ///   - arrival: Unix nanoseconds.
    ///   - spanEnds: from the earliest to the latest end of its spans, Unix nanoseconds.
    package mutating func append(
        _ message: RawSpan, sequence: UInt64, arrival: Int64, spans: Int, spanEnds: ClosedRange<Int64>?
    ) {
        precondition(message.byteCount <= ArchiveReader.recordBytesMax)
        // Keeps the frame within one block and one chunk of the reader.
        if contents.count + 4 + message.byteCount > LZ4FrameWriter.blockSizeMax { seal() }
        begin(sequence)
        for shift in [24, 16, 8, 0] { contents.append(UInt8(truncatingIfNeeded: message.byteCount >> shift)) }
        unsafe message.withUnsafeBytes { unsafe contents.append(contentsOf: $0) }
        group.events.append(.record(arrival: arrival, byteCount: message.byteCount, spans: spans))
        group.extend(spanEnds)
        if contents.count >= Self.groupBytes { seal() }
    }

    /// Adds an evaluation of the rules at this clock reading, Unix nanoseconds.
    package mutating func append(clock: Int64, sequence: UInt64) {
        append(ClockReading(clock), sequence: sequence)
    }

    package mutating func append(_ reading: ClockReading, sequence: UInt64) {
        begin(sequence)
        group.events.append(.clock(reading))
    }

    private mutating func begin(_ sequence: UInt64) {
        // The events of a group are numbered without gaps.
        let next = group.firstSequence + UInt64(group.events.count)
        if !isSealed, sequence != next || group.events.count >= Self.groupEventsMax { seal() }
        if isSealed { group.firstSequence = sequence }
    }

    /// Closes the group. Once `output` is written, everything added so far can be read back.
    package mutating func seal() {
        guard !isSealed else { return }
        var frame: [UInt8] = []
        if !contents.isEmpty { unsafe LZ4FrameWriter.append(contents.span.bytes, to: &frame) }
        group.frameByteCount = frame.count
        if isRecording {
            index.append(group, at: byteCount)
            add(group.skippableFrame)
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

    /// The bytes produced since the last call, to be appended to the file.
    package mutating func takeOutput() -> [UInt8] {
        defer { output = [] }
        return output
    }

    private mutating func add(_ bytes: [UInt8]) {
        output += bytes
        byteCount += bytes.count
    }
}
