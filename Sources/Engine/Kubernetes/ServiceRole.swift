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
    init(_ patterns: [ServiceRole: [String]]) {
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

    /// A regular expression that the services with some roles match, in RE2's syntax.
    package func regex(of roles: [ServiceRole]) -> String {
        patterns.filter { roles.contains($0.role) }.map(\.regex).joined(separator: "|")
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

/// A pattern of services that have a role.
private struct ServicePattern: Hashable, Sendable {
    let role: ServiceRole
    private let text: String
    private let name: NamePattern

    /// The same as a regular expression.
    var regex: String {
        text.map { character in
            if character == "*" { return ".*" }
            return "\\.+?()[]{}|^$".contains(character) ? "\\\(character)" : String(character)
        }.joined()
    }

    init(_ text: String, _ role: ServiceRole) {
        self.role = role
        self.text = text
        name = NamePattern(text)
    }

    func matches(_ service: RawSpan) -> Bool { name.matches(service) }
}
