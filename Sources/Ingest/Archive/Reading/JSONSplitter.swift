/// Finds where JSON values end in bytes that come piece by piece, whatever the white space between and within them. The
/// elements of an array that is a value by itself are values.
///
/// Only strings and brackets are looked at: whether a value is sound is for its reader to say.
struct JSONSplitter {
    /// A list of a value's, at whose elements a large value can be cut into smaller ones of the same form.
    struct List {
        /// Brackets around its elements.
        fileprivate let depth: Int
        /// The bytes of the value up to its first element.
        let prefix: Int
        /// Where in the value the last comma between two elements stands, up to now.
        fileprivate(set) var comma: Int?
        fileprivate var isOpen = true
        /// What closes the list and the objects around it.
        var closing: [UInt8] { [UInt8(ascii: "]")] + [UInt8](repeating: UInt8(ascii: "}"), count: depth - 1) }
    }

    /// Whether values are elements of an array that goes on.
    private(set) var isInArray = false
    private(set) var list: List?

    // Of the value that is being read:
    private var isPlain = false
    private var depth = 0
    private var isInString = false
    private var isEscaped = false
    private var isLineStart = false
    /// The last byte that is no white space and in no string.
    private var last: UInt8 = 0
    /// The last string in front of a list, as far as it is short.
    private var key: [UInt8] = []
    /// Its bytes in the pieces before.
    private var length = 0

    /// Lists of spans, or of what holds them.
    private static let listNames = ["resourceSpans", "resource_spans", "batches", "data"].map { Array($0.utf8) }
    private static let keyMax = 32
    /// What stands in front of a list is repeated in each part of its value.
    private static let prefixMax = 64 << 10

    /// Passes over what stands between values.
    ///
    /// - Returns: where the next value begins; the piece's end where none does.
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

    /// Begins a value with its first byte, which is read again.
    mutating func begin(_ first: UInt8) {
        let isInArray = isInArray
        self = JSONSplitter()
        self.isInArray = isInArray
        isPlain = first != UInt8(ascii: "{") && first != UInt8(ascii: "[")
    }

    /// Reads on in the value.
    ///
    /// - Returns: the offset behind its last byte; nil where it goes on behind the piece.
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
                // Most bytes are in strings, and most of these end none.
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

    /// Forgets the elements of the list that were cut off, with the comma behind them.
    mutating func cut() {
        guard let list, let comma = list.comma else { return }
        length -= comma + 1 - list.prefix
        self.list?.comma = nil
    }

    // MARK: Bytes

    /// A word or number, or what is no JSON at all, ends with its line: a file may begin within one.
    private func endsPlainValue(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x0A: true
        case UInt8(ascii: ","), UInt8(ascii: "]"): isInArray
        default: false
        }
    }

    /// Whether a line begins with an object where none may: the one before was cut off, and its value ends here.
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
    private mutating func readStructure(_ byte: UInt8, at place: Int) -> Bool {
        switch byte {
        case 0x20, 0x09, 0x0A, 0x0D: return false
        case UInt8(ascii: "\""):
            isInString = true
            key.removeAll(keepingCapacity: true)
        case UInt8(ascii: "["), UInt8(ascii: "{"):
            depth += 1
            if byte == UInt8(ascii: "["), list == nil, beginsList(at: place) {
                list = List(depth: depth, prefix: place + 1)
            }
        case UInt8(ascii: "]"), UInt8(ascii: "}"):
            if list?.depth == depth { list?.isOpen = false }
            depth -= 1
            if depth <= 0 { return true }
        case UInt8(ascii: ","):
            if let list, list.isOpen, list.depth == depth { self.list?.comma = place }
        default: break
        }
        last = byte
        return false
    }

    private func beginsList(at place: Int) -> Bool {
        depth >= 2 && depth <= 3 && last == UInt8(ascii: ":") && place < Self.prefixMax && Self.listNames.contains(key)
    }

    /// Passes over a string's bytes up to one that means something.
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
