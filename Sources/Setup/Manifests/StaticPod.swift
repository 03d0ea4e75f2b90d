internal import Support
import YAML

/// The manifest of a control-plane component's static pod: what it says, and changes to its text.
struct StaticPod {
    let path: String
    /// The name of the component, such as "etcd".
    let component: String
    /// The container that runs the component.
    let container: YAMLNode
    let spec: YAMLNode
    let podName: String?
    /// The names of the pod's annotations.
    let annotations: [String]
    /// What makes up the component's command line: `command`, then `args`.
    let commandLines: [YAMLNode]
    /// The last of them that isn't empty, where flags are added: the last ones count.
    let commandLine: YAMLNode
    var command: [YAMLNode] { commandLines.flatMap { $0.elements ?? [] } }
    /// Flags whose names were changed, with what the manifest called them.
    var renamed: [String: String] = [:]
    var edits: LineEdits

    /// - Parameter component: the name of the container, such as "etcd".
    /// - Throws: `Diagnostics` for text that isn't YAML, `SetupError` for text that isn't such a manifest.
    init(_ text: String, path: String, component: String) throws {
        self.path = path
        self.component = component
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
        let hasFlags = { (list: YAMLNode) in
            list.elements?.contains { $0.text.map { Self.isFlag($0, of: component) } == true } == true
        }
        guard lists.contains(where: hasFlags), let commandLine = lists.last(where: { $0.elements?.isEmpty == false })
        else {
            let shell = lists.compactMap(\.elements).joined().first {
                $0.text?.contains("\(component) --") == true
            }
            guard let shell else { throw missing("command with flags") }
            throw SetupError(
                "\(path):\(shell.start.line):\(shell.start.column): \(component)'s flags are in a shell command, which "
                    + "can't be changed here; add them by hand: faultline setup --on manifests prints them")
        }
        self.spec = spec
        podName = root["metadata"]?["name"]?.text
        annotations = (root["metadata"]?["annotations"]?.entries ?? []).map(\.key)
        self.container = container
        (self.commandLine, commandLines) = (commandLine, lists)
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

    /// Whether an argument is one of the component's flags. One dash alone says little: a shell has it in `-ec`.
    private static func isFlag(_ text: String, of component: String) -> Bool {
        text.hasPrefix("--") || (component == "etcd" && text.wholeMatch(of: /-[a-z]+[-=].*/) != nil)
    }

    /// The names of the pod's volumes, with the host's folders that some of them mount.
    var volumes: [(name: String, path: String?)] {
        (spec["volumes"]?.elements ?? []).compactMap { volume in
            volume["name"]?.text.map { ($0, volume["hostPath"]?["path"]?.text) }
        }
    }

    /// An environment variable's value; nil if it isn't given, or comes from elsewhere.
    func variable(_ name: String) -> String? { variableNode(name)?["value"]?.text }

    /// Of several, the kubelet takes the last.
    func variableNode(_ name: String) -> YAMLNode? {
        container["env"]?.elements?.last { $0["name"]?.text == name }
    }
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
