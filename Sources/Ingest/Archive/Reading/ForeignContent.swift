import OTLP

/// Recognises files that aren't archives by their first bytes.
enum ForeignContent {
    static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    static func hasByteOrderMark(_ start: RawSpan) -> Bool { begins(start, byteOrderMark) }

    /// How to read a file that another program has to unpack or convert first; nil for any other.
    static func compression(_ start: RawSpan) -> String? {
        for (magic, name, command) in packed where begins(start, magic) { return advice(name, command) }
        if start.byteCount >= tarMagicOffset + 5, begins(start.extracting(tarMagicOffset...), Array("ustar".utf8)) {
            return "is a tar archive: \(reading("tar -xOf FILE"))"
        }
        if begins(start, [0, 0, 0xFE, 0xFF]) || begins(start, [0xFF, 0xFE, 0, 0]) || isWidestJSON(start) {
            return "is text in UTF-32: \(reading("iconv -f UTF-32 -t UTF-8 FILE"))"
        }
        if begins(start, [0xFF, 0xFE]) || begins(start, [0xFE, 0xFF]) || isWideJSON(start) {
            return "is text in UTF-16: \(reading("iconv -f UTF-16 -t UTF-8 FILE"))"
        }
        return nil
    }

    /// What the start of an unknown file looks like; nil if it shows nothing useful.
    static func description(_ start: RawSpan) -> String? {
        if let text = text(start) { return "it begins with the text \"\(text)\"" }
        if isBareMessage(start) {
            return "it looks like a single OTLP message without its length prefix"
        }
        return nil
    }

    /// Whether it starts with the tag of `resource_spans`, as opposed to two newlines.
    private static func isBareMessage(_ start: RawSpan) -> Bool {
        guard start.byteCount > 2, start.byte(0) == 0x0A else { return false }
        return start.byte(1) == 0 ? start.byte(2) == 0x0A : start.byte(1) != 0x0A
    }

    private static let packed: [(magic: [UInt8], name: String, command: String)] = [
        ([0x28, 0xB5, 0x2F, 0xFD], "compressed with zstd", "zstd -dc FILE"),
        ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], "compressed with xz", "xz -dc FILE"),
        ([0x42, 0x5A, 0x68], "compressed with bzip2", "bzip2 -dc FILE"),
        ([0x50, 0x4B, 0x03, 0x04], "a zip archive", "unzip -p FILE"),
        ([0x02, 0x21, 0x4C, 0x18], "compressed with lz4 in its legacy form", "lz4 -dc FILE"),
        ([0x1F, 0x8B], "compressed with gzip inside another compression", "gzip -dc FILE"),
        ([0x04, 0x22, 0x4D, 0x18], "compressed with lz4 inside another compression", "lz4 -dc FILE"),
    ]
    private static let tarMagicOffset = 257

    private static func advice(_ name: String, _ command: String) -> String { "is \(name): \(reading(command))" }

    private static func reading(_ command: String) -> String { "\"\(command) | \(ArchiveError.pipeCommand)\" reads it" }

    /// Whether it is JSON in UTF-16: brackets or white space, each next to a zero byte.
    private static func isWideJSON(_ start: RawSpan) -> Bool {
        guard start.byteCount >= 4, !isBareMessage(start) else { return false }
        let units = [(start.byte(0), start.byte(1)), (start.byte(2), start.byte(3))]
        return units.allSatisfy { $0.1 == 0 && isJSONText($0.0) } || units.allSatisfy { $0.0 == 0 && isJSONText($0.1) }
    }

    /// The same for UTF-32.
    private static func isWidestJSON(_ start: RawSpan) -> Bool {
        guard start.byteCount >= 4 else { return false }
        let bytes = [start.byte(0), start.byte(1), start.byte(2), start.byte(3)]
        return bytes[1...].allSatisfy { $0 == 0 } && isJSONText(bytes[0])
            || bytes[..<3].allSatisfy { $0 == 0 } && isJSONText(bytes[3])
    }

    private static func isJSONText(_ byte: UInt8) -> Bool {
        [0x20, 0x09, 0x0A, 0x0D, UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "\"")].contains(byte)
    }

    /// The start of the first line if it is readable text.
    private static func text(_ start: RawSpan) -> String? {
        let lengthMax = 40
        var line: [UInt8] = []
        for offset in 0..<min(start.byteCount, lengthMax) {
            let byte = start.byte(offset)
            if byte == 0x0A || byte == 0x0D { break }
            guard byte >= 0x20, byte < 0x7F, byte != UInt8(ascii: "\"") else {
                return line.count >= 8 ? quoted(line) : nil
            }
            line.append(byte)
        }
        return line.isEmpty ? nil : quoted(line)
    }

    private static func quoted(_ line: [UInt8]) -> String { String(decoding: line, as: UTF8.self) }

    private static func begins(_ start: RawSpan, _ magic: [UInt8]) -> Bool {
        start.byteCount >= magic.count && magic.indices.allSatisfy { start.byte($0) == magic[$0] }
    }
}
