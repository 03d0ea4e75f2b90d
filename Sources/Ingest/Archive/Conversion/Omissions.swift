/// What of a document could not be taken over, and was left out: how many of what, with an example.
package struct Omissions: Equatable, Sendable {
    package enum Kind: CaseIterable, Sendable {
        case trace, span, process, tag, log, reference

        fileprivate func name(_ count: Int) -> String {
            let plural = self == .process ? "processes" : "\(self)s"
            return count == 1 ? "1 \(self)" : "\(count) \(plural)"
        }
    }

    private struct Left: Equatable {
        var count: Int
        var example: String
    }

    private var left: [Kind: Left] = [:]

    package init() {}

    package var isEmpty: Bool { left.isEmpty }

    package func count(_ kind: Kind) -> Int { left[kind]?.count ?? 0 }

    /// - Parameter example: where it was and what is wrong with it; made for the first of a kind only.
    mutating func add(_ kind: Kind, _ example: @autoclosure () -> String) {
        if let known = left[kind] {
            left[kind]?.count = known.count + 1
        } else {
            left[kind] = Left(count: 1, example: example())
        }
    }

    /// One sentence for each kind of thing.
    package var texts: [String] {
        Kind.allCases.compactMap { kind in
            left[kind].map { "left out \(kind.name($0.count)); the first: \($0.example)" }
        }
    }
}
