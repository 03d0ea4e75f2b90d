import YAML

// Changes to a manifest, line by line, so that everything else stays as it is written.
extension StaticPod {
    /// Sets a flag: adds it, or changes its value.
    mutating func set(_ flag: Setting) throws(SetupError) {
        guard let argument = argument(of: flag.name) else { return try append("--\(flag.name)=\(flag.value)") }
        guard argument.value != flag.value else { return }
        let isJoined = argument.written.hasPrefix("--\(flag.name)")
        try replace(
            argument.node, argument.written, with: isJoined ? "--\(flag.name)=\(flag.value)" : flag.value,
            "--\(flag.name)=\(flag.value)")
    }

    /// Renames a flag that has another release's name to the one that the component's release knows.
    /// - Returns: whether there was one.
    mutating func rename(_ old: String, to name: String) throws(SetupError) -> Bool {
        for node in command where node.text == "--\(old)" || node.text?.hasPrefix("--\(old)=") == true {
            guard renamed[name] != nil || value(of: name) == nil else {
                throw SetupError("\(path): has both --\(old) and --\(name); remove the one that etcd doesn't know")
            }
            try replace(node, "--\(old)", with: "--\(name)", "--\(name)")
            renamed[name] = old
        }
        return renamed[name] != nil
    }

    /// Replaces text of a scalar within its line.
    private mutating func replace(
        _ node: YAMLNode, _ old: String, with new: String, _ what: String
    ) throws(SetupError) {
        let line = node.start.line - 1
        let written = edits.current(line)
        let start = written.index(written.startIndex, offsetBy: node.start.column - 1, limitedBy: written.endIndex)
        guard node.start.line == node.end.line, !old.isEmpty, let start,
            let range = written[start...].firstRange(of: old)
        else { throw byHand(what, node.start) }
        edits.replace(line: line, with: written[..<range.lowerBound] + new + written[range.upperBound...])
    }

    /// Adds a feature gate to those that are set.
    mutating func enable(gate: String) throws(SetupError) {
        guard !gates.contains("\(gate)=true") else { return }
        let others = gates.filter { !$0.hasPrefix("\(gate)=") }
        try set(Setting("feature-gates", (others + ["\(gate)=true"]).joined(separator: ",")))
    }

    mutating func add(environment: [Setting]) throws(SetupError) {
        var missing: [Setting] = []
        for setting in environment {
            guard let present = variableNode(setting.name) else {
                missing.append(setting)
                continue
            }
            guard let value = present["value"], let text = value.text else {
                throw SetupError(
                    "\(path):\(present.start.line):\(present.start.column): \(setting.name) has no value of its own; "
                        + "it must be \(setting.value)")
            }
            if text != setting.value { try replace(value, text, with: setting.value, setting.name) }
        }
        try add(missing.map { ["- name: \($0.name)", "  value: \($0.value)"] }, to: "env", of: container)
    }

    /// Mounts folders of the host that the container doesn't see, through volumes whose names are free.
    mutating func mount(_ folders: [HostFolder]) throws(SetupError) {
        var mounts: [[String]] = []
        var added: [[String]] = []
        for folder in folders where !shows(folder.path) {
            let present = volumes.first { $0.path == folder.path }?.name
            let name = present ?? freeName(folder.name)
            mounts.append(["- mountPath: \(folder.path)", "  name: \(name)", "  readOnly: true"])
            guard present == nil else { continue }
            added.append(["- hostPath:", "    path: \(folder.path)", "    type: Directory", "  name: \(name)"])
        }
        try add(mounts, to: "volumeMounts", of: container)
        try add(added, to: "volumes", of: spec)
    }

    private func freeName(_ wanted: String) -> String {
        let taken = Set(volumes.map(\.name))
        guard taken.contains(wanted) else { return wanted }
        var number = 1
        while taken.contains("faultline-\(wanted)-\(number)") { number += 1 }
        return "faultline-\(wanted)-\(number)"
    }

    private mutating func add(
        _ items: [[String]], to field: String, of mapping: [YAMLNode.Entry]
    ) throws(SetupError) {
        guard !items.isEmpty else { return }
        if let elements = mapping[field]?.elements, let first = elements.first {
            guard let indent = indent(of: first) else { throw byHand(field, first.start) }
            edits.insert(items.flatMap { $0 }.map { indent + $0 }, before: first.start.line - 1)
        } else {
            // Before a field that isn't the first, since that may share its line with a dash.
            if let present = mapping[field] { throw byHand(field, present.start) }
            let next = mapping.count > 1 ? mapping[1] : mapping[0]
            let anchor = next.keyPosition
            let indent = String(repeating: " ", count: anchor.column - 1)
            guard edits.lines[anchor.line - 1].hasPrefix(indent + next.key) else { throw byHand(field, anchor) }
            edits.insert((["\(field):"] + items.flatMap { $0 }).map { indent + $0 }, before: anchor.line - 1)
        }
    }

    /// Adds to the command line, after the last argument.
    private mutating func append(_ argument: String) throws(SetupError) {
        let last = command[command.count - 1]
        guard let indent = indent(of: last), last.start.line == last.end.line else {
            throw byHand(argument, last.start)
        }
        edits.insert(["\(indent)- \(argument)"], before: last.start.line)
    }

    /// What is before an element's dash; nil unless it is the only element of its line.
    private func indent(of element: YAMLNode) -> Substring? {
        let line = edits.lines[element.start.line - 1]
        let indent = line.prefix { $0 == " " }
        let dash = line.prefix(element.start.column - 1).dropFirst(indent.count)
        guard dash.first == "-", dash.dropFirst().allSatisfy({ $0 == " " || $0 == "\t" }) else { return nil }
        return indent
    }

    private func byHand(_ what: String, _ position: SourcePosition) -> SetupError {
        SetupError(
            "\(path):\(position.line):\(position.column): \(what) can't be added to a list in this style; it must be "
                + "one element a line, each behind a dash, or be added by hand")
    }
}
