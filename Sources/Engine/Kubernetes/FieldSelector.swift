/// A field selector of a list or watch: comma-separated terms of a field, an operator (`=`, `==` or `!=`) and a value.
enum FieldSelector {
    private enum State {
        /// The number of bytes of `metadata.name` matched so far.
        case field(Int)
        case otherField, afterEquals, value
        case otherValue
    }

    private static let field: StaticString = "metadata.name"

    /// Whether a term selects one object by name.
    static func namesOneObject(_ selector: RawSpan) -> Bool {
        var reader = PercentDecoded(selector)
        var (state, isEscaped, names) = (State.field(0), false, false)
        while let byte = reader.next() {
            if byte == UInt8(ascii: ","), !isEscaped {
                // A term without an operator invalidates the whole selector.
                guard let isName = isName(state) else { return false }
                names = names || isName
                state = .field(0)
                continue
            }
            isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
            state = next(state, byte)
        }
        guard let isName = isName(state) else { return false }
        return names || isName
    }

    /// Whether a term that ends in this state names an object; nil if the term is malformed. Empty terms are skipped.
    private static func isName(_ state: State) -> Bool? {
        switch state {
        case .field(0): false
        case .field, .otherField: nil
        case .value: true
        case .afterEquals, .otherValue: false
        }
    }

    private static func next(_ state: State, _ byte: UInt8) -> State {
        let isEquals = byte == UInt8(ascii: "=")
        switch state {
        case .field(field.utf8CodeUnitCount) where isEquals: return .afterEquals
        case .field(let count) where count < field.utf8CodeUnitCount && byte == (unsafe field.utf8Start[count]):
            return .field(count + 1)
        case .field, .otherField: return isEquals ? .otherValue : .otherField
        case .afterEquals where isEquals: return .afterEquals
        case .afterEquals, .value:
            // Names are path segments.
            return byte == UInt8(ascii: "/") || byte == UInt8(ascii: "%") ? .otherValue : .value
        case .otherValue: return .otherValue
        }
    }
}
