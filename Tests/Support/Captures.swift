package import Foundation
internal import CLZ4

/// The recorded spans in Examples.
package enum Captures {
    private static let folder = Fixtures.root.appendingPathComponent("Examples/captures")

    /// The complete recordings, each with its truth file beside it.
    package static let archives = ["errors", "slow-etcd", "steady"].map(archive)

    /// The one whose fault makes calls slow.
    package static let slow = archive("slow-etcd")

    /// The one without a fault.
    package static let steady = archive("steady")

    /// An excerpt of `slow-etcd`, for tests that need a few real spans.
    package static let example = Fixtures.root.appendingPathComponent("Examples/slow-etcd.otlp.lz4")

    private static func archive(_ name: String) -> URL { folder.appendingPathComponent("\(name).otlp.lz4") }

    /// A file beside an archive: `truth.json`, `facts.json`.
    package static func companion<Content: Decodable>(
        _ archive: URL, _ suffix: String, as type: Content.Type
    ) throws -> Content {
        try JSONDecoder().decode(type, from: Fixtures.contents(beside(archive, suffix)))
    }

    private static func beside(_ archive: URL, _ suffix: String) -> URL {
        archive.deletingLastPathComponent().appendingPathComponent(
            archive.lastPathComponent.replacingOccurrences(of: "otlp.lz4", with: suffix))
    }

    /// When each record of a complete recording arrived, Unix nanoseconds.
    package static func arrivals(_ archive: URL) throws -> [Int64] {
        let text = String(decoding: try Fixtures.contents(beside(archive, "arrivals.txt")), as: UTF8.self)
        return text.split(separator: "\n").compactMap { line in line.split(separator: " ").first.flatMap { Int64($0) } }
    }

    /// The records of an archive, read without Faultline's own reader.
    package static func records(_ archive: URL) throws -> [[UInt8]] {
        let bytes = try Reference.decompress(Array(Fixtures.contents(archive)))
        var records: [[UInt8]] = []
        var offset = 0
        while offset + 4 <= bytes.count {
            let length = bytes[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
            records.append(Array(bytes[offset + 4..<offset + 4 + length]))
            offset += 4 + length
        }
        return records
    }
}

/// lz4 frames, read and written through the library's simplest calls.
package enum Reference {
    package struct Failure: Error {
        package let code: Int
    }

    package static func decompress(_ input: [UInt8]) throws -> [UInt8] {
        var context: OpaquePointer?
        unsafe LZ4F_createDecompressionContext(&context, UInt32(LZ4F_VERSION))
        defer { unsafe LZ4F_freeDecompressionContext(context) }
        var output: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4 << 20)
        var offset = 0
        while offset < input.count {
            var written = chunk.count
            var read = input.count - offset
            let hint = unsafe input.withUnsafeBytes { source in
                unsafe chunk.withUnsafeMutableBytes { target in
                    unsafe LZ4F_decompress(
                        context, target.baseAddress, &written, source.baseAddress.map { unsafe $0 + offset }, &read,
                        nil)
                }
            }
            if LZ4F_isError(hint) != 0 { throw Failure(code: hint) }
            offset += read
            output.append(contentsOf: chunk[0..<written])
        }
        return output
    }

    /// Compresses into one frame; by default with independent blocks of 64 KiB and a content checksum.
    package static func compress(_ input: [UInt8], _ form: FrameForm = FrameForm()) -> [UInt8] {
        var preferences = LZ4F_preferences_t()
        preferences.frameInfo.blockMode = form.isLinked ? LZ4F_blockLinked : LZ4F_blockIndependent
        preferences.frameInfo.blockSizeID = form.hasLargeBlocks ? LZ4F_max4MB : LZ4F_max64KB
        preferences.frameInfo.contentChecksumFlag =
            form.hasContentChecksum ? LZ4F_contentChecksumEnabled : LZ4F_noContentChecksum
        preferences.frameInfo.blockChecksumFlag =
            form.hasBlockChecksums ? LZ4F_blockChecksumEnabled : LZ4F_noBlockChecksum
        preferences.frameInfo.contentSize = form.tellsSize ? UInt64(input.count) : 0
        preferences.compressionLevel = form.level
        var output = [UInt8](repeating: 0, count: unsafe LZ4F_compressFrameBound(input.count, &preferences))
        let count = unsafe input.withUnsafeBytes { source in
            unsafe output.withUnsafeMutableBytes { target in
                unsafe LZ4F_compressFrame(
                    target.baseAddress, target.count, source.baseAddress, source.count, &preferences)
            }
        }
        return Array(output.prefix(count))
    }
}

/// The options of an lz4 frame.
package struct FrameForm: Hashable, Sendable {
    package var isLinked = false
    package var hasLargeBlocks = false
    package var hasContentChecksum = true
    package var hasBlockChecksums = false
    package var tellsSize = false
    package var level: Int32 = 0

    package init() {}

    /// As in the captures.
    package static let capture: FrameForm = {
        var form = FrameForm()
        form.hasLargeBlocks = true
        form.level = 9
        return form
    }()

    /// Every combination of the options that matter to a reader.
    package static let all: [FrameForm] = (0..<32).map { number in
        var form = FrameForm()
        form.hasContentChecksum = number & 1 != 0
        form.isLinked = number & 2 != 0
        form.tellsSize = number & 4 != 0
        form.hasBlockChecksums = number & 8 != 0
        form.hasLargeBlocks = number & 16 != 0
        return form
    }
}
