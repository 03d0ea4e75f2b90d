import Archive
import Engine
import Foundation
import SpanTemplates
import TestSupport

/// A capture repeated to many times its length, each time later and with new ids.
struct LongRecording {
    /// The uncompressed archive.
    let contents: [UInt8]

    init(_ archive: URL, bytes: Int) throws {
        let templates = try Captures.records(archive).map { try RequestTemplate($0) }
        let oldest = templates.map(\.oldestEnd).min() ?? 0
        let newest = templates.map(\.newestEnd).max() ?? 0
        var contents: [UInt8] = []
        contents.reserveCapacity(bytes + bytes / 8)
        var round = 0
        while contents.count < bytes {
            let identity = RequestTemplate.identity(run: 0, round: round)
            for template in templates {
                let message = template.message(identity: identity, shift: UInt64(round) * (newest - oldest))
                contents += (0..<4).map { UInt8(truncatingIfNeeded: message.count >> (24 - 8 * $0)) }
                contents += message
            }
            round += 1
        }
        self.contents = contents
    }
}

/// Like `LongRecording`, but written to a recorded file as it is made.
struct LongRecordedFile {
    let url: URL
    private(set) var uncompressedBytes = 0
    private(set) var spanCount = 0

    init(_ templates: [RequestTemplate], bytes: Int, at url: URL) throws {
        self.url = url
        let oldest = templates.map(\.oldestEnd).min() ?? 0
        let newest = templates.map(\.newestEnd).max() ?? 0
        try Data().write(to: url)
        let file = try FileHandle(forWritingTo: url)
        var writer = ArchiveWriter(
            RecordingStart(recording: RecordingID(low: 1, high: 1), time: Int64(oldest), firstSequence: 0))
        var sequence: UInt64 = 0
        var round: UInt64 = 0
        while uncompressedBytes < bytes {
            let identity = RequestTemplate.identity(run: 0, round: Int(round))
            let shift = round * (newest - oldest)
            for template in templates {
                let message = template.message(identity: identity, shift: shift)
                let arrival = Int64(template.newestEnd + shift)
                writer.append(clock: arrival, sequence: sequence)
                unsafe writer.append(
                    message.span.bytes, sequence: sequence + 1, arrival: arrival, spans: template.spanCount,
                    spanEnds: Int64(template.oldestEnd + shift)...arrival)
                sequence += 2
                uncompressedBytes += 4 + message.count
                spanCount += template.spanCount
                try file.write(contentsOf: writer.takeOutput())
            }
            round += 1
        }
        writer.finish()
        try file.write(contentsOf: writer.takeOutput())
        try file.close()
    }
}

/// An export request whose ids and times can be overwritten, to make new spans from recorded ones.
struct RenewableRequest {
    private(set) var body: [UInt8]
    /// Offsets of the second half of each trace id, of span ids, and of times.
    private var ids: [Int] = []
    private var times: [Int] = []

    init(_ body: [UInt8]) {
        self.body = body
        for resource in fields(0..<body.count, 0x0A) {
            for scope in fields(resource, 0x12) {
                for span in fields(scope, 0x12) {
                    ids += fields(span, 0x0A).map { $0.lowerBound + 8 }
                    ids += (fields(span, 0x12) + fields(span, 0x22)).filter { !$0.isEmpty }.map(\.lowerBound)
                    times += (fields(span, 0x39) + fields(span, 0x41)).map(\.lowerBound)
                }
            }
        }
    }

    /// Changes the ids of all spans and shifts their times.
    mutating func renew(identity: UInt64, shift: UInt64) {
        for offset in ids { update(offset) { $0 ^ identity } }
        for offset in times { update(offset) { $0 &+ shift } }
    }

    private mutating func update(_ offset: Int, _ change: (UInt64) -> UInt64) {
        let old = (0..<8).reduce(0) { $0 | UInt64(body[offset + $1]) << UInt64(8 * $1) }
        let new = change(old)
        for index in 0..<8 { body[offset + index] = UInt8(truncatingIfNeeded: new >> UInt64(8 * index)) }
    }

    /// The ranges of the contents of fields with a tag, in a well-formed message.
    private func fields(_ message: Range<Int>, _ wanted: UInt64) -> [Range<Int>] {
        var found: [Range<Int>] = []
        var offset = message.lowerBound
        while offset < message.upperBound {
            let tag = varint(&offset)
            let start = offset
            switch tag & 7 {
            case 0: _ = varint(&offset)
            case 1: offset += 8
            case 5: offset += 4
            default:
                let length = Int(varint(&offset))
                offset += length
                if tag == wanted { found.append(offset - length..<offset) }
                continue
            }
            if tag == wanted { found.append(start..<offset) }
        }
        return found
    }

    private func varint(_ offset: inout Int) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        repeat {
            value |= UInt64(body[offset] & 0x7F) << shift
            shift += 7
            offset += 1
        } while body[offset - 1] >= 0x80
        return value
    }
}
