/// The names of series, numbered in the order they were first seen, as many as there are places. Number 0 is the overflow
/// row, which takes what has no place.
///
/// A name of which nothing is held can be forgotten: its number is vacant then, and used again. `births` tells that to
/// whoever keeps anything by number.
struct NameTable<Labels: Hashable & Sendable>: Sendable {
    private struct Place {
        var claim: NameClaim
        var owner: String
    }

    private(set) var labels: [Labels]
    private(set) var births = NameBirths()
    /// The last name that got no place.
    private(set) var refusal: NameRefusal?
    /// Names that were forgotten.
    private(set) var forgotten = 0
    /// Whether forgetting names is worth the while: one was refused since the last time, or half the places are taken.
    var isPressed: Bool { wasRefused || places.taken > places.limit / 2 }

    var placesUse: NamePlacesUse { places.use }

    private var places: NamePlaces
    private var numberOfLabels: [Labels: UInt16] = [:]
    private var placeOfNumber: [Place?] = [nil]
    private var vacant: [UInt16] = []
    private var wasRefused = false

    /// - Parameters:
    ///   - overflow: what the overflow row is called.
    ///   - limit: names beside the overflow row.
    ///   - claims: those that places are kept for.
    init(overflow: Labels, limit: Int, keptFor claims: [NameClaim]) {
        labels = [overflow]
        places = NamePlaces(limit: limit, keptFor: claims)
        births.append()
    }

    /// The number of a name; a place is looked for if it is new.
    mutating func number(
        _ wanted: Labels, _ claim: (Labels) -> (claim: NameClaim, owner: String, name: String)
    ) -> UInt16 {
        if let known = numberOfLabels[wanted] { return known }
        let (claim, owner, name) = claim(wanted)
        if let reason = places.refusal(claim, owner: owner) {
            refusal = NameRefusal(reason: reason, owner: owner, name: name)
            wasRefused = true
            return 0
        }
        places.take(claim, owner: owner)
        let number = take(wanted)
        placeOfNumber[Int(number)] = Place(claim: claim, owner: owner)
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
        placeOfNumber.append(nil)
        births.append()
        return UInt16(labels.count - 1)
    }

    /// Forgets the names of which nothing is held.
    ///
    /// - Returns: the numbers that are vacant now.
    mutating func forget(where isGone: (_ number: Int) -> Bool) -> [Int] {
        wasRefused = false
        var gone: [Int] = []
        for number in labels.indices {
            guard let place = placeOfNumber[number], isGone(number) else { continue }
            numberOfLabels[labels[number]] = nil
            placeOfNumber[number] = nil
            places.giveBack(place.claim, owner: place.owner)
            births.vacate(number)
            vacant.append(UInt16(number))
            gone.append(number)
        }
        forgotten += gone.count
        return gone
    }
}

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
