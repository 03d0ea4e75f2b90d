/// Rule files that ship with the program. They are read by the same loader as users' own.
package enum BuiltinRules {
    /// The name that problems in them are reported under.
    package static let file = "builtin:control-plane"

    package static let controlPlaneText = String(decoding: PackageResources.control_plane_yaml, as: UTF8.self)

    /// Rules for a Kubernetes control plane. Where statistics reach back less far than a rule's window, it sees what is
    /// there.
    package static func controlPlane() throws(RuleDiagnostics) -> RuleFile {
        try RuleFile(controlPlaneText, file: file, maximumWindow: .max)
    }
}
