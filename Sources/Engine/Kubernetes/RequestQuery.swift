/// What of a request's query tells what the request is, read as the API server reads it: of a repeated parameter the
/// first counts, keys and values are decoded, and a parameter that can't be is passed over.
package struct RequestQuery: Sendable {
    private(set) var watch = false
    private(set) var follow = false
    /// A field selector on `metadata.name`: a list or watch of one object.
    private(set) var namesOneObject = false

    private var hasWatch = false
    private var hasFollow = false
    private var hasSelector = false

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

    /// A semicolon separates nothing since Go 1.17, and spoils its parameter.
    private static func isSound(_ parameter: RawSpan) -> Bool {
        ASCII.firstIndex(of: UInt8(ascii: ";"), in: parameter) == nil && PercentDecoded.isSound(parameter)
    }

    /// As the API server reads booleans in a query: anything but `0` and `false`, in any case.
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

/// A field selector of a list or watch: terms between commas, each a field, `=` or `==` or `!=`, and a value.
///
/// Source: `k8s.io/apimachinery/pkg/fields`.
enum FieldSelector {
    private enum Place {
        /// So many bytes of the field are those of `metadata.name`.
        case field(Int)
        case otherField, afterEquals, value
        case otherValue
    }

    private static let field: StaticString = "metadata.name"

    /// Whether a term asks for one object by its name.
    static func namesOneObject(_ selector: RawSpan) -> Bool {
        var reader = PercentDecoded(selector)
        var (place, isEscaped, names) = (Place.field(0), false, false)
        while let byte = reader.next() {
            if byte == UInt8(ascii: ","), !isEscaped {
                // A term without an operator spoils the selector.
                guard let isName = isName(place) else { return false }
                names = names || isName
                place = .field(0)
                continue
            }
            isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
            place = next(place, byte)
        }
        guard let isName = isName(place) else { return false }
        return names || isName
    }

    /// Whether a term that ends at a place names an object; nil where it is none. An empty one is passed over.
    private static func isName(_ place: Place) -> Bool? {
        switch place {
        case .field(0): false
        case .field, .otherField: nil
        case .value: true
        case .afterEquals, .otherValue: false
        }
    }

    private static func next(_ place: Place, _ byte: UInt8) -> Place {
        let isEquals = byte == UInt8(ascii: "=")
        switch place {
        case .field(field.utf8CodeUnitCount) where isEquals: return .afterEquals
        case .field(let count) where count < field.utf8CodeUnitCount && byte == (unsafe field.utf8Start[count]):
            return .field(count + 1)
        case .field, .otherField: return isEquals ? .otherValue : .otherField
        case .afterEquals where isEquals: return .afterEquals
        case .afterEquals, .value:
            // A name is a segment of a path.
            return byte == UInt8(ascii: "/") || byte == UInt8(ascii: "%") ? .otherValue : .value
        case .otherValue: return .otherValue
        }
    }
}
