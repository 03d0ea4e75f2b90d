import Engine
import Support

/// What a recording stores besides records, in lz4 frames that other tools skip. See docs/archive-format.md.
enum SkippableFrame: Equatable, Sendable {
    case start(RecordingStart)
    case group(RecordedGroup)
    /// An index or its trailer, intact or not: `ArchiveIndex` reads them from the end of the file.
    case index

    /// The last of the sixteen magic numbers of skippable frames.
    static let magic: UInt32 = 0x184D_2A5F
    static let tag = Array("FLTA".utf8)
    static let version: UInt8 = 1
    /// Tag, version, kind and two zero bytes.
    static let prefixByteCount = 8
    static let checksumByteCount = 4
    /// Magic number and length of a skippable frame.
    static let frameHeaderByteCount = 8
    /// Longer ones can't be groups of this version.
    static let groupByteCountMax = 1 << 20

    enum Kind: UInt8 {
        case start = 1
        case group = 2
        case index = 3
        case trailer = 4
    }

    /// The kind of a frame's contents; nil if another tool or a later version wrote them.
    static func kind(_ contents: RawSpan) -> Kind? {
        guard contents.byteCount >= prefixByteCount, tag.indices.allSatisfy({ contents.byte($0) == tag[$0] }),
            contents.byte(4) == version
        else { return nil }
        return Kind(rawValue: contents.byte(5))
    }

    static func frame(_ kind: Kind, _ body: LittleEndianBytes) -> [UInt8] {
        var contents = LittleEndianBytes()
        contents.bytes = tag + [version, kind.rawValue, 0, 0]
        contents.bytes += body.bytes
        contents.append(unsafe XXH32.hash(contents.bytes.span.bytes))
        var frame = LittleEndianBytes()
        frame.append(magic)
        frame.append(UInt32(contents.bytes.count))
        return frame.bytes + contents.bytes
    }

    /// The body of a frame's contents; nil if the checksum doesn't match.
    static func body(_ contents: RawSpan) -> LittleEndianReader? {
        let end = contents.byteCount - checksumByteCount
        guard end >= prefixByteCount,
            XXH32.hash(contents.extracting(0..<end)) == contents.littleEndianWord(end)
        else { return nil }
        return LittleEndianReader(contents.extracting(prefixByteCount..<end).array)
    }

    /// Reads the contents of a frame of kind `start` or `group`; nil if they are damaged.
    static func read(_ kind: Kind, _ contents: RawSpan) -> SkippableFrame? {
        guard var body = body(contents) else { return nil }
        switch kind {
        case .start: return RecordingStart(&body).map { .start($0) }
        case .group: return RecordedGroup(&body).map { .group($0) }
        case .index, .trailer: return nil
        }
    }
}

/// Identifies a recording: random, one for each run of a daemon.
package struct RecordingID: Hashable, Sendable {
    let low: UInt64
    let high: UInt64

    package init(low: UInt64, high: UInt64) {
        self.low = low
        self.high = high
    }

    package static func random() -> RecordingID {
        RecordingID(low: .random(in: 0 ... .max), high: .random(in: 0 ... .max))
    }
}

/// The beginning of a recorded file.
package struct RecordingStart: Equatable, Sendable {
    /// The same in all files of one run of a daemon.
    var recording: RecordingID
    /// When the file was created, Unix nanoseconds.
    var time: Int64
    var firstSequence: UInt64

    package init(recording: RecordingID, time: Int64, firstSequence: UInt64) {
        self.recording = recording
        self.time = time
        self.firstSequence = firstSequence
    }

    init?(_ body: inout LittleEndianReader) {
        guard body.remaining == 32 else { return nil }
        let recording = RecordingID(low: body.unsigned(), high: body.unsigned())
        guard let time = TimeLimits.time(body.signed()), let sequence = RecordedGroup.sequence(body.unsigned()) else {
            return nil
        }
        self.init(recording: recording, time: time, firstSequence: sequence)
    }

    var frame: [UInt8] {
        var body = LittleEndianBytes()
        body.append(recording.low)
        body.append(recording.high)
        body.append(time)
        body.append(firstSequence)
        return SkippableFrame.frame(.start, body)
    }
}

extension RecordedGroup {
    private static let fixedByteCount = 40
    static let eventByteCount = 16

    /// Validates a sequence number from a file. Returns nil if it is larger than any recording can reach, so that
    /// counting on from it can't overflow.
    static func sequence(_ number: UInt64) -> UInt64? { number < 1 << 62 ? number : nil }

    init?(_ body: inout LittleEndianReader) {
        guard body.remaining >= Self.fixedByteCount else { return nil }
        guard let sequence = Self.sequence(body.unsigned()) else { return nil }
        self.init(firstSequence: sequence)
        let (earliest, latest) = (body.signed(), body.signed())
        if earliest <= latest { spanEnds = earliest...latest }
        frameByteCount = Int(body.word())
        let count = Int(body.word())
        _ = body.unsigned()
        guard body.remaining == count * Self.eventByteCount else { return nil }
        events.reserveCapacity(count)
        for _ in 0..<count {
            guard let time = TimeLimits.time(body.signed()) else { return nil }
            let (bytes, spans) = (Int(body.word()), Int(body.word()))
            events.append(
                bytes == 0
                    ? .clock(ClockReading(time, isJump: spans & 1 == 1))
                    : .record(arrival: time, byteCount: bytes - 4, spans: spans))
        }
    }

    var skippableFrame: [UInt8] {
        var body = LittleEndianBytes()
        body.append(firstSequence)
        body.append(spanEnds?.lowerBound ?? .max)
        body.append(spanEnds?.upperBound ?? .min)
        body.append(UInt32(frameByteCount))
        body.append(UInt32(events.count))
        body.append(UInt64(0))
        for event in events {
            body.append(event.time)
            switch event {
            case .record(_, let bytes, let spans):
                // Includes the length prefix, so that an empty message differs from a clock reading.
                body.append(UInt32(bytes + 4))
                body.append(UInt32(spans))
            case .clock(let reading):
                body.append(UInt32(0))
                body.append(UInt32(reading.isJump ? 1 : 0))
            }
        }
        return SkippableFrame.frame(.group, body)
    }
}
