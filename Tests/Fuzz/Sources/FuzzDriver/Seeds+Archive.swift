internal import CLZ4
import TestSupport

extension Seeds {
    /// Archives as they are and in lz4 frames of every kind.
    static func archives() throws -> [[UInt8]] {
        let records = [everyField, [], WireSpanExample.request([WireSpanExample()])]
        let messages = records.flatMap { record in
            (0..<4).map { UInt8(truncatingIfNeeded: record.count >> (24 - 8 * $0)) } + record
        }
        let lines = Array("\n {\"resourceSpans\":[]}\r\n\n{}\n\t\n{\"x\":1}".utf8)
        let skippable: [UInt8] = [0x50, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 9, 9, 9]
        var archives = [messages, lines, skippable + Reference.compress(messages) + skippable]
        for contents in [messages, lines] {
            for kind in 0..<16 { archives.append(frame(contents, kind: kind)) }
        }
        archives.append(Reference.compress(messages) + frame(messages, kind: 5) + [1, 2, 3])
        // What grows most.
        archives.append(Reference.compress([UInt8](repeating: 0, count: 1 << 20)))
        archives.append(Reference.compress([0, 16, 0, 0] + [UInt8](repeating: 10, count: 1 << 20)))
        archives.append(Reference.compress(Array("{".utf8) + [UInt8](repeating: 10, count: 1 << 20)))
        return archives
    }

    private static func frame(_ contents: [UInt8], kind: Int) -> [UInt8] {
        var preferences = LZ4F_preferences_t()
        preferences.frameInfo.contentChecksumFlag =
            kind & 1 == 0 ? LZ4F_noContentChecksum : LZ4F_contentChecksumEnabled
        preferences.frameInfo.blockMode = kind & 2 == 0 ? LZ4F_blockLinked : LZ4F_blockIndependent
        preferences.frameInfo.contentSize = kind & 4 == 0 ? 0 : UInt64(contents.count)
        preferences.frameInfo.blockChecksumFlag = kind & 8 == 0 ? LZ4F_noBlockChecksum : LZ4F_blockChecksumEnabled
        var frame = [UInt8](repeating: 0, count: unsafe LZ4F_compressFrameBound(contents.count, &preferences))
        let count = unsafe contents.withUnsafeBytes { source in
            unsafe frame.withUnsafeMutableBytes { target in
                unsafe LZ4F_compressFrame(
                    target.baseAddress, target.count, source.baseAddress, source.count, &preferences)
            }
        }
        return Array(frame.prefix(count))
    }
}
