internal import Support
import YAML

/// The manifest of a control-plane component's static pod: what it says, and changes to its text.
struct StaticPod {
    let path: String
    /// The container that runs the component.
    private let container: [YAMLNode.Entry]
    private let spec: [YAMLNode.Entry]
    /// The component's command line: `command` or `args`, whichever has flags.
    private let command: [YAMLNode]
    private(set) var edits: LineEdits

    /// - Parameter component: the name of the container, such as "etcd".
    init(_ text: String, path: String, component: String) throws(SetupError) {
        self.path = path
        var diagnostics = Diagnostics(file: path)
        guard let root = YAMLDocument([UInt8](text.utf8), &diagnostics)?.root, diagnostics.isEmpty else {
            throw SetupError(diagnostics.isEmpty ? "\(path): the file is empty" : diagnostics.description)
        }
        func missing(_ what: String) -> SetupError {
            SetupError("\(path): no \(what) found; this must be the manifest of \(component)'s static pod")
        }
        guard let spec = root["spec"]?.entries else { throw missing("spec") }
        let containers = root["spec"]?["containers"]?.elements ?? []
        let found = containers.first { $0["name"]?.text == component } ?? containers.first
        guard let container = found?.entries else { throw missing("container \(component)") }
        let lists = ["command", "args"].compactMap { name in found?[name]?.elements }
        guard let command = lists.first(where: { list in list.contains { $0.text?.hasPrefix("--") == true } }) else {
            throw missing("command with flags")
        }
        self.spec = spec
        self.container = container
        self.command = command
        edits = LineEdits(text)
    }

    /// The tag of the component's image, such as "v1.31.4".
    var imageTag: String? {
        guard let image = container["image"]?.text else { return nil }
        let name = image.split(separator: "@")[0]
        return name.split(separator: "/").last?.split(separator: ":").dropFirst().first.map(String.init)
    }

    /// The value of a flag; nil where it isn't given.
    func value(of flag: String) -> String? { argument(of: flag)?.value }

    private func argument(of flag: String) -> (node: YAMLNode, value: String)? {
        for node in command {
            guard let text = node.text, text.hasPrefix("--\(flag)") else { continue }
            let rest = text.dropFirst(flag.count + 2)
            if rest.isEmpty { return (node, "true") }
            if rest.first == "=" { return (node, String(rest.dropFirst())) }
        }
        return nil
    }

    /// Whether a file of the host is visible in the container under the same path.
    func shows(_ path: String) -> Bool {
        let mounts = (container["volumeMounts"]?.elements ?? []).compactMap { $0["mountPath"]?.text }
        return mounts.contains { path == $0 || path.hasPrefix($0.hasSuffix("/") ? $0 : $0 + "/") }
    }
}

// MARK: - Changes

extension StaticPod {
    /// Sets a flag: adds it, or changes its value.
    mutating func set(_ flag: Setting) throws(SetupError) {
        if let (node, value) = argument(of: flag.name) {
            guard value != flag.value else { return }
            let line = node.start.line - 1
            let written = edits.lines[line]
            guard let range = written.ranges(of: "=\(value)").last else {
                throw byHand("--\(flag.name)=\(flag.value)", node.start)
            }
            edits.replace(
                line: line, with: "\(written[..<range.lowerBound])=\(flag.value)\(written[range.upperBound...])")
        } else {
            try append("- --\(flag.name)=\(flag.value)")
        }
    }

    /// Adds a feature gate to those that are set.
    mutating func enable(gate: String) throws(SetupError) {
        let gates = value(of: "feature-gates").map { $0.split(separator: ",").map(String.init) } ?? []
        guard !gates.contains("\(gate)=true") else { return }
        let others = gates.filter { !$0.hasPrefix("\(gate)=") }
        try set(Setting("feature-gates", (others + ["\(gate)=true"]).joined(separator: ",")))
    }

    mutating func add(environment: [Setting]) throws(SetupError) {
        let present = (container["env"]?.elements ?? []).compactMap { $0["name"]?.text }
        let missing = environment.filter { !present.contains($0.name) }
        try add(missing.map { ["- name: \($0.name)", "  value: \($0.value)"] }, to: "env", of: container)
    }

    mutating func mount(_ folders: [HostFolder]) throws(SetupError) {
        let missing = folders.filter { !shows($0.path) }
        try add(
            missing.map { ["- mountPath: \($0.path)", "  name: \($0.name)", "  readOnly: true"] }, to: "volumeMounts",
            of: container)
        try add(
            missing.map { ["- hostPath:", "    path: \($0.path)", "    type: Directory", "  name: \($0.name)"] },
            to: "volumes", of: spec)
    }

    private mutating func add(
        _ items: [[String]], to field: String, of mapping: [YAMLNode.Entry]
    ) throws(SetupError) {
        guard !items.isEmpty else { return }
        if let elements = mapping[field]?.elements, let first = elements.first {
            let line = edits.lines[first.start.line - 1]
            let indent = line.prefix { $0 == " " }
            guard line.dropFirst(indent.count).hasPrefix("- ") else { throw byHand(field, first.start) }
            edits.insert(items.flatMap { $0 }.map { indent + $0 }, before: first.start.line - 1)
        } else {
            // Before a field that isn't the first, since that may share its line with a dash.
            guard mapping[field] == nil, mapping.count > 1 else { throw byHand(field, mapping[0].keyPosition) }
            let anchor = mapping[1].keyPosition
            let indent = String(repeating: " ", count: anchor.column - 1)
            guard edits.lines[anchor.line - 1].hasPrefix(indent + mapping[1].key) else { throw byHand(field, anchor) }
            edits.insert((["\(field):"] + items.flatMap { $0 }).map { indent + $0 }, before: anchor.line - 1)
        }
    }

    /// Adds to the command line, behind the last argument.
    private mutating func append(_ item: String) throws(SetupError) {
        let last = command[command.count - 1]
        let line = edits.lines[last.start.line - 1]
        let indent = line.prefix { $0 == " " }
        guard line.dropFirst(indent.count).hasPrefix("- ") else { throw byHand(item, last.start) }
        edits.insert([indent + item], before: last.start.line)
    }

    private func byHand(_ what: String, _ position: SourcePosition) -> SetupError {
        SetupError(
            "\(path):\(position.line):\(position.column): \(what) can't be added to a list in this style; it must be "
                + "one element a line, each behind a dash, or be added by hand")
    }
}

extension YAMLNode {
    subscript(field: String) -> YAMLNode? { entries?[field] }

    var entries: [Entry]? {
        guard case .mapping(let entries) = kind else { return nil }
        return entries
    }

    var elements: [YAMLNode]? {
        guard case .sequence(let elements) = kind else { return nil }
        return elements
    }

    var text: String? {
        guard case .scalar(let text, _) = kind else { return nil }
        return text
    }
}

extension [YAMLNode.Entry] {
    subscript(field: String) -> YAMLNode? { first { $0.key == field }?.value }
}
