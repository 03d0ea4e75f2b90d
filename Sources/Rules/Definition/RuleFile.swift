import Engine
import Foundation
import Support
package import YAML

/// The rules of a rule file. Its sinks are read by `Notify`, which knows their kinds.
package struct RuleFile: Hashable, Sendable {
    package var groups: [RuleGroup]
    /// The identities of its rules' alerts, with the position of each.
    package internal(set) var identities: [AlertIdentity.Occurrence] = []
    package internal(set) var warnings: [Diagnostic] = []

    init(groups: [RuleGroup]) {
        self.groups = groups
    }

    /// Parses a rule file; throws all its problems.
    /// - Parameters:
    ///   - bytes: the file's contents.
    ///   - file: its name, for messages. Paths in the file are relative to its folder.
    ///   - maximumWindow: how far back statistics reach, in nanoseconds; `over` plus `offset` can't exceed it.
    ///   - exactWindow: how far back single spans are kept, in nanoseconds; before that, statistics are kept by the
    ///     minute.
    ///   - components: component names, by number.
    ///   - readSinks: reads what is under `sinks`, and reports its problems.
    package init(
        _ bytes: [UInt8], file: String, maximumWindow: Int64, exactWindow: Int64 = .max,
        components: [String] = Component.builtinNames,
        readSinks: (YAMLNode, inout Diagnostics) -> Void = { _, _ in }
    ) throws(Diagnostics) {
        var diagnostics = Diagnostics(file: file)
        guard let document = YAMLDocument(bytes, &diagnostics) else { throw diagnostics }
        var reader = RuleFileReader(
            document: document, diagnostics: diagnostics, maximumWindow: maximumWindow, exactWindow: exactWindow,
            components: components)
        let rules = reader.readFile(readSinks)
        guard reader.diagnostics.isEmpty, var rules else { throw reader.diagnostics }
        rules.identities = reader.identities
        rules.warnings = reader.diagnostics.warnings.sorted { $0.position < $1.position }
        self = rules
    }

    package init(
        _ text: String, file: String, maximumWindow: Int64, exactWindow: Int64 = .max
    ) throws(Diagnostics) {
        try self.init(Array(text.utf8), file: file, maximumWindow: maximumWindow, exactWindow: exactWindow)
    }

    /// Reads and parses a rule file.
    package init(
        path: String, maximumWindow: Int64, exactWindow: Int64 = .max, components: [String] = Component.builtinNames,
        readSinks: (YAMLNode, inout Diagnostics) -> Void = { _, _ in }
    ) throws(Diagnostics) {
        try self.init(
            try Self.contents(of: path), file: path, maximumWindow: maximumWindow, exactWindow: exactWindow,
            components: components, readSinks: readSinks)
    }

    /// Reads a file, up to one byte more than a YAML document may have, so that a larger one is recognized. Also for
    /// configuration files.
    package static func contents(of path: String) throws(Diagnostics) -> [UInt8] {
        do {
            let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            defer { try? file.close() }
            if EndlessDevice.isOpen(as: file.fileDescriptor) {
                var diagnostics = Diagnostics(file: path)
                diagnostics.report(.start, "the file can't be read: it is a device, which never ends")
                throw diagnostics
            }
            return Array(try file.read(upToCount: YAMLDocument.sizeLimit + 1) ?? Data())
        } catch let diagnostics as Diagnostics {
            throw diagnostics
        } catch {
            var diagnostics = Diagnostics(file: path)
            diagnostics.report(.start, "the file can't be read: \(reason(error))")
            throw diagnostics
        }
    }

    /// Why a file can't be read, for use after a colon.
    package static func reason(_ error: any Error) -> String {
        switch (error as? CocoaError)?.code {
        case .fileNoSuchFile, .fileReadNoSuchFile: "no such file"
        case .fileReadNoPermission: "permission denied"
        case .fileReadUnknown: "it is not a regular file"
        default: error.localizedDescription
        }
    }
}

/// Distinguishes the alerts of one rule from those of another. Two rules with equal identities have alerts that
/// receivers can't tell apart.
package struct AlertIdentity: Hashable, Sendable {
    package struct Occurrence: Hashable, Sendable {
        package var identity: AlertIdentity
        package var position: SourcePosition
    }

    private let alert: String
    private let labels: [String: String]
    /// The `by` labels, each with its value if the rule selects exactly one.
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

    /// - Parameter first: the other rule with these alerts, in words.
    package func problemWithSecond(first: String) -> String {
        "the alerts \(PrintableText.quote(alert)) of this rule can't be told apart from those of \(first): give one "
            + "rule another name, or another value for a label such as severity"
    }
}
