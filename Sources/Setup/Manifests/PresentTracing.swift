internal import Support
import YAML

/// The TracingConfiguration that a node already has.
struct PresentTracing {
    private let path: String
    private let text: String
    private let fields: [YAMLNode.Entry]
    let endpoint: String?
    let samplingRatePerMillion: Int?

    /// - Throws: `Diagnostics` for text that isn't YAML, `SetupError` for another kind of file, or for one that kube-apiserver
    ///   refuses.
    init(_ text: String, path: String) throws {
        self.path = path
        self.text = text
        var diagnostics = Diagnostics(file: path)
        let root = YAMLDocument([UInt8](text.utf8), &diagnostics)?.root
        guard diagnostics.isEmpty else { throw diagnostics }
        guard let root, let fields = root.entries, root["kind"]?.text == "TracingConfiguration" else {
            throw SetupError("\(path): must be a TracingConfiguration, since that is where the API server looks for it")
        }
        self.fields = fields
        let known = ["apiVersion", "kind", "endpoint", "samplingRatePerMillion"]
        if let unknown = fields.first(where: { !known.contains($0.key) }) {
            throw SetupError(
                "\(path):\(unknown.keyPosition.line):\(unknown.keyPosition.column): unknown field "
                    + "\(PrintableText.quote(unknown.key)), which kube-apiserver refuses; remove it")
        }
        endpoint = root["endpoint"].flatMap { $0.isNull ? nil : $0.text }
        let rate = root["samplingRatePerMillion"].flatMap { $0.isNull ? nil : $0 }
        samplingRatePerMillion = rate?.text.flatMap(Int.init)
        if let rate, samplingRatePerMillion == nil {
            throw SetupError(
                "\(path):\(rate.start.line):\(rate.start.column): samplingRatePerMillion must be a number from 0 to 1000000, "
                    + "but found \(rate.phrase)")
        }
    }

    private func field(_ name: String) -> YAMLNode? { fields.first { $0.key == name }?.value }

    /// Whether the rate is in quotes, in which kube-apiserver refuses it.
    private var isRateQuoted: Bool {
        guard case .scalar(_, let style) = field("samplingRatePerMillion")?.kind else { return false }
        return style != .plain
    }

    /// Whether there is nothing to change.
    private func says(_ request: TracingRequest) -> Bool {
        field("apiVersion")?.text == request.tracingVersion && endpoint == request.endpoint.description
            && samplingRatePerMillion == request.samplingRatePerMillion && !isRateQuoted
    }

    /// Changes within the lines of the file; nil if it must be replaced as a whole. The same in other words stays.
    func edits(for request: TracingRequest) -> LineEdits? {
        var edits = LineEdits(text)
        guard !says(request) else { return edits }
        guard let kind = fields.first(where: { $0.key == "kind" })?.keyPosition else { return nil }
        for (name, value) in request.tracingFields {
            if let node = field(name) {
                guard node.start.line == node.end.line, node.start.line <= edits.lines.count else { return nil }
                guard node.text != Self.plain(value) || (name == "samplingRatePerMillion" && isRateQuoted) else {
                    continue
                }
                edits.replace(
                    line: node.start.line - 1, (node.start.column - 1)..<(node.end.column - 1), with: value.flow)
            } else {
                edits.insert(
                    [String(repeating: " ", count: kind.column - 1) + "\(name): \(value.flow)"], before: kind.line)
            }
        }
        // Flow style, for example, takes no new lines.
        guard let changed = try? PresentTracing(edits.applied(), path: path), changed.says(request) else { return nil }
        return edits
    }

    private static func plain(_ value: YAMLValue) -> String? {
        switch value {
        case .text(let text): text
        case .number(let number): String(number)
        case .boolean, .list, .map: nil
        }
    }

    /// What changes for whoever reads the spans now.
    func changes(to request: TracingRequest) -> [String] {
        var changes: [String] = []
        // Without one, the API server sends here.
        let old = endpoint ?? "localhost:4317"
        if old != request.endpoint.description {
            changes.append("\(path): kube-apiserver's spans go to \(request.endpoint), no longer to \(old)")
        }
        let rate = samplingRatePerMillion ?? 0
        if rate != request.samplingRatePerMillion {
            changes.append("\(path): samplingRatePerMillion was \(rate); it becomes \(request.samplingRatePerMillion)")
        } else if isRateQuoted {
            changes.append("\(path): samplingRatePerMillion loses its quotes, in which kube-apiserver refuses it")
        }
        return changes
    }
}
