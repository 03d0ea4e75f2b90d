/// A violation that a check found.
package struct Finding: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// Throws a finding unless a condition holds.
func require(_ condition: Bool, _ problem: @autoclosure () -> String) throws(Finding) {
    guard condition else { throw Finding(problem()) }
}

extension RawSpan {
    /// The bytes as an array.
    var array: [UInt8] { unsafe withUnsafeBytes { unsafe Array($0) } }
}
