package import YAML

/// Rule files that ship with the program, read by the same loader as users' files.
package enum BuiltinRules {
    /// The file name in messages about them.
    package static let file = "builtin:control-plane"

    package static let controlPlaneText = String(decoding: PackageResources.control_plane_yaml, as: UTF8.self)

    /// Rules for a Kubernetes control plane. If a rule's window is longer than the statistics reach back, it uses what
    /// there is.
    package static func controlPlane() throws(Diagnostics) -> RuleFile {
        try RuleFile(controlPlaneText, file: file, maximumWindow: .max)
    }
}
