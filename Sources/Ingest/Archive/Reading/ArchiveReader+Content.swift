import OTLP

extension ArchiveReader {
    /// Determines from the first bytes whether the archive is JSON.
    ///
    /// - Throws: if it is a known foreign format; the error says how to convert it.
    mutating func beginsAsJSON() throws(ArchiveError) -> Bool {
        guard try chunks.next() else { return false }
        if let problem = ForeignContent.compression(chunks.current) {
            throw ArchiveError(.unreadable, name, problem)
        }
        if ForeignContent.hasByteOrderMark(chunks.current) { position = ForeignContent.byteOrderMark.count }
        let bytes = chunks.current
        for offset in position..<bytes.byteCount where ![0x20, 0x09, 0x0A, 0x0D].contains(bytes.byte(offset)) {
            if [UInt8(ascii: "{"), UInt8(ascii: "[")].contains(bytes.byte(offset)) { return true }
            // No message is that long. The first line of a rotated or truncated file may be cut off.
            if bytes.byte(offset) >= 0x20, Self.hasObjectLine(bytes) { return true }
            break
        }
        foreign = ForeignContent.description(bytes)
        return false
    }

    /// Whether any line but the first starts with an object.
    private static func hasObjectLine(_ bytes: RawSpan) -> Bool {
        var offset = 0
        while let newline = bytes.firstOffset(of: 0x0A, from: offset), newline + 1 < bytes.byteCount {
            if bytes.byte(newline + 1) == UInt8(ascii: "{") { return true }
            offset = newline + 1
        }
        return false
    }

    /// Builds the error for a file that isn't an archive.
    func notAnArchive(_ problem: String) -> ArchiveError {
        let seen = foreign ?? problem
        return ArchiveError(
            .unreadable, name,
            "is not a span archive: \(seen). An archive holds OTLP: JSON, or protobuf messages each after its 4-byte "
                + "big-endian length; uncompressed, in lz4 frames or in gzip")
    }

    /// Throws if no record has any content: then the file has another form.
    func requireContent() throws(ArchiveError) {
        guard !hasContent, !isRecording, !chunks.isPart, losses.isEmpty else { return }
        let seen = recordCount == 0 ? "there is nothing in it" : "none of its \(recordCount) records holds spans"
        throw ArchiveError(.unreadable, name, "is not a span archive: \(seen)")
    }

    private var isRecording: Bool { start != nil || groupCount > 0 }

    /// Whether a record may contain spans. True for a malformed one, which is reported elsewhere.
    static func hasContent(_ record: RawSpan, _ encoding: OTLPEncoding) -> Bool {
        switch encoding {
        case .json:
            var reader = JSONReader(record)
            guard reader.peek() == UInt8(ascii: "{"), (try? reader.open(UInt8(ascii: "{"))) != nil else { return true }
            return reader.peek() != UInt8(ascii: "}")
        case .protobuf:
            var reader = WireReader(record)
            do throws(DecodeError) {
                while !reader.isAtEnd {
                    let tag = try reader.tag()
                    if tag == Self.resourceSpansTag { return true }
                    try reader.skipOther(tag, known: 1 << 1)
                }
                return false
            } catch {
                return true
            }
        }
    }

    /// Field 1, length-delimited.
    private static let resourceSpansTag: UInt64 = 1 << 3 | 2
}
