import OTLP

extension ArchiveReader {
    /// Looks at what an archive begins with.
    ///
    /// - Throws: for what is known to be something else, with what would make an archive of it.
    mutating func beginsAsJSON() throws(ArchiveError) -> Bool {
        guard try chunks.next() else { return false }
        if let problem = ForeignContent.compression(chunks.current) {
            throw ArchiveError(.unreadable, name, problem)
        }
        if ForeignContent.hasByteOrderMark(chunks.current) { position = ForeignContent.byteOrderMark.count }
        let bytes = chunks.current
        for offset in position..<bytes.byteCount where ![0x20, 0x09, 0x0A, 0x0D].contains(bytes.byte(offset)) {
            if [UInt8(ascii: "{"), UInt8(ascii: "[")].contains(bytes.byte(offset)) { return true }
            // No message is so long; of a file that was rotated, or its end, the first line may be cut off.
            if bytes.byte(offset) >= 0x20, Self.hasObjectLine(bytes) { return true }
            break
        }
        foreign = ForeignContent.description(bytes)
        return false
    }

    /// Whether a line begins with an object.
    private static func hasObjectLine(_ bytes: RawSpan) -> Bool {
        var offset = 0
        while let newline = bytes.firstOffset(of: 0x0A, from: offset), newline + 1 < bytes.byteCount {
            if bytes.byte(newline + 1) == UInt8(ascii: "{") { return true }
            offset = newline + 1
        }
        return false
    }

    /// Why what was read is no archive.
    func notAnArchive(_ problem: String) -> ArchiveError {
        let seen = foreign ?? problem
        return ArchiveError(
            .unreadable, name,
            "is no span archive: \(seen). An archive is OTLP: JSON, or protobuf messages each behind its 4-byte "
                + "big-endian length; plain, in lz4 frames or gzip")
    }

    /// An archive without a record that has anything in it is none: what was read was of another form.
    func requireContent() throws(ArchiveError) {
        guard !hasContent, !isRecording, !chunks.isPart, losses.isEmpty else { return }
        let seen = recordCount == 0 ? "there is nothing in it" : "none of its \(recordCount) records holds spans"
        throw ArchiveError(.unreadable, name, "is no span archive: \(seen)")
    }

    private var isRecording: Bool { start != nil || groupCount > 0 }

    /// Whether a record has anything in it that may be spans; one that can't be read is said to be wrong elsewhere.
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
