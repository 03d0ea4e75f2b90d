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
