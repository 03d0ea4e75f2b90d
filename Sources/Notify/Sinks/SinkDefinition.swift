import Rules
import Support
package import YAML

/// A sink as a rule file defines it. Each kind has its own file, with everything specific to it; `AlertSinks.kinds`
/// lists them.
package protocol SinkDefinition: Sendable {
    /// Its key in rule files, and the first part of its name in the scrape.
    static var kind: String { get }
    /// Reads what is under the key; nil if that is unusable, and `diagnostics` says why.
    init?(_ node: YAMLNode, _ diagnostics: inout Diagnostics)
    /// The same in every run for the same receiver. May be part of a file name, so it reveals no URL.
    var identity: String { get }
    /// The files that it names, which are watched for changes.
    var files: [String] { get }
    /// What is wrong with the contents of these files.
    func problemsOfFiles() -> [(position: SourcePosition, message: String)]
    /// Reads the files that it names, and throws the first problem in them.
    func sink(name: String, identity: String, links: AlertLinks) throws(WebhookHeaders.FormatError) -> any AlertSink
}

extension SinkDefinition {
    package var files: [String] { [] }
    package func problemsOfFiles() -> [(position: SourcePosition, message: String)] { [] }
}

/// Reads and creates the sinks that rule files define.
package enum AlertSinks {
    /// In the order of messages.
    private static let kinds: [any SinkDefinition.Type] = [
        StdoutDefinition.self, WebhookDefinition.self, AlertmanagerDefinition.self,
    ]

    /// The sink of rule files that define none.
    package static let standard: any SinkDefinition = StdoutDefinition(format: .text)

    /// Reads `sinks`: a list of mappings with one key each, the kind of sink.
    package static func read(_ node: YAMLNode, _ diagnostics: inout Diagnostics) -> [any SinkDefinition] {
        (node.list("sinks", &diagnostics) ?? []).compactMap { readOne($0, &diagnostics) }
    }

    private static func readOne(_ node: YAMLNode, _ diagnostics: inout Diagnostics) -> (any SinkDefinition)? {
        let before = diagnostics.count
        let names = kinds.map { $0.kind }
        guard let mapping = YAMLMapping(node, "a sink", fields: names, &diagnostics) else { return nil }
        let found = kinds.filter { mapping[$0.kind] != nil }
        guard found.count < 2 else {
            let second = found[1].kind
            diagnostics.report(
                mapping.keyPosition(second), "one sink has one kind; start the next with \"- \(second)\"")
            return nil
        }
        if let kind = found.first, let value = mapping[kind.kind] { return kind.init(value, &diagnostics) }
        if diagnostics.count == before {
            diagnostics.report(
                node.start, "a sink is \(names.listed("or"))")
        }
        return nil
    }

    /// Throws the first problem in a file that a sink names, with the file's name.
    package static func make(
        _ definitions: [any SinkDefinition], links: AlertLinks = .none
    ) throws(WebhookHeaders.FormatError) -> [any AlertSink] {
        var names = Numbering()
        var identities = Numbering()
        var sinks: [any AlertSink] = []
        for definition in definitions {
            let name = names.next(type(of: definition).kind)
            let identity = identities.next(definition.identity)
            sinks.append(try definition.sink(name: name, identity: identity, links: links))
        }
        return sinks
    }

    /// Numbers names from the second of a kind on, as in `webhook-2`, so that they are unique in the scrape.
    private struct Numbering {
        private var numbers: [String: Int] = [:]

        mutating func next(_ kind: String) -> String {
            let number = numbers[kind, default: 0] + 1
            numbers[kind] = number
            return number == 1 ? kind : "\(kind)-\(number)"
        }
    }
}
