/// What failed, as a verdict says it.
package struct FailureClause: Codable, Hashable, Sendable {
    package var text: String
    /// Whether the verdict is about the failures, not about what takes longer.
    package var isVerdict: Bool

    package init(text: String, isVerdict: Bool) {
        self.text = text
        self.isVerdict = isVerdict
    }
}
