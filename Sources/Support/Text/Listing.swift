extension [String] {
    /// The elements in a sentence: `a`, `a and b`, `a, b and c`.
    ///
    /// - Parameter conjunction: `and` or `or`.
    package func listed(_ conjunction: String = "and") -> String {
        guard let last, count > 1 else { return first ?? "" }
        return "\(dropLast().joined(separator: ", ")) \(conjunction) \(last)"
    }
}
