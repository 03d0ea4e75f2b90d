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
