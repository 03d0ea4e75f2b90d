import ArgumentParser

/// Whole numbers as values of options.
enum WholeNumber {
    /// - Parameter rule: what would be right, for the message about a wrong one.
    static func reader(_ range: ClosedRange<Int>, _ rule: String) -> @Sendable (_ text: String) throws -> Int {
        { text in
            guard let number = Int(text), range.contains(number) else { throw ValidationError(rule) }
            return number
        }
    }
}
