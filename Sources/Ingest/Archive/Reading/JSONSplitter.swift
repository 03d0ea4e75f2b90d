/// Finds the ends of JSON values in bytes that arrive in pieces, regardless of white space. If a top-level value is an
/// array, its elements count as values.
///
/// It looks only at strings and brackets. The decoder checks whether a value is valid.
struct JSONSplitter {
    /// A list inside a value. Between its elements, a large value can be split into smaller ones of the same form.
    struct List {
        /// Number of brackets around its elements.
        fileprivate let depth: Int
        /// Bytes of the value before the first element.
        let prefix: Int
        /// Offset in the value of the last comma between two elements so far.
        fileprivate(set) var comma: Int?
        fileprivate var isOpen = true
        /// Closes the list and the objects around it.
        var closing: [UInt8] { [UInt8(ascii: "]")] + [UInt8](repeating: UInt8(ascii: "}"), count: depth - 1) }
    }

    /// Whether the values are elements of a top-level array that is still open.
    private(set) var isInArray = false
    private(set) var list: List?

    // State of the current value:
    private var isPlain = false
    private var depth = 0
    private var isInString = false
    private var isEscaped = false
    private var isLineStart = false
    /// The last byte outside strings that isn't white space.
    private var last: UInt8 = 0
    /// The last string before a list, truncated to `keyMax` bytes.
    private var key: [UInt8] = []
    /// Bytes of the value in earlier pieces.
    private var length = 0

    /// Names of lists that contain spans, directly or indirectly.
    private static let listNames = ["resourceSpans", "resource_spans", "batches", "data"].map { Array($0.utf8) }
    private static let keyMax = 32
    /// Limit of the prefix before a list, because every part repeats it.
    private static let prefixMax = 64 << 10

    /// Skips white space and separators between values.
    ///
    /// - Returns: where the next value starts; the end of the piece if none does.
    mutating func skip(_ piece: RawSpan, from start: Int) -> Int {
        for offset in start..<piece.byteCount {
            switch piece.byte(offset) {
            case 0x20, 0x09, 0x0A, 0x0D: break
            case UInt8(ascii: "[") where !isInArray: isInArray = true
            case UInt8(ascii: "]") where isInArray: isInArray = false
            case UInt8(ascii: ",") where isInArray: break
            default: return offset
            }
        }
        return piece.byteCount
    }

    /// Begins a value. Its first byte is passed again to `end`.
    mutating func begin(_ first: UInt8) {
        let isInArray = isInArray
        self = JSONSplitter()
        self.isInArray = isInArray
        isPlain = first != UInt8(ascii: "{") && first != UInt8(ascii: "[")
    }

    /// Continues reading the value.
    ///
    /// - Returns: the offset after its last byte; nil if it continues in the next piece.
    mutating func end(in piece: RawSpan, from start: Int) -> Int? {
        var offset = start
        while offset < piece.byteCount {
            let byte = piece.byte(offset)
            if isPlain {
                if offset > start || length > 0, endsPlainValue(byte) { return offset }
            } else if isBroken(by: byte) {
                return offset
            } else if isInString {
                readString(byte)
                // Fast path: most bytes are inside strings.
                if !isEscaped, isInString, byte != 0x0A, depth > 2 || list != nil {
                    offset = Self.endOfPlainText(piece, from: offset + 1)
                    continue
                }
            } else if readStructure(byte, at: length + offset - start) {
                return offset + 1
            }
            offset += 1
        }
        length += piece.byteCount - start
        return nil
    }

    /// Drops the elements that were cut off, with the comma after them.
    mutating func cut() {
        guard let list, let comma = list.comma else { return }
        length -= comma + 1 - list.prefix
        self.list?.comma = nil
    }

    // MARK: Bytes

    /// A number, a word or text that isn't JSON ends with its line, because a file may start in the middle of a line.
    private func endsPlainValue(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x0A: true
        case UInt8(ascii: ","), UInt8(ascii: "]"): isInArray
        default: false
        }
    }

    /// Whether a line starts with an object where none is allowed. Then the previous line was cut off, and its value
    /// ends here.
    private mutating func isBroken(by byte: UInt8) -> Bool {
        defer { isLineStart = byte == 0x0A }
        guard isLineStart, byte == UInt8(ascii: "{") else { return false }
        return isInString || ![UInt8(ascii: ":"), UInt8(ascii: ","), UInt8(ascii: "[")].contains(last)
    }

    private mutating func readString(_ byte: UInt8) {
        if isEscaped {
            isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
            isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
            isInString = false
            last = byte
            return
        }
        if key.count < Self.keyMax { key.append(byte) }
    }

    /// - Returns: whether the byte ends the value.
    private mutating func readStructure(_ byte: UInt8, at offset: Int) -> Bool {
        switch byte {
        case 0x20, 0x09, 0x0A, 0x0D: return false
        case UInt8(ascii: "\""):
            isInString = true
            key.removeAll(keepingCapacity: true)
        case UInt8(ascii: "["), UInt8(ascii: "{"):
            depth += 1
            if byte == UInt8(ascii: "["), list == nil, beginsList(at: offset) {
                list = List(depth: depth, prefix: offset + 1)
            }
        case UInt8(ascii: "]"), UInt8(ascii: "}"):
            if list?.depth == depth { list?.isOpen = false }
            depth -= 1
            if depth <= 0 { return true }
        case UInt8(ascii: ","):
            if let list, list.isOpen, list.depth == depth { self.list?.comma = offset }
        default: break
        }
        last = byte
        return false
    }

    private func beginsList(at offset: Int) -> Bool {
        depth >= 2 && depth <= 3 && last == UInt8(ascii: ":") && offset < Self.prefixMax && Self.listNames.contains(key)
    }

    /// Skips bytes of a string up to a quote, a backslash or a newline.
    private static func endOfPlainText(_ piece: RawSpan, from start: Int) -> Int {
        var offset = start
        while offset < piece.byteCount {
            let byte = piece.byte(offset)
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte == 0x0A { break }
            offset += 1
        }
        return offset
    }
}
