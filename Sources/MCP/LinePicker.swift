import AsyncHTTPClient
import NIOCore

/// The lines of a text of any length that begin in certain ways.
struct LinePicker: Sendable {
    let beginnings: [String]

    /// - Throws: `NIOTooManyBytesError` if they, or a line of the text, take too much.
    func collect<Chunks: AsyncSequence>(_ chunks: Chunks) async throws -> ByteBuffer
    where Chunks.Element == ByteBuffer {
        var picked = ByteBuffer()
        var line = ByteBuffer()
        for try await chunk in chunks {
            var rest = chunk.readableBytesView
            while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                line.writeBytes(rest[...end])
                pick(line, into: &picked)
                line.clear()
                rest = rest[(end + 1)...]
            }
            line.writeBytes(rest)
            guard picked.readableBytes + line.readableBytes <= Self.bytesMax else {
                throw NIOTooManyBytesError(maxBytes: Self.bytesMax)
            }
        }
        pick(line, into: &picked)
        return picked
    }

    private static let bytesMax = 1 << 20

    private func pick(_ line: ByteBuffer, into picked: inout ByteBuffer) {
        guard beginnings.contains(where: { line.readableBytesView.starts(with: $0.utf8) }) else { return }
        picked.writeImmutableBuffer(line)
    }
}
