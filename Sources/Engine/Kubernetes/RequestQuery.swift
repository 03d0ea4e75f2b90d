/// The parts of a request's query that affect its kind, read as the API server does: the first of repeated parameters
/// counts, keys and values are decoded, and a malformed parameter is skipped.
package struct RequestQuery: Sendable {
    private(set) var watch = false
    private(set) var follow = false
    /// Whether a field selector on `metadata.name` asks for one object.
    private(set) var namesOneObject = false

    private var hasWatch = false
    private var hasFollow = false
    private var hasSelector = false

    /// - Parameters:
    ///   - target: a path, with or without its query.
    ///   - query: the query if it came separately, else empty.
    package init(target: RawSpan, query: RawSpan) {
        if let mark = ASCII.firstIndex(of: UInt8(ascii: "?"), in: target) {
            read(target.extracting((mark + 1)..<target.byteCount))
        }
        read(query)
    }

    /// - Parameters:
    ///   - ownQuery: what follows the question mark of the path.
    ///   - query: the query, if an attribute of its own holds it.
    package init(ownQuery: RawSpan, query: RawSpan) {
        read(ownQuery)
        read(query)
    }

    /// The three flags as one number, 0 to 7.
    var code: Int { (watch ? 1 : 0) + (follow ? 2 : 0) + (namesOneObject ? 4 : 0) }

    private mutating func read(_ query: RawSpan) {
        var start = 0
        while start < query.byteCount {
            let end = ASCII.firstIndex(of: UInt8(ascii: "&"), in: query, from: start) ?? query.byteCount
            readParameter(query.extracting(start..<end))
            start = end + 1
        }
    }

    private mutating func readParameter(_ parameter: RawSpan) {
        let equals = ASCII.firstIndex(of: UInt8(ascii: "="), in: parameter) ?? parameter.byteCount
        let key = parameter.extracting(0..<equals)
        if !hasWatch, PercentDecoded.equals(key, "watch") {
            guard Self.isSound(parameter) else { return }
            hasWatch = true
            watch = Self.isTrue(Self.value(parameter, equals))
        } else if !hasFollow, PercentDecoded.equals(key, "follow") {
            guard Self.isSound(parameter) else { return }
            hasFollow = true
            follow = Self.isTrue(Self.value(parameter, equals))
        } else if !hasSelector, PercentDecoded.equals(key, "fieldSelector") {
            guard Self.isSound(parameter) else { return }
            hasSelector = true
            namesOneObject = FieldSelector.namesOneObject(Self.value(parameter, equals))
        }
    }

    @_lifetime(copy parameter)
    private static func value(_ parameter: RawSpan, _ equals: Int) -> RawSpan {
        parameter.extracting(min(equals + 1, parameter.byteCount)..<parameter.byteCount)
    }

    /// Since Go 1.17 a semicolon is no separator, and makes its parameter malformed.
    private static func isSound(_ parameter: RawSpan) -> Bool {
        ASCII.firstIndex(of: UInt8(ascii: ";"), in: parameter) == nil && PercentDecoded.isSound(parameter)
    }

    /// The API server takes anything but `0` and `false`, in any case, as true.
    private static func isTrue(_ value: RawSpan) -> Bool {
        !equalsInAnyCase(value, "0") && !equalsInAnyCase(value, "false")
    }

    private static func equalsInAnyCase(_ value: RawSpan, _ lowercase: StaticString) -> Bool {
        var reader = PercentDecoded(value)
        return lowercase.withUTF8Buffer { buffer in
            for index in buffer.indices {
                guard let byte = reader.next(), unsafe ASCII.lower(byte) == buffer[index] else { return false }
            }
            return reader.next() == nil
        }
    }
}
