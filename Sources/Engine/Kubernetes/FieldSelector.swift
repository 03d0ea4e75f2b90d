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
