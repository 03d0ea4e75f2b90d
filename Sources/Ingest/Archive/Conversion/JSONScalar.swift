import OTLP

/// A JSON value that stands for itself.
enum JSONScalar: Hashable {
    case text([UInt8])
    /// A number as it is written.
    case number([UInt8])
    case bool(Bool)

    /// As it would be written without quotes.
    var text: [UInt8] {
        switch self {
        case .text(let text), .number(let text): text
        case .bool(let value): Array("\(value)".utf8)
        }
    }

    var string: String { String(decoding: text, as: UTF8.self) }

    /// A whole number, be it in quotes or not.
    var integer: Int64? {
        if case .bool = self { return nil }
        return Int64(string)
    }

    /// A number, be it in quotes or not; with the names of those that JSON doesn't have.
    var double: Double? {
        if case .bool = self { return nil }
        return Double(string)
    }

    /// Microseconds as nanoseconds, with what a fraction has of them; nil for what is no time. Beyond 64 bits it is the
    /// largest number, which no span may have.
    var nanosecondsOfMicroseconds: UInt64? {
        if case .bool = self { return nil }
        let digits = text
        let point = digits.firstIndex(of: UInt8(ascii: "."))
        let whole = digits[..<(point ?? digits.count)]
        let fraction = point.map { digits[($0 + 1)...] } ?? []
        guard !whole.isEmpty, (whole + fraction).allSatisfy({ $0 &- 0x30 < 10 }) else {
            // With an exponent, or none at all.
            guard let value = double, value >= 0 else { return nil }
            return value < 0x1p53 ? UInt64((value * 1_000).rounded()) : UInt64(exactly: value * 1_000) ?? .max
        }
        let nanoseconds = (Array(fraction) + Array("000".utf8)).prefix(3)
        return UInt64(String(decoding: whole + nanoseconds, as: UTF8.self)) ?? .max
    }
}

extension JSONReader {
    /// Reads a value; nil for null, and for objects and arrays, which are passed over.
    mutating func scalar() throws(DecodeError) -> JSONScalar? {
        switch peek() {
        case UInt8(ascii: "\""): return .text(try string())
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            try skipValue()
            return nil
        default:
            let start = offset
            let word = try bareWord()
            switch String(decoding: word, as: UTF8.self) {
            case "true": return .bool(true)
            case "false": return .bool(false)
            case "null": return nil
            case let number where Double(number) != nil: return .number(word)
            default: throw DecodeError(.json(.expectedValue), at: start)
            }
        }
    }

    /// Calls `field` for each key of an object; false for anything else, which is passed over.
    @_lifetime(self: copy self)
    mutating func forEachKeyOfObject(
        _ field: (_ key: String, _ reader: inout JSONReader) throws(DecodeError) -> Void
    ) throws(DecodeError) -> Bool {
        guard peek() == UInt8(ascii: "{") else {
            try skipValue()
            return false
        }
        try forEachKey(field)
        return true
    }

    /// Calls `element` for each element of an array; false for anything else, which is passed over.
    @_lifetime(self: copy self)
    mutating func forEachElementOfArray(
        _ element: (_ reader: inout JSONReader) throws(DecodeError) -> Void
    ) throws(DecodeError) -> Bool {
        guard peek() == UInt8(ascii: "[") else {
            try skipValue()
            return false
        }
        try forEachElement(element)
        return true
    }
}
