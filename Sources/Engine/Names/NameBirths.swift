/// Tells whether a number still stands for the name that it stood for when somebody looked last.
///
/// Whoever keeps anything by the numbers of series beyond one view keeps these beside it: a number that was given up, or
/// given to another name, has another birth then.
package struct NameBirths: Equatable, Sendable {
    /// Rises whenever a number is given up or used again.
    package private(set) var changes: UInt64 = 0
    /// By number: 1 for the first name of a number, 0 while it has none.
    private var births: [UInt64] = []

    package init() {}

    package var count: Int { births.count }

    /// The birth of the name that a number stands for; 0 for none.
    package subscript(number: Int) -> UInt64 { number < births.count ? births[number] : 1 }

    /// Whether a number stands for no name.
    package func isVacant(_ number: Int) -> Bool { self[number] == 0 }

    /// The numbers known before that stand for another name now, or for none any more.
    package func changed(since other: NameBirths) -> [Int] {
        guard changes != other.changes else { return [] }
        return (0..<min(count, other.count)).filter { births[$0] != other.births[$0] }
    }

    /// The next number was given to a name.
    mutating func append() { births.append(1) }

    /// A number that was vacant was given to a name.
    mutating func reuse(_ number: Int) {
        changes += 1
        births[number] = changes + 1
    }

    mutating func vacate(_ number: Int) {
        changes += 1
        births[number] = 0
    }
}
