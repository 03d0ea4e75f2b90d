/// Why a name may take a place in a table.
enum NameClaim: Int, CaseIterable, Sendable {
    /// A name that a control-plane component is known to use.
    case known
    /// Any name of the API server, or a request for a built-in resource.
    case apiServer
    case etcd
    /// A name that a rule selects exactly.
    case selected
    case other
}

/// Whose name takes a place, and why.
struct NameOwner: Hashable, Sendable {
    var claim: NameClaim
    /// The service; for a request, the API group.
    var name: String
}

/// Shares the places of a table, so that unlimited names from one side leave room for the others.
///
/// An eighth of the places is reserved for each of known names, the API server, etcd and what rules select. One owner
/// (a service; for requests, an API group) may take at most a quarter of the places, or a half if its claim has
/// reserved ones.
struct NameQuotas: Sendable {
    let limit: Int
    private(set) var taken = 0
    private var takenByClaim = [Int](repeating: 0, count: NameClaim.allCases.count)
    private var takenByOwner: [NameOwner: Int] = [:]
    private let claimsKept: [NameClaim]

    /// Smaller tables have no quotas.
    private static let undividedMax = 64

    /// - Parameter claims: the claims that places are reserved for.
    init(limit: Int, keptFor claims: [NameClaim]) {
        self.limit = limit
        claimsKept = claims
    }

    /// Places reserved for a claim.
    private func kept(_ claim: NameClaim) -> Int { claimsKept.contains(claim) ? limit / 8 : 0 }

    /// The most places one owner may take.
    private func quota(_ claim: NameClaim) -> Int {
        max(claim == .other ? limit / 4 : limit / 2, min(limit, Self.undividedMax))
    }

    /// How the places are shared. Costs time proportional to the number of owners.
    var use: NamePlacesUse {
        var byName: [String: Int] = [:]
        for (owner, count) in takenByOwner { byName[owner.name, default: 0] += count }
        let largest = byName.max { ($0.value, $1.key) < ($1.value, $0.key) }
        return NamePlacesUse(
            taken: taken, limit: limit, owners: byName.count, largest: largest?.key ?? "",
            ofLargest: largest?.value ?? 0)
    }

    /// Why a name gets no place; nil if it gets one.
    func overflow(_ owner: NameOwner) -> NameOverflow.Reason? {
        let claim = owner.claim
        if takenByOwner[owner, default: 0] >= quota(claim) { return .quota }
        let keptForOthers = NameClaim.allCases.reduce(0) { sum, other in
            other == claim ? sum : sum + max(0, kept(other) - takenByClaim[other.rawValue])
        }
        if takenByClaim[claim.rawValue] < kept(claim) || taken + keptForOthers < limit { return nil }
        return .limit
    }

    mutating func take(for owner: NameOwner) {
        taken += 1
        takenByClaim[owner.claim.rawValue] += 1
        takenByOwner[owner, default: 0] += 1
    }

    mutating func giveBack(of owner: NameOwner) {
        taken -= 1
        takenByClaim[owner.claim.rawValue] -= 1
        let left = takenByOwner[owner, default: 1] - 1
        takenByOwner[owner] = left > 0 ? left : nil
    }
}

/// How the places of a table are shared among owners.
package struct NamePlacesUse: Equatable, Sendable {
    package let taken: Int
    package let limit: Int
    /// Services; for requests, API groups.
    package let owners: Int
    /// The owner with the most places.
    package let largest: String
    package let ofLargest: Int
}

/// A name that found no place.
package struct NameOverflow: Equatable, Sendable {
    package enum Reason: String, Sendable {
        /// All places that its claim may use are taken.
        case limit
        /// Its owner has reached its quota.
        case quota
    }

    package var reason: Reason
    /// The service; for a request, the API group.
    package var owner: String
    package var name: String
}

/// Series that rules select by exact names; places are reserved for them (`NameQuotas`).
package struct SelectedNames: Equatable, Sendable {
    /// The exact matchers of a selector, by label.
    package typealias Labels = [String: String]

    private var operations: [Labels] = []
    private var requests: [Labels] = []

    package init() {}

    /// Adds a rule's selection. It is ignored unless it names the service or operation of spans, or the resource of
    /// requests: anything else could match any name.
    package mutating func add(_ population: Population, _ exact: Labels) {
        switch population {
        case .spans, .selfTimes:
            guard exact["service"] != nil || exact["operation"] != nil, !operations.contains(exact) else { return }
            operations.append(exact)
        case .requests, .parts:
            guard exact["resource"] != nil, !requests.contains(exact) else { return }
            requests.append(exact)
        }
    }

    /// Whether a rule names the operation, not just its service.
    func hasNamedOperation(_ valueOf: (String) -> String?) -> Bool {
        Self.has(operations.filter { $0["operation"] != nil }, valueOf)
    }

    func hasOperation(_ valueOf: (String) -> String?) -> Bool { Self.has(operations, valueOf) }

    func hasRequest(_ valueOf: (String) -> String?) -> Bool { Self.has(requests, valueOf) }

    private static func has(_ selected: [Labels], _ valueOf: (String) -> String?) -> Bool {
        selected.contains { $0.allSatisfy { valueOf($0.key) == $0.value } }
    }
}
