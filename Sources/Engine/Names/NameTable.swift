/// The names of series, numbered in order of first appearance, within a limit. Number 0 is the overflow row, for names
/// that have no place.
///
/// A name can be forgotten once nothing is held under it. Its number is then vacant and will be reused; `births` tells
/// holders of numbers about that.
struct NameTable<Labels: Hashable & Sendable>: Sendable {
    private(set) var labels: [Labels]
    private(set) var births = NameBirths()
    /// The last name that found no place.
    private(set) var overflow: NameOverflow?
    /// How many names have been forgotten.
    private(set) var forgotten = 0
    /// Whether it pays to forget names: one found no place since the last time, or more than half of the places are taken.
    var isPressed: Bool { hasOverflowed || places.taken > places.limit / 2 }

    var placesUse: NamePlacesUse { places.use }

    private var places: NameQuotas
    private var numberOfLabels: [Labels: UInt16] = [:]
    /// nil for the overflow row and vacant numbers.
    private var ownerOfNumber: [NameOwner?] = [nil]
    private var vacant: [UInt16] = []
    private var hasOverflowed = false

    /// - Parameters:
    ///   - overflow: the labels of the overflow row.
    ///   - limit: names besides the overflow row.
    ///   - claims: the claims that places are reserved for.
    init(overflow: Labels, limit: Int, keptFor claims: [NameClaim]) {
        labels = [overflow]
        places = NameQuotas(limit: limit, keptFor: claims)
        births.append()
    }

    /// The number of a name. A new name takes a place, or gets 0 if there is none for it.
    mutating func number(
        _ wanted: Labels, _ claim: (Labels) -> (owner: NameOwner, name: String)
    ) -> UInt16 {
        if let known = numberOfLabels[wanted] { return known }
        let (owner, name) = claim(wanted)
        if let reason = places.overflow(owner) {
            overflow = NameOverflow(reason: reason, owner: owner.name, name: name)
            hasOverflowed = true
            return 0
        }
        places.take(for: owner)
        let number = take(wanted)
        ownerOfNumber[Int(number)] = owner
        numberOfLabels[wanted] = number
        return number
    }

    private mutating func take(_ new: Labels) -> UInt16 {
        if let number = vacant.popLast() {
            labels[Int(number)] = new
            births.reuse(Int(number))
            return number
        }
        labels.append(new)
        ownerOfNumber.append(nil)
        births.append()
        return UInt16(labels.count - 1)
    }

    /// Forgets the names for which `isUnused` is true.
    ///
    /// - Returns: the numbers that became vacant.
    mutating func forget(where isUnused: (_ number: Int) -> Bool) -> [Int] {
        hasOverflowed = false
        var unused: [Int] = []
        for number in labels.indices {
            guard let owner = ownerOfNumber[number], isUnused(number) else { continue }
            numberOfLabels[labels[number]] = nil
            ownerOfNumber[number] = nil
            places.giveBack(of: owner)
            births.vacate(number)
            vacant.append(UInt16(number))
            unused.append(number)
        }
        forgotten += unused.count
        return unused
    }
}

/// Tells whether a number still stands for the same name as at an earlier time.
///
/// Code that keeps data by series number for longer than one view keeps the births with it: when a number is vacated or
/// reused, its birth changes.
package struct NameBirths: Equatable, Sendable {
    /// Increases whenever a number is vacated or reused.
    package private(set) var changes: UInt64 = 0
    /// By number: 1 for its first name, 0 while it is vacant.
    private var births: [UInt64] = []

    package init() {}

    var count: Int { births.count }

    /// The birth of a number's current name; 0 if it is vacant.
    package subscript(number: Int) -> UInt64 { number < births.count ? births[number] : 1 }

    /// Whether a number has no name.
    package func isVacant(_ number: Int) -> Bool { self[number] == 0 }

    /// The numbers in `other` that now have another name, or none.
    package func changed(since other: NameBirths) -> [Int] {
        guard changes != other.changes else { return [] }
        return (0..<min(count, other.count)).filter { births[$0] != other.births[$0] }
    }

    /// Records that the next number was given to a name.
    mutating func append() { births.append(1) }

    /// Records that a vacant number was given to a name.
    mutating func reuse(_ number: Int) {
        changes += 1
        births[number] = changes + 1
    }

    mutating func vacate(_ number: Int) {
        changes += 1
        births[number] = 0
    }
}
