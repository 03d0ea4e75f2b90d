import Archive
import Engine
import Foundation
import SpanTemplates
import TestSupport

/// A recorded file of many times a capture's length, written as it is made: the capture again and again, each time later
/// and with new ids.
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
