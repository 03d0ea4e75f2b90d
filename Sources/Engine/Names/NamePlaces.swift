/// On what grounds a name takes a place in a table.
enum NameClaim: Int, CaseIterable, Sendable {
    /// What a component of the control plane is known to call its own.
    case known
    /// A name of the API server, or a request for a resource that Kubernetes has itself.
    case apiServer
    case etcd
    /// What rules ask for by its exact name.
    case selected
    case other
}

/// How the places of a table are shared out, so that names without end from one side leave room for the others.
///
/// An eighth of the places is kept for each of known names, the API server, etcd and what rules select, whatever else comes. Of the
/// others no one owner (a service; of requests, an API group) may take more than a quarter, and none of those that places
/// are kept for more than a half.
struct NamePlaces: Sendable {
    let limit: Int
    private(set) var taken = 0
    private var takenByClaim = [Int](repeating: 0, count: NameClaim.allCases.count)
    private var takenByOwner: [Owner: Int] = [:]
    private let claimsKept: [NameClaim]

    private struct Owner: Hashable {
        var claim: NameClaim
        var name: String
    }

    /// Tables smaller than this are not divided among owners.
    private static let undividedMax = 64

    /// - Parameter claims: those that places are kept for.
    init(limit: Int, keptFor claims: [NameClaim]) {
        self.limit = limit
        claimsKept = claims
    }

    /// Places kept for a claim.
    private func kept(_ claim: NameClaim) -> Int { claimsKept.contains(claim) ? limit / 8 : 0 }

    /// The most that one owner may take.
    private func quota(_ claim: NameClaim) -> Int {
        max(claim == .other ? limit / 4 : limit / 2, min(limit, Self.undividedMax))
    }

    /// By whom they are taken; takes a time that grows with owners.
    var use: NamePlacesUse {
        var byName: [String: Int] = [:]
        for (owner, count) in takenByOwner { byName[owner.name, default: 0] += count }
        let largest = byName.max { ($0.value, $1.key) < ($1.value, $0.key) }
        return NamePlacesUse(
            taken: taken, limit: limit, owners: byName.count, largest: largest?.key ?? "",
            ofLargest: largest?.value ?? 0)
    }

    /// Why a name gets no place; nil where there is one.
    func refusal(_ claim: NameClaim, owner: String) -> NameRefusal.Reason? {
        if takenByOwner[Owner(claim: claim, name: owner), default: 0] >= quota(claim) { return .quota }
        let keptForOthers = NameClaim.allCases.reduce(0) { sum, other in
            other == claim ? sum : sum + max(0, kept(other) - takenByClaim[other.rawValue])
        }
        if takenByClaim[claim.rawValue] < kept(claim) || taken + keptForOthers < limit { return nil }
        return .limit
    }

    mutating func take(_ claim: NameClaim, owner: String) {
        taken += 1
        takenByClaim[claim.rawValue] += 1
        takenByOwner[Owner(claim: claim, name: owner), default: 0] += 1
    }

    mutating func giveBack(_ claim: NameClaim, owner: String) {
        taken -= 1
        takenByClaim[claim.rawValue] -= 1
        let owner = Owner(claim: claim, name: owner)
        let left = takenByOwner[owner, default: 1] - 1
        takenByOwner[owner] = left > 0 ? left : nil
    }
}

/// By whom the places of a table are taken.
package struct NamePlacesUse: Equatable, Sendable {
    package let taken: Int
    package let limit: Int
    /// Services, or of requests API groups.
    package let owners: Int
    /// The owner that has most.
    package let largest: String
    package let ofLargest: Int
}

/// A name that got no place of its own.
package struct NameRefusal: Equatable, Sendable {
    package enum Reason: String, Sendable {
        /// All places that its kind of name may have are taken.
        case limit
        /// Its service, or API group, has as many as it may have.
        case quota
    }

    package var reason: Reason
    /// The service, or of a request the API group.
    package var owner: String
    package var name: String
}

/// Series that rules ask for by their exact names: places are kept for them (`NamePlaces`).
package struct SelectedNames: Equatable, Sendable {
    /// What a selector says exactly, label by label.
    package typealias Labels = [String: String]

    private var operations: [Labels] = []
    private var requests: [Labels] = []

    package init() {}

    /// Takes in what a rule selects. One that says no name exactly (of spans the service or the operation, of requests
    /// the resource) selects anything, and keeps no places.
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

    /// Whether a rule names the operation itself, and not its service alone.
    func hasNamedOperation(_ valueOf: (String) -> String?) -> Bool {
        Self.has(operations.filter { $0["operation"] != nil }, valueOf)
    }

    func hasOperation(_ valueOf: (String) -> String?) -> Bool { Self.has(operations, valueOf) }

    func hasRequest(_ valueOf: (String) -> String?) -> Bool { Self.has(requests, valueOf) }

    private static func has(_ selected: [Labels], _ valueOf: (String) -> String?) -> Bool {
        selected.contains { $0.allSatisfy { valueOf($0.key) == $0.value } }
    }
}
