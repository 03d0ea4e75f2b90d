/// A word, literal or sign of a condition.
struct ConditionToken: Equatable {
    enum Kind: Equatable {
        case word(String)
        case literal(Literal)
        /// The nanoseconds of a duration; kept beside the literal's seconds for `offset`.
        case duration(Literal, nanoseconds: Int64)
        case arithmetic(ArithmeticOperator)
        case comparison(ComparisonOperator)
        case openParenthesis
        case closeParenthesis
        case comma
        case end
    }

    var kind: Kind
    /// Unicode scalars from the start of the condition.
    var position: Int
    var text: String
}
