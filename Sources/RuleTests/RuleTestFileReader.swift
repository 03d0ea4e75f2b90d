import Foundation
import RuleFiles
import Rules
import Support
import YAML

extension RuleTestFile {
    static let fields = ["rule_files", "tests"]

    /// Parses a file of rule tests; throws all its problems.
    init(_ bytes: [UInt8], file: String) throws(Diagnostics) {
        var diagnostics = Diagnostics(file: file)
        guard let document = YAMLDocument(bytes, &diagnostics) else { throw diagnostics }
        var reader = RuleTestFileReader(document: document, diagnostics: diagnostics)
        self = reader.readFile()
        guard reader.diagnostics.isEmpty else { throw reader.diagnostics }
    }

    /// Whether a file is meant as a file of rule tests.
    package static func isRuleTests(_ bytes: [UInt8]) -> Bool {
        var ignored = Diagnostics(file: "")
        guard case .mapping(let entries) = YAMLDocument(bytes, &ignored)?.root?.kind else { return false }
        return entries.contains { fields.contains($0.key) }
    }
}

/// Reads a file of rule tests from its nodes. Continues after each problem, so that all are reported.
struct RuleTestFileReader {
    let document: YAMLDocument
    var diagnostics: Diagnostics
    private var archives: [FileReference] = []

    init(document: YAMLDocument, diagnostics: Diagnostics) {
        self.document = document
        self.diagnostics = diagnostics
    }

    mutating func readFile() -> RuleTestFile {
        var file = RuleTestFile()
        guard let root = document.root, !root.isNull else {
            diagnostics.report(.start, "the file is empty; tests go under \"tests\"")
            return file
        }
        guard let top = YAMLMapping(root, "a file of rule tests", fields: RuleTestFile.fields, &diagnostics) else {
            return file
        }
        for node in top["rule_files"]?.list("rule_files", &diagnostics) ?? [] {
            if let name = node.string("a rule file", &diagnostics) {
                file.ruleFiles.append(RuleFileName(path(of: name), location: (diagnostics.file, node.start)))
            }
        }
        file.tests = (top.required("tests", &diagnostics)?.list("tests", &diagnostics) ?? []).compactMap {
            readTest($0)
        }
        file.archives = archives
        return file
    }

    private mutating func readTest(_ node: YAMLNode) -> RuleTest? {
        let fields = ["name", "archive", "operations", "rules", "expect"]
        guard let mapping = YAMLMapping(node, "a test", fields: fields, &diagnostics) else { return nil }
        let name = mapping.required("name", &diagnostics)?.string("the name of a test", &diagnostics)
        let input = readInput(mapping)
        let alerts = mapping["rules"]?.list("rules", &diagnostics)?.compactMap {
            $0.string("the name of an alert", &diagnostics)
        }
        let isArchive = mapping["archive"] != nil
        let list = mapping.required("expect", &diagnostics)?.list("expect", &diagnostics) ?? []
        let expectations = list.compactMap { readExpectation($0, isArchive: isArchive) }
        guard let name, let input else { return nil }
        return RuleTest(name: name, input: input, alerts: alerts.map { Set($0) }, expectations: expectations)
    }

    private mutating func readInput(_ mapping: YAMLMapping) -> RuleTest.Input? {
        switch (mapping["archive"], mapping["operations"]) {
        case (let archive?, nil):
            guard let name = archive.string("archive", &diagnostics) else { return nil }
            archives.append(FileReference(path: path(of: name), position: archive.start))
            return .archive(path(of: name))
        case (nil, let operations?):
            let list = operations.list("operations", &diagnostics) ?? []
            return .operations(list.compactMap { readOperation($0) })
        case (.some, .some):
            diagnostics.report(mapping.keyPosition("archive"), "a test has an archive or operations, but not both")
        case (nil, nil):
            diagnostics.report(mapping.start, "a test needs the field \"operations\" or \"archive\"")
        }
        return nil
    }

    private mutating func readOperation(_ node: YAMLNode) -> SyntheticOperation? {
        guard let text = node.string("an operation", &diagnostics) else { return nil }
        do {
            return try SyntheticOperation(text)
        } catch {
            diagnostics.report(document.position(of: error.position, in: node), error.message)
            return nil
        }
    }

    // MARK: Expectations

    private mutating func readExpectation(_ node: YAMLNode, isArchive: Bool) -> RuleTest.Expectation? {
        guard let mapping = YAMLMapping(node, "an expectation", fields: ["at", "alerts"], &diagnostics) else {
            return nil
        }
        let time = mapping.required("at", &diagnostics).flatMap { readTime($0, isArchive: isArchive) }
        let list = mapping.required("alerts", &diagnostics)?.list("alerts", &diagnostics) ?? []
        let alerts = list.compactMap { readAlert($0) }
        return time.map { RuleTest.Expectation(position: mapping.start, time: $0, alerts: alerts) }
    }

    private mutating func readTime(_ node: YAMLNode, isArchive: Bool) -> RuleTest.Time? {
        guard isArchive else { return node.duration("at", &diagnostics).map { .sinceStart($0) } }
        guard let time = node.string("at", &diagnostics).flatMap({ Timestamp.parse(rfc3339: $0) }) else {
            diagnostics.report(
                node.start,
                "at must be a time of the archive such as 2026-01-01T00:05:00Z, but found \(node.phrase)")
            return nil
        }
        return .absolute(time)
    }

    private mutating func readAlert(_ node: YAMLNode) -> ExpectedAlert? {
        guard
            let mapping = YAMLMapping(
                node, "an expected alert", fields: ["alert", "state", "labels", "annotations", "culprit"],
                &diagnostics)
        else { return nil }
        let name = mapping.required("alert", &diagnostics)?.string("alert", &diagnostics)
        let state = mapping["state"].map { $0.choice("state", of: ExpectedState.self, &diagnostics) } ?? .firing
        let labels = mapping["labels"].map { readTexts($0, "labels") }
        let annotations = mapping["annotations"].map { readTexts($0, "annotations") } ?? [:]
        let culprit = mapping["culprit"].flatMap { readCulprit($0) }
        if state == .pending, mapping["culprit"] != nil {
            diagnostics.report(
                mapping.keyPosition("culprit"), "a pending alert has no culprit yet: it gets one when it fires")
        }
        guard let name, let state else { return nil }
        return ExpectedAlert(alert: name, state: state, labels: labels, annotations: annotations, culprit: culprit)
    }

    private mutating func readTexts(_ node: YAMLNode, _ what: String) -> [String: String] {
        var texts: [String: String] = [:]
        for entry in node.entries(what, &diagnostics) ?? [] {
            texts[entry.key] = entry.value.string(entry.key, &diagnostics)
        }
        return texts
    }

    /// Resolves a path relative to the file's folder.
    private func path(of file: String) -> String {
        guard !file.hasPrefix("/"), file != RuleSource.builtin else { return file }
        return URL(fileURLWithPath: FilePath.resolved(file, in: diagnostics.file)).standardizedFileURL.path
    }
}
