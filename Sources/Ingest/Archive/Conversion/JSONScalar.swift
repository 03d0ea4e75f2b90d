import OTLP

/// A JSON string, number or boolean.
enum JSONScalar: Hashable {
    case text([UInt8])
    /// As written.
    case number([UInt8])
    case bool(Bool)

    /// As written, without quotes.
    var text: [UInt8] {
        switch self {
        case .text(let text), .number(let text): text
        case .bool(let value): Array("\(value)".utf8)
        }
    }

    var string: String { String(decoding: text, as: UTF8.self) }

    /// The value as an integer, quoted or not.
    var integer: Int64? {
        if case .bool = self { return nil }
        return Int64(string)
    }

    /// The value as a number, quoted or not, including the names of numbers that JSON can't write, such as `"NaN"`.
    var double: Double? {
        if case .bool = self { return nil }
        return Double(string)
    }

    /// Converts microseconds, including a fraction, to nanoseconds; nil if this isn't a time. Overflow gives
    /// `UInt64.max`, which no span may have.
    var nanosecondsOfMicroseconds: UInt64? {
        if case .bool = self { return nil }
        let digits = text
        let point = digits.firstIndex(of: UInt8(ascii: "."))
        let whole = digits[..<(point ?? digits.count)]
        let fraction = point.map { digits[($0 + 1)...] } ?? []
        guard !whole.isEmpty, (whole + fraction).allSatisfy({ $0 &- 0x30 < 10 }) else {
            // It has an exponent, or isn't a number.
            guard let value = double, value >= 0 else { return nil }
            return value < 0x1p53 ? UInt64((value * 1_000).rounded()) : UInt64(exactly: value * 1_000) ?? .max
        }
        let nanoseconds = (Array(fraction) + Array("000".utf8)).prefix(3)
        return UInt64(String(decoding: whole + nanoseconds, as: UTF8.self)) ?? .max
    }
}

extension JSONReader {
    /// Reads a scalar. Returns nil for null, and skips objects and arrays with nil.
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

    /// Calls `field` for each key of an object. Skips anything else and returns false.
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

    /// Calls `element` for each element of an array. Skips anything else and returns false.
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
