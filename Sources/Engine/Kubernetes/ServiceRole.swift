/// The role of a service in the control plane.
package enum ServiceRole: String, CaseIterable, Sendable {
    case apiServer = "apiserver"
    case etcd
    case kubelet
    case other = ""
}

/// Which services have which role, by `service.name`. No other code knows these names.
package struct ServiceNames: Hashable, Sendable {
    /// The first role with a pattern that matches counts.
    private var patterns: [ServicePattern]

    package static let usual = ServiceNames([
        .apiServer: ["apiserver", "kube-apiserver*"], .etcd: ["etcd*"], .kubelet: ["kubelet*"],
    ])

    /// - Parameter patterns: by role, names in which `*` stands for any text.
    package init(_ patterns: [ServiceRole: [String]]) {
        self.patterns = ServiceRole.allCases.flatMap { role in
            (patterns[role] ?? []).map { ServicePattern($0, role) }
        }
    }

    /// Replaces the patterns of a role.
    package mutating func set(_ role: ServiceRole, _ texts: [String]) {
        let others = patterns.filter { $0.role != role }
        let all = others + texts.map { ServicePattern($0, role) }
        patterns = ServiceRole.allCases.flatMap { role in all.filter { $0.role == role } }
    }

    package func role(of service: String) -> ServiceRole {
        var service = service
        return service.withUTF8 { unsafe role(of: $0.span.bytes) }
    }

    /// - Parameter service: UTF-8.
    package func role(of service: RawSpan) -> ServiceRole {
        patterns.first { $0.matches(service) }?.role ?? .other
    }
}

/// A name in which `*` stands for any text.
private struct ServicePattern: Hashable, Sendable {
    let role: ServiceRole
    private let text: [UInt8]

    init(_ text: String, _ role: ServiceRole) {
        self.role = role
        self.text = Array(text.utf8)
    }

    func matches(_ name: RawSpan) -> Bool {
        var (inText, inName) = (0, 0)
        // Where to go on if what follows the last star doesn't match: the star takes one more byte.
        var star: (text: Int, name: Int)?
        while inName < name.byteCount {
            if inText < text.count, text[inText] == UInt8(ascii: "*") {
                star = (inText + 1, inName)
                inText += 1
            } else if inText < text.count, text[inText] == ASCII.byte(name, inName) {
                inText += 1
                inName += 1
            } else if let last = star {
                star = (last.text, last.name + 1)
                (inText, inName) = (last.text, last.name + 1)
            } else {
                return false
            }
        }
        return text[inText...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
