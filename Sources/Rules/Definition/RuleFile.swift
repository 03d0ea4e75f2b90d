import Engine
import Foundation
import Support

/// What a rule file says.
package struct RuleFile: Hashable, Sendable {
    package var groups: [RuleGroup]
    package var sinks: [SinkDefinition]
    /// What tells the alerts of its rules from those of others, with the place of each.
    package internal(set) var identities: [AlertIdentity.Place] = []
    /// Files of headers that its sinks name. Reading a rule file doesn't read them.
    package internal(set) var headersFiles: [FileReference] = []
    package internal(set) var warnings: [RuleDiagnostic] = []

    init(groups: [RuleGroup], sinks: [SinkDefinition]) {
        self.groups = groups
        self.sinks = sinks
    }

    /// Reads a rule file; throws all its problems.
    /// - Parameters:
    ///   - bytes: the file's contents.
    ///   - file: its name, for the problems; paths in it are relative to its folder.
    ///   - maximumWindow: how far back statistics reach, in nanoseconds: `over` plus `offset` end there.
    ///   - exactWindow: how far back spans are kept one by one, in nanoseconds; beyond it time is kept by the minute.
    ///   - components: the names of components, by number.
    package init(
        _ bytes: [UInt8], file: String, maximumWindow: Int64, exactWindow: Int64 = .max,
        components: [String] = Component.builtinNames
    ) throws(RuleDiagnostics) {
        var diagnostics = RuleDiagnostics(file: file)
        guard let document = YAMLDocument(bytes, &diagnostics) else { throw diagnostics }
        var reader = RuleFileReader(
            document: document, diagnostics: diagnostics, maximumWindow: maximumWindow, exactWindow: exactWindow,
            components: components)
        let rules = reader.readFile()
        guard reader.diagnostics.isEmpty, var rules else { throw reader.diagnostics }
        rules.identities = reader.identities
        rules.headersFiles = reader.headersFiles
        rules.warnings = reader.diagnostics.warnings.sorted { $0.position < $1.position }
        self = rules
    }

    package init(
        _ text: String, file: String, maximumWindow: Int64, exactWindow: Int64 = .max
    ) throws(RuleDiagnostics) {
        try self.init(Array(text.utf8), file: file, maximumWindow: maximumWindow, exactWindow: exactWindow)
    }

    /// Reads a rule file from disk, at most one byte more than may be in it.
    package init(
        path: String, maximumWindow: Int64, exactWindow: Int64 = .max, components: [String] = Component.builtinNames
    ) throws(RuleDiagnostics) {
        try self.init(
            try Self.contents(of: path), file: path, maximumWindow: maximumWindow, exactWindow: exactWindow,
            components: components)
    }

    /// The start of a file, as much as a YAML document may have and a byte more, by which one that is larger
    /// is known. For configuration files too.
    package static func contents(of path: String) throws(RuleDiagnostics) -> [UInt8] {
        do {
            let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            defer { try? file.close() }
            if EndlessDevice.isOpen(as: file.fileDescriptor) {
                var diagnostics = RuleDiagnostics(file: path)
                diagnostics.report(.start, "the file can't be read: it is a device, which never ends")
                throw diagnostics
            }
            return Array(try file.read(upToCount: YAMLDocument.sizeLimit + 1) ?? Data())
        } catch let diagnostics as RuleDiagnostics {
            throw diagnostics
        } catch {
            var diagnostics = RuleDiagnostics(file: path)
            diagnostics.report(.start, "the file can't be read: \(reason(error))")
            throw diagnostics
        }
    }

    /// Why a file can't be read, in words that go behind a colon.
    package static func reason(_ error: any Error) -> String {
        switch (error as? CocoaError)?.code {
        case .fileNoSuchFile, .fileReadNoSuchFile: "there is none"
        case .fileReadNoPermission: "permission denied"
        case .fileReadUnknown: "it is no regular file"
        default: error.localizedDescription
        }
    }
}

/// What two rules have in common whose alerts can't be told apart.
package struct AlertIdentity: Hashable, Sendable {
    package struct Place: Hashable, Sendable {
        package var identity: AlertIdentity
        package var position: SourcePosition
    }

    private let alert: String
    private let labels: [String: String]
    /// The labels that alerts are told apart by, each with the one value it has, if the rule selects but one.
    private let by: [String: String?]

    init(_ rule: Rule) {
        alert = rule.alert
        labels = rule.labels
        by = Dictionary(
            rule.by.map { label in
                let values = rule.selector.matches.compactMap { match -> String? in
                    guard match.label == label, case .equal(let value) = match.matcher else { return nil }
                    return value
                }
                return (label, values.first)
            }, uniquingKeysWith: { first, _ in first })
    }

    /// - Parameter first: the rule that has these alerts already, in words.
    package func faultOfSecond(first: String) -> String {
        "the alerts \(PrintableText.quote(alert)) of this rule can't be told from those of \(first): give one of them "
            + "another name, or a label such as severity another value"
    }
}
