import Support

/// Reads JSON front to back, without building a tree and without recursion.
///
/// Source: RFC 8259. Strings are passed on byte for byte, whether or not they are valid UTF-8.
package struct JSONReader: ~Escapable {
    private let bytes: RawSpan
    package private(set) var offset = 0
    private let end: Int

    @_lifetime(copy bytes)
    package init(_ bytes: RawSpan) {
        self.bytes = bytes
        end = bytes.byteCount
    }

    /// The next byte that isn't white space; nil at the end.
    package mutating func peek() -> UInt8? {
        while offset < end {
            let byte = byte(offset)
            if byte != 0x20, byte != 0x0A, byte != 0x0D, byte != 0x09 { return byte }
            offset += 1
        }
        return nil
    }

    package func failure(_ error: JSONError) -> DecodeError {
        DecodeError(.json(error), at: offset)
    }

    // MARK: Objects and arrays

    package mutating func open(_ bracket: UInt8) throws(DecodeError) {
        guard peek() == bracket else { throw failure(.expected(bracket)) }
        offset += 1
    }

    /// Whether the array or object that ends with `closing` has another element. Consumes the comma before it.
    mutating func more(until closing: UInt8, isFirst: Bool) throws(DecodeError) -> Bool {
        guard let next = peek() else { throw failure(.unexpectedEnd) }
        if next == closing {
            offset += 1
            return false
        }
        if isFirst { return true }
        guard next == UInt8(ascii: ",") else { throw failure(.expectedCommaOr(closing)) }
        offset += 1
        return true
    }

    /// Calls `field` for each key of an object whose value isn't null. `field` must read the value.
    @_lifetime(self: copy self)
    package mutating func forEachField(
        _ field: (_ key: String, _ reader: inout JSONReader) throws(DecodeError) -> Void
    ) throws(DecodeError) {
        try forEachKey { (key, reader) throws(DecodeError) in
            // In OTLP, null means the field's default value.
            if try !reader.skipNull() { try field(key, &reader) }
        }
    }

    /// Calls `field` for each key of an object. `field` must read the value, which may be null.
    @_lifetime(self: copy self)
    package mutating func forEachKey(
        _ field: (_ key: String, _ reader: inout JSONReader) throws(DecodeError) -> Void
    ) throws(DecodeError) {
        try open(UInt8(ascii: "{"))
        var isFirst = true
        while try more(until: UInt8(ascii: "}"), isFirst: isFirst) {
            isFirst = false
            let key = String(decoding: try string(), as: UTF8.self)
            guard peek() == UInt8(ascii: ":") else { throw failure(.expected(UInt8(ascii: ":"))) }
            offset += 1
            try field(key, &self)
        }
    }

    /// Calls `element` for each element of an array. `element` must read it. `null` counts as an empty array.
    @_lifetime(self: copy self)
    package mutating func forEachElement(
        _ element: (_ reader: inout JSONReader) throws(DecodeError) -> Void
    ) throws(DecodeError) {
        if try skipNull() { return }
        try open(UInt8(ascii: "["))
        var isFirst = true
        while try more(until: UInt8(ascii: "]"), isFirst: isFirst) {
            isFirst = false
            try element(&self)
        }
    }

    // MARK: Scalars

    /// A string with its escapes resolved. Lone surrogates become U+FFFD.
    package mutating func string() throws(DecodeError) -> [UInt8] {
        guard peek() == UInt8(ascii: "\"") else { throw failure(.expectedString) }
        offset += 1
        var text: [UInt8] = []
        while offset < end {
            let byte = byte(offset)
            offset += 1
            switch byte {
            case UInt8(ascii: "\""): return text
            case UInt8(ascii: "\\"): try unescape(into: &text)
            default: text.append(byte)
            }
        }
        throw failure(.endlessString)
    }

    /// An integer, bare or quoted: OTLP writes 64-bit integers as strings.
    mutating func integer() throws(DecodeError) -> Int128 {
        let start = offset
        let text = peek() == UInt8(ascii: "\"") ? try string() : try bareWord()
        if let value = Int128(String(decoding: text, as: UTF8.self)) { return value }
        // An integer written with a fraction or an exponent.
        if let value = Double(String(decoding: text, as: UTF8.self)), abs(value) < 0x1p100,
            value == value.rounded()
        {
            return Int128(value)
        }
        offset = start
        throw failure(.expectedInteger)
    }

    /// A number, bare or quoted, or one of `"NaN"`, `"Infinity"` and `"-Infinity"`.
    mutating func double() throws(DecodeError) -> Double {
        let start = offset
        let text = peek() == UInt8(ascii: "\"") ? try string() : try bareWord()
        guard let value = Double(String(decoding: text, as: UTF8.self)) else {
            offset = start
            throw failure(.expectedNumber)
        }
        return value
    }

    mutating func boolean() throws(DecodeError) -> Bool {
        let start = offset
        let word = try bareWord()
        if word == Array("true".utf8) { return true }
        if word == Array("false".utf8) { return false }
        offset = start
        throw failure(.expectedValue)
    }

    /// Consumes `null` if it comes next.
    mutating func skipNull() throws(DecodeError) -> Bool {
        guard peek() == UInt8(ascii: "n") else { return false }
        guard try bareWord() == Array("null".utf8) else { throw failure(.expectedValue) }
        return true
    }

    /// Skips any value. Attribute values may nest as deep as on the wire.
    ///
    /// - Parameter key: the key of the value.
    package mutating func skipValue(of key: String = "") throws(DecodeError) {
        var skipper = Skipper(key: key)
        repeat {
            guard let next = peek() else { throw failure(.unexpectedEnd) }
            switch next {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                guard skipper.open(next) else { throw DecodeError(.nestedTooDeep, at: offset) }
                offset += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                guard skipper.close(next) else { throw failure(.unexpected(next)) }
                offset += 1
            case UInt8(ascii: "\""): skipper.key = String(decoding: try string(), as: UTF8.self)
            case UInt8(ascii: ","), UInt8(ascii: ":"):
                guard !skipper.isAtTop else { throw failure(.unexpected(next)) }
                offset += 1
            default: _ = try bareWord()
            }
        } while !skipper.isAtTop
    }

    /// Tracks the position inside a skipped value with an explicit stack.
    private struct Skipper {
        /// The last string read: the key, if an object or array follows.
        var key: String
        private var brackets: [(closing: UInt8, isValueList: Bool)] = []
        /// Number of enclosing objects under `arrayValue` or `kvlistValue`.
        private var depth = 0

        private static let valueLists: Set = ["arrayValue", "kvlistValue", "array_value", "kvlist_value"]
        /// Maximum depth of brackets; a hundred nested key-value lists need 400.
        private static let bracketsMax = 1_000

        init(key: String) {
            self.key = key
        }

        var isAtTop: Bool { brackets.isEmpty }

        /// Returns false if attribute values, or brackets in general, are nested too deep.
        mutating func open(_ bracket: UInt8) -> Bool {
            let isObject = bracket == UInt8(ascii: "{")
            let isValueList = isObject && Self.valueLists.contains(key)
            // An object inside the hundredth list would be value 101.
            if isObject, !isValueList, depth >= AttributeValue.depthMax { return false }
            if isValueList { depth += 1 }
            brackets.append((isObject ? UInt8(ascii: "}") : UInt8(ascii: "]"), isValueList))
            key = ""
            return brackets.count <= Self.bracketsMax
        }

        /// Returns false if the bracket is unmatched.
        mutating func close(_ bracket: UInt8) -> Bool {
            guard let last = brackets.popLast(), last.closing == bracket else { return false }
            if last.isValueList { depth -= 1 }
            return true
        }
    }

    /// One byte more than the longest number or word we accept.
    private static var wordMax: Int { 65 }

    /// A number, `true`, `false` or `null`.
    package mutating func bareWord() throws(DecodeError) -> [UInt8] {
        _ = peek()
        var word: [UInt8] = []
        while offset < end, word.count < Self.wordMax {
            let byte = byte(offset)
            let isWord =
                byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A || byte >= 0x30 && byte <= 0x39
                || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+") || byte == UInt8(ascii: ".")
            guard isWord else { break }
            word.append(byte)
            offset += 1
        }
        guard !word.isEmpty else { throw failure(.expectedValue) }
        guard word.count < Self.wordMax else { throw failure(.longWord) }
        return word
    }

    // MARK: Escapes

    private mutating func unescape(into text: inout [UInt8]) throws(DecodeError) {
        guard offset < end else { throw failure(.endlessString) }
        let escape = byte(offset)
        offset += 1
        switch escape {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(escape)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): text.append(contentsOf: String(try unicodeEscape()).utf8)
        default: throw failure(.unknownEscape)
        }
    }

    /// The scalar of a `\uXXXX` escape, after its `u`. Consumes the second half of a surrogate pair.
    private mutating func unicodeEscape() throws(DecodeError) -> Unicode.Scalar {
        let unit = try hexUnit()
        if let scalar = Unicode.Scalar(unit) { return scalar }
        guard unit < 0xDC00, offset + 1 < end, byte(offset) == UInt8(ascii: "\\"),
            byte(offset + 1) == UInt8(ascii: "u")
        else { return "\u{FFFD}" }
        let before = offset
        offset += 2
        let second = try hexUnit()
        guard second >= 0xDC00, second < 0xE000 else {
            offset = before
            return "\u{FFFD}"
        }
        return Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (second - 0xDC00)) ?? "\u{FFFD}"
    }

    private mutating func hexUnit() throws(DecodeError) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard offset < end, let digit = Hex.digit(byte(offset)) else {
                throw failure(.expectedHexDigits)
            }
            unit = unit << 4 | UInt32(digit)
            offset += 1
        }
        return unit
    }

    private func byte(_ offset: Int) -> UInt8 {
        unsafe bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }
}
