internal import Support
import YAML

/// The manifest of a control-plane component's static pod: what it says, and changes to its text.
struct StaticPod {
    let path: String
    /// The container that runs the component.
    let container: YAMLNode
    let spec: YAMLNode
    /// The names of the pod's annotations.
    let annotations: [String]
    /// The component's command line: `command` or `args`, whichever has flags.
    let commandLine: YAMLNode
    var command: [YAMLNode] { commandLine.elements ?? [] }
    /// Flags whose names were changed, with what the manifest called them.
    var renamed: [String: String] = [:]
    var edits: LineEdits

    /// - Parameter component: the name of the container, such as "etcd".
    /// - Throws: `Diagnostics` for text that isn't YAML, `SetupError` for text that isn't such a manifest.
    init(_ text: String, path: String, component: String) throws {
        self.path = path
        var diagnostics = Diagnostics(file: path)
        guard let root = YAMLDocument([UInt8](text.utf8), &diagnostics)?.root, diagnostics.isEmpty else {
            guard diagnostics.isEmpty else { throw diagnostics }
            throw SetupError("\(path): the file is empty")
        }
        func missing(_ what: String) -> SetupError {
            SetupError("\(path): no \(what) found; this must be the manifest of \(component)'s static pod")
        }
        guard let spec = root["spec"], spec.entries != nil else { throw missing("spec") }
        let containers = spec["containers"]?.elements ?? []
        guard let container = containers.first(where: { $0["name"]?.text == component }) ?? containers.first,
            container.entries != nil
        else { throw missing("container \(component)") }
        let lists = ["command", "args"].compactMap { container[$0] }.filter { $0.elements != nil }
        let hasFlags = { (list: YAMLNode) in list.elements?.contains { $0.text?.hasPrefix("--") == true } == true }
        guard let commandLine = lists.first(where: hasFlags) else {
            let shell = lists.compactMap(\.elements).joined().first {
                $0.text?.contains("\(component) --") == true
            }
            guard let shell else { throw missing("command with flags") }
            throw SetupError(
                "\(path):\(shell.start.line):\(shell.start.column): \(component)'s flags are in a shell command, which "
                    + "can't be changed here; add them by hand: faultline setup --on manifests prints them")
        }
        self.spec = spec
        annotations = (root["metadata"]?["annotations"]?.entries ?? []).map(\.key)
        self.container = container
        self.commandLine = commandLine
        edits = LineEdits(text)
        // YAML ends lines there as well, so its positions would differ from those of the lines.
        let ends: [Unicode.Scalar] = ["\r", "\u{85}", "\u{2028}", "\u{2029}"]
        guard !edits.lines.contains(where: { $0.unicodeScalars.contains(where: ends.contains) }) else {
            throw SetupError("\(path): lines must end with a newline, or a carriage return and a newline")
        }
    }

    /// The tag of the component's image, such as "v1.31.4".
    var imageTag: String? {
        guard let name = container["image"]?.text?.split(separator: "@").first else { return nil }
        return name.split(separator: "/").last?.split(separator: ":").dropFirst().first.map(String.init)
    }

    /// The component's release: by the image's tag, or the given one where the tag isn't one.
    /// - Parameter option: what gives it on the command line.
    func release(given: Release?, _ option: String) throws(SetupError) -> Release {
        let tag = imageTag ?? ""
        guard let found = Release(tag) else {
            if let given { return given }
            let image = PrintableText.quote(container["image"]?.text ?? "")
            throw SetupError("\(path): the tag of the image \(image) is not a release; give it with \(option)")
        }
        guard let given, given < found || found < given else { return found }
        throw SetupError(
            "\(path): the image's release is \(found) (\(tag)), but \(option) says \(given); leave \(option) out, which is "
                + "only for images whose tag is not a release")
    }

    /// The value of a flag; nil if it isn't given.
    func value(of flag: String) -> String? { argument(of: flag)?.value }

    /// An argument on the command line.
    struct Argument {
        /// `--FLAG=VALUE`, or the value of a flag that is the argument before.
        let node: YAMLNode
        let value: String
        /// What is before the value in the node's text.
        let prefix: String
    }

    /// The last one counts, as for the components.
    func argument(of flag: String) -> Argument? {
        let name = renamed[flag] ?? flag
        for (index, node) in command.enumerated().reversed() {
            guard let text = node.text, text.hasPrefix("--\(name)") else { continue }
            let rest = text.dropFirst(name.count + 2)
            if rest.first == "=" {
                return Argument(node: node, value: String(rest.dropFirst()), prefix: "--\(name)=")
            }
            guard rest.isEmpty else { continue }
            // Only flags that are on or off stand alone.
            if flag.hasSuffix("enable-distributed-tracing") { return Argument(node: node, value: "true", prefix: text) }
            guard index + 1 < command.count, let value = command[index + 1].text else {
                return Argument(node: node, value: "", prefix: text)
            }
            return Argument(node: command[index + 1], value: value, prefix: "")
        }
        return nil
    }

    /// The names of the pod's volumes, with the host's folders that some of them mount.
    var volumes: [(name: String, path: String?)] {
        (spec["volumes"]?.elements ?? []).compactMap { volume in
            volume["name"]?.text.map { ($0, volume["hostPath"]?["path"]?.text) }
        }
    }

    /// The feature gates that are set, such as "A=true".
    var gates: [String] { value(of: "feature-gates").map { $0.split(separator: ",").map(String.init) } ?? [] }

    /// An environment variable's value; nil if it isn't given, or comes from elsewhere.
    func variable(_ name: String) -> String? { variableNode(name)?["value"]?.text }

    func variableNode(_ name: String) -> YAMLNode? {
        container["env"]?.elements?.first { $0["name"]?.text == name }
    }

    /// A folder or file of a volume where the container sees it. Paths have no slashes at the end.
    private struct Mount {
        let path: String
        let volume: String?
        /// What of the volume is mounted; nil for all of it.
        let part: String?
    }

    private var mounts: [Mount] {
        (container["volumeMounts"]?.elements ?? []).compactMap { mount in
            mount["mountPath"]?.text.map {
                Mount(path: $0.withoutSlash, volume: mount["name"]?.text, part: mount["subPath"]?.text?.withoutSlash)
            }
        }
    }

    /// The innermost mount that has a path: it hides those around it.
    private func mount(of path: String) -> Mount? {
        mounts.filter { path == $0.path || path.hasPrefix($0.path + "/") }.max { $0.path.count < $1.path.count }
    }

    /// Where the host has what the container sees under a path.
    func hostPath(of path: String) -> String {
        guard let mount = mount(of: path), let host = volumes.first(where: { $0.name == mount.volume })?.path else {
            return path
        }
        let part = mount.part.map { $0.isEmpty ? "" : "/\($0)" } ?? ""
        return host.withoutSlash + part + path.dropFirst(mount.path.count)
    }

    /// Whether something of the host is mounted at a path.
    func shows(_ path: String) -> Bool { mount(of: path) != nil }
}

extension String {
    fileprivate var withoutSlash: String { hasSuffix("/") ? String(dropLast()) : self }
}

extension YAMLNode {
    subscript(field: String) -> YAMLNode? { entries?.first { $0.key == field }?.value }

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
