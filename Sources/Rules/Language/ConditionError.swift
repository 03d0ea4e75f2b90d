/// A fault of a condition, at a position of its text (Unicode scalars from its start).
package struct ConditionError: Error, Hashable {
    package var position: Int
    package var message: String

    package init(at position: Int, _ message: String) {
        self.position = position
        self.message = message
    }
}
