/// Rule files that ship with the program. They are read by the same loader as users' own.
package enum BuiltinRules {
    /// The name that problems in them are reported under.
    package static let file = "builtin:control-plane"

    package static func controlPlane(maximumWindow: Int64) throws(RuleDiagnostics) -> RuleFile {
        try RuleFile(controlPlaneText, file: file, maximumWindow: maximumWindow)
    }
}
