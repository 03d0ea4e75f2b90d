import YAML

// The component's flags as it understands them: in any spelling, on any line of its command, or in its environment.
extension StaticPod {
    /// An argument on the command line.
    struct Argument {
        /// `--FLAG=VALUE`, or the value of a flag that is the argument before.
        let node: YAMLNode
        let value: String
        /// What is before the value in the node's text.
        let prefix: String
    }

    /// The value of a flag; nil if neither an argument nor the environment has it.
    func value(of flag: String) -> String? {
        if let argument = argument(of: flag) { return argument.value }
        guard let text = environmentName(of: flag).flatMap({ variable($0) }), !text.isEmpty else { return nil }
        return text
    }

    /// The last one counts, as for the components.
    func argument(of flag: String) -> Argument? { arguments(of: flag).last }

    private func arguments(of flag: String) -> [Argument] {
        let (name, command) = (renamed[flag] ?? flag, command)
        return command.indices.compactMap { index in
            guard let text = command[index].text, let found = self.name(in: text), found.name == name else {
                return nil
            }
            let rest = text.unicodeScalars.dropFirst(found.length)
            if rest.first == "=" {
                let value = String(rest.dropFirst())
                return Argument(node: command[index], value: value, prefix: String(text.dropLast(value.count)))
            }
            // Only flags that are on or off stand alone.
            if flag.hasSuffix("enable-distributed-tracing") {
                return Argument(node: command[index], value: "true", prefix: text)
            }
            guard index + 1 < command.count, let value = command[index + 1].text else {
                return Argument(node: command[index], value: "", prefix: text)
            }
            return Argument(node: command[index + 1], value: value, prefix: "")
        }
    }

    /// The flag that an argument gives, with two dashes before it. etcd also takes one dash, kube-apiserver underscores.
    ///
    /// - Returns: nil if it is no flag. `length` counts the Unicode scalars of the name with its dashes.
    func name(in argument: String) -> (name: String, dashes: Int, length: Int)? {
        let dashes = argument.hasPrefix("--") ? 2 : argument.hasPrefix("-") && component == "etcd" ? 1 : 0
        guard dashes > 0 else { return nil }
        let written = argument.dropFirst(dashes).prefix { $0 != "=" }
        let name = component == "etcd" ? String(written) : String(written.replacing("_", with: "-"))
        return (name, dashes, dashes + written.unicodeScalars.count)
    }

    /// The environment variable that etcd reads if a flag isn't given. It doesn't start with both.
    func environmentName(of flag: String) -> String? {
        guard component == "etcd" else { return nil }
        return "ETCD_" + (renamed[flag] ?? flag).uppercased().replacing("-", with: "_")
    }

    /// Whether a feature gate is on; nil if it isn't set. The last one counts.
    func gate(_ name: String) -> Bool? {
        let all = arguments(of: "feature-gates").flatMap { Self.gates(in: $0.value) }
        return all.last { Self.gateName($0) == name }.map {
            ["1", "t", "T", "true", "True", "TRUE"].contains($0.split(separator: "=").last)
        }
    }

    /// Feature gates, such as "A=true".
    static func gates(in value: String) -> [Substring] { value.split { $0 == "," || $0 == " " } }

    /// The name, without the component that newer releases take before it.
    static func gateName(_ gate: Substring) -> Substring {
        gate.prefix { $0 != "=" }.trimmingPrefix("kube:")
    }
}
