import Foundation
import SpanTemplates
import TestSupport

/// A recording of many times a capture's length: the capture again and again, each time later and with new ids.
struct LongRecording {
    /// The archive, uncompressed.
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
