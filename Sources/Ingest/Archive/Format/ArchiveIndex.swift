import Engine
import Glibc
import Support

/// The index at the end of a recorded file: where its groups are and what times they cover.
package struct ArchiveIndex: Equatable, Sendable {
    struct Entry: Equatable, Sendable {
        /// Of the group's skippable frame, bytes from the start of the file.
        var offset: UInt64
        /// Of arrivals and clock readings, Unix nanoseconds.
        var times: ClosedRange<Int64>
        /// Unix nanoseconds; nil if the group has no spans.
        var spanEnds: ClosedRange<Int64>?
        var firstSequence: UInt64
        var eventCount: Int
        var spanCount: Int
    }

    private(set) var entries: [Entry] = []

    private static let entryByteCount = 56
    static let trailerByteCount = 28
    /// Of the largest index that we write, plus some slack.
    private static let byteCountMax = (ArchiveWriter.groupsMax + 1024) * entryByteCount

    mutating func append(_ group: RecordedGroup, at offset: Int) {
        let times = group.events.map(\.time)
        guard let first = times.min(), let last = times.max() else { return }
        entries.append(
            Entry(
                offset: UInt64(offset), times: first...last, spanEnds: group.spanEnds,
                firstSequence: group.firstSequence, eventCount: group.events.count, spanCount: group.spanCount))
    }

    /// The index, followed by the trailer that points to it.
    ///
    /// - Parameter offset: where the index starts in the file.
    func frames(at offset: Int) -> [UInt8] {
        var body = LittleEndianBytes()
        body.append(UInt32(entries.count))
        body.append(UInt32(0))
        for entry in entries {
            body.append(entry.offset)
            body.append(entry.times.lowerBound)
            body.append(entry.times.upperBound)
            body.append(entry.spanEnds?.lowerBound ?? .max)
            body.append(entry.spanEnds?.upperBound ?? .min)
            body.append(entry.firstSequence)
            body.append(UInt32(entry.eventCount))
            body.append(UInt32(entry.spanCount))
        }
        var trailer = LittleEndianBytes()
        trailer.append(UInt64(offset))
        return SkippableFrame.frame(.index, body) + SkippableFrame.frame(.trailer, trailer)
    }

    init() {}

    // MARK: Reading

    /// Reads the index of a file; nil if it is missing, as in an unfinished file, or damaged.
    package init?(path: String) {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        self.init(descriptor, size: Int(status.st_size))
    }

    private init?(_ descriptor: Int32, size: Int) {
        let end = size - Self.trailerByteCount
        guard var trailer = Self.body(.trailer, in: descriptor, end..<size), trailer.remaining == 8 else { return nil }
        guard let offset = Int(exactly: trailer.unsigned()), offset >= 0, offset < end,
            var body = Self.body(.index, in: descriptor, offset..<end), body.remaining >= 8
        else { return nil }
        let count = Int(body.word())
        _ = body.word()
        guard body.remaining == count * Self.entryByteCount else { return nil }
        for _ in 0..<count {
            guard let entry = Entry(&body), entry.offset < offset else { return nil }
            entries.append(entry)
        }
    }

    /// The body of the skippable frame that fills exactly this range of the file.
    private static func body(_ kind: SkippableFrame.Kind, in descriptor: Int32, _ range: Range<Int>)
        -> LittleEndianReader?
    {
        guard range.lowerBound >= 0, range.count > SkippableFrame.frameHeaderByteCount, range.count <= byteCountMax
        else {
            return nil
        }
        var bytes = [UInt8](repeating: 0, count: range.count)
        let count = unsafe bytes.withUnsafeMutableBytes {
            unsafe pread(descriptor, $0.baseAddress, $0.count, range.lowerBound)
        }
        let span = unsafe bytes.span.bytes
        guard count == range.count, span.littleEndianWord(0) == SkippableFrame.magic,
            Int(span.littleEndianWord(4)) == count - SkippableFrame.frameHeaderByteCount
        else { return nil }
        let contents = span.extracting(SkippableFrame.frameHeaderByteCount...)
        guard SkippableFrame.kind(contents) == kind else { return nil }
        return SkippableFrame.body(contents)
    }

    /// The parts of the file whose spans may end in a range, in file order.
    ///
    /// - Parameter size: bytes of the file.
    func extents(endingIn range: Range<Int64>, size: Int) -> [Range<Int>] {
        var extents: [Range<Int>] = []
        for (number, entry) in entries.enumerated() {
            guard let ends = entry.spanEnds, ends.lowerBound < range.upperBound, ends.upperBound >= range.lowerBound
            else { continue }
            let start = Int(entry.offset)
            let end = number + 1 < entries.count ? Int(entries[number + 1].offset) : size
            guard start < end else { continue }
            if let last = extents.last, last.upperBound == start {
                extents[extents.count - 1] = last.lowerBound..<end
            } else {
                extents.append(start..<end)
            }
        }
        return extents
    }
}

extension ArchiveIndex.Entry {
    init?(_ body: inout LittleEndianReader) {
        offset = body.unsigned()
        let (first, last, earliest, latest) = (body.signed(), body.signed(), body.signed(), body.signed())
        guard first <= last, offset <= UInt64(Int.max) else { return nil }
        guard TimeLimits.time(first) != nil, TimeLimits.time(last) != nil else { return nil }
        times = first...last
        spanEnds = earliest <= latest ? earliest...latest : nil
        guard let sequence = RecordedGroup.sequence(body.unsigned()) else { return nil }
        firstSequence = sequence
        (eventCount, spanCount) = (Int(body.word()), Int(body.word()))
    }
}
