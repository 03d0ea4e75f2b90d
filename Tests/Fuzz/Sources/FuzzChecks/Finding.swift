/// What a check found to be wrong with the product.
package struct Finding: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// Throws what it is unless a condition holds.
func require(_ condition: Bool, _ problem: @autoclosure () -> String) throws(Finding) {
    guard condition else { throw Finding(problem()) }
}

extension RawSpan {
    /// Its bytes in an array.
    var array: [UInt8] { unsafe withUnsafeBytes { unsafe Array($0) } }
}
