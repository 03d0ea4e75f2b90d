/// The text of a file by line, to turn offsets and parts of scalars into positions.
struct SourceText {
    private let bytes: [UInt8]
    /// The byte offset at which each line starts.
    private let lineStarts: [Int]

    /// `bytes` are valid UTF-8.
    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        var starts = [0]
        var index = 0
        while index < bytes.count {
            let length = Self.lineBreakLength(bytes[index...].prefix(3))
            index += max(length, 1)
            if length > 0 { starts.append(index) }
        }
        lineStarts = starts
    }

    /// A line, counted from 1, without its line break; empty beyond the end.
    func line(_ number: Int) -> String {
        guard lineStarts.indices.contains(number - 1) else { return "" }
        let start = lineStarts[number - 1]
        let end = number < lineStarts.count ? lineStarts[number] : bytes.count
        var line = bytes[start..<end]
        while let last = line.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") {
            line.removeLast()
        }
        return String(decoding: line, as: UTF8.self)
    }

    var lineCount: Int { lineStarts.count }

    func position(ofByte offset: Int) -> SourcePosition {
        let offset = min(max(offset, 0), bytes.count)
        // lineStarts begins with 0, so there is a last start at or before any offset.
        let line = lineStarts.lastIndex { $0 <= offset } ?? 0
        let prefix = String(decoding: bytes[lineStarts[line]..<offset], as: UTF8.self)
        return SourcePosition(line: line + 1, column: prefix.unicodeScalars.count + 1)
    }

    /// The line breaks that libyaml counts: LF, CR, CRLF, NEL, LS and PS.
    private static func lineBreakLength(_ bytes: ArraySlice<UInt8>) -> Int {
        switch bytes.first {
        case 0x0A: 1
        case 0x0D: bytes.dropFirst().first == 0x0A ? 2 : 1
        case 0xC2: bytes.dropFirst().first == 0x85 ? 2 : 0
        case 0xE2:
            bytes.elementsEqual([0xE2, 0x80, 0xA8]) || bytes.elementsEqual([0xE2, 0x80, 0xA9]) ? 3 : 0
        default: 0
        }
    }
}
