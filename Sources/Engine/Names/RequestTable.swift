/// The request labels a window knows, by number; number 0 is the overflow row.
package struct RequestTable: Sendable {
    private var names: NameTable<RequestLabels>
    /// What rules select: places are kept for it.
    var selected = SelectedNames()
    /// Requests that went to the overflow row.
    package private(set) var overflowed = 0

    package static let overflow: UInt16 = 0

    /// - Parameter limit: request labels beside the overflow row, at most 65,533: a span's column holds the number plus
    ///   one, and the highest 16-bit number stands for one that isn't known yet (`NameTranslation`).
    package init(limit: Int) {
        names = NameTable(
            overflow: RequestLabels(verb: "_other", group: "", resource: "", subresource: "", scope: ""),
            limit: min(max(limit, 1), Int(UInt16.max) - 2), keptFor: [.apiServer, .selected])
    }

    package var labels: [RequestLabels] { names.labels }
    package var births: NameBirths { names.births }
    package var refusal: NameRefusal? { names.refusal }
    package var forgotten: Int { names.forgotten }
    package var placesUse: NamePlacesUse { names.placesUse }
    var isPressed: Bool { names.isPressed }

    /// The number of request labels, by the key of `SpanBatch.withRequest`.
    mutating func number(key: RawSpan, salt: UInt32) -> UInt16 {
        names.number(Self.labels(key: key.text, salt: salt)) { [selected] labels in
            (Self.claim(labels, selected), "API group \(labels.group)", labels.resource)
        }
    }

    mutating func countOverflow(_ requests: Int) {
        overflowed += requests
    }

    mutating func forget(where isGone: (Int) -> Bool) -> [Int] { names.forget(where: isGone) }

    /// Anyone can ask for a resource that there isn't: what Kubernetes has itself goes before.
    private static func claim(_ labels: RequestLabels, _ selected: SelectedNames) -> NameClaim {
        if labels.isOfKubernetes { return .apiServer }
        return selected.hasRequest({ labels[$0] }) ? .selected : .other
    }

    private static func labels(key: String, salt: UInt32) -> RequestLabels {
        // A zero byte inside a part can't be told from the end of it: parts beyond the third are left out.
        let parts = key.split(separator: "\0", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
        let verb = RequestVerb(rawValue: UInt8(truncatingIfNeeded: salt &>> 8)) ?? .unknown
        let scope = RequestScope(rawValue: UInt8(truncatingIfNeeded: salt)) ?? .none
        func part(_ index: Int) -> String { index < parts.count ? parts[index] : "" }
        return RequestLabels(
            verb: verb.name, group: part(0), resource: part(1), subresource: part(2), scope: scope.name)
    }
}
