/// What of a request's query tells what the request is.
package struct RequestQuery: Sendable {
    private(set) var watch = false
    private(set) var follow = false
    /// A field selector on `metadata.name`: a list or watch of one object.
    private(set) var namesOneObject = false

    /// - Parameters:
    ///   - target: a path, with or without its query.
    ///   - query: the query where it came apart from the path, else empty.
    package init(target: RawSpan, query: RawSpan) {
        if let mark = ASCII.firstIndex(of: UInt8(ascii: "?"), in: target) {
            read(target.extracting((mark + 1)..<target.byteCount))
        }
        read(query)
    }

    /// The three answers as one number, 0 to 7.
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
        let value = parameter.extracting(min(equals + 1, parameter.byteCount)..<parameter.byteCount)
        if ASCII.equals(key, "watch") {
            watch = Self.isTrue(value)
        } else if ASCII.equals(key, "follow") {
            follow = Self.isTrue(value)
        } else if ASCII.equals(key, "fieldSelector") {
            namesOneObject =
                ASCII.hasPrefix(value, "metadata.name=") || ASCII.hasPrefix(value, "metadata.name%3D")
                || ASCII.hasPrefix(value, "metadata.name%3d")
        }
    }

    /// As the API server reads booleans in a query: anything but `0` and `false`.
    private static func isTrue(_ value: RawSpan) -> Bool {
        !ASCII.equals(value, "0") && !ASCII.equalsLoosely(value, "false")
    }
}
