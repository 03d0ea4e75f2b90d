import Engine

/// The `tracestate` of W3C Trace Context, as far as it says how a trace was sampled: OpenTelemetry's entry `ot` may have the
/// threshold `th`, of up to 14 hexadecimal digits. Ids whose 56 lower bits are below it are not sampled.
enum TraceState {
    private static let digitsMax = 14

    /// The threshold, below 2^56; nil if there is none, or one that isn't valid.
    static func threshold(_ state: RawSpan) -> UInt64? {
        let text = state.text
        for entry in text.split(separator: ",") {
            let entry = entry.drop { $0 == " " || $0 == "\t" }
            guard entry.hasPrefix("ot=") else { continue }
            for field in entry.dropFirst(3).split(separator: ";") where field.hasPrefix("th:") {
                return threshold(field.dropFirst(3).prefix { $0 != " " && $0 != "\t" })
            }
        }
        return nil
    }

    private static func threshold(_ digits: Substring) -> UInt64? {
        guard 1...digitsMax ~= digits.utf8.count, digits.utf8.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }),
            let value = UInt64(digits, radix: 16)
        else { return nil }
        return value << UInt64(4 * (digitsMax - digits.utf8.count))
    }
}
