import YAML
import Foundation
import Notify
@testable import RuleFiles
import Rules
import Testing

@Suite struct `Rule files that are read together` {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("rules-\(UUID().uuidString)")

    init() throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    private func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: folder.appendingPathComponent(name))
    }

    private func rules(_ alert: String, when: String = "p99 > 1ms") -> String {
        "groups:\n  - name: g\n    rules:\n      - {alert: \(alert), select: {service: etcd}, when: \(when), over: 1m}\n"
    }

    private func load(_ names: String..., sendsAlerts: Bool = true) throws(RuleErrors) -> RuleSet {
        try RuleSource(names.map { RuleFileName(path($0)) }).load(sendsAlerts: sendsAlerts)
    }

    @Test func `are those that a pattern matches, in order, each once`() throws {
        for name in ["b.yaml", "a.yaml"] { try write(name, rules(String(name.prefix(1)))) }
        try write("notes.txt", "not rules")
        let set = try load("*.yaml", "a.yaml")
        #expect(set.files == [path("a.yaml"), path("b.yaml")])
        #expect(set.groups.flatMap(\.rules).map(\.alert) == ["a", "b"])
    }

    @Test func `are one file if its name looks like a pattern`() throws {
        try write("[ab].yaml", rules("Odd"))
        try write("a.yaml", rules("Other"))
        #expect(try load("[ab].yaml").files == [path("[ab].yaml")])
    }

    @Test func `are the built-in ones if no file is named`() throws {
        #expect(try RuleSource([]).load().files == [RuleSource.builtin])
    }

    @Test func `report the problems of all files, not only of the first`() throws {
        try write("a.yaml", rules("A", when: "p99 >"))
        try write("b.yaml", rules("B", when: "p99 > 5%"))
        let errors = #expect(throws: RuleErrors.self) { try load("a.yaml", "b.yaml", "*.none") }
        let lines = errors?.description.split(separator: "\n").map(String.init) ?? []
        #expect(lines.count == 3)
        for (line, name) in zip(lines, ["a.yaml:4:", "b.yaml:4:", "*.none:1:1: no file matches"]) {
            #expect(line.hasPrefix(path(name)), "\(line)")
        }
    }

    @Test func `may not define the same alert twice, wherever it was first`() throws {
        try write("a.yaml", rules("Same"))
        try write("b.yaml", rules("Same"))
        let errors = #expect(throws: RuleErrors.self) { try load("a.yaml", "b.yaml") }
        let text = errors?.description ?? ""
        #expect(text.hasPrefix("\(path("b.yaml")):4:") && text.contains("the rule at \(path("a.yaml")):4"), "\(text)")
    }

    @Test func `need readable header files only where alerts are sent`() throws {
        let sinks = "sinks:\n  - webhook: {url: 'http://127.0.0.1:1/', headers_file: \(path("none"))}\n"
        try write("a.yaml", rules("A") + sinks)
        let warnings = try load("a.yaml", sendsAlerts: false).warnings
        #expect(warnings.count == 1)
        #expect(warnings.first?.message.contains("headers_file: ") == true)
        let errors = #expect(throws: RuleErrors.self) { try load("a.yaml") }
        #expect(errors?.description.contains("headers_file: ") == true)
    }

    @Test func `write to standard output if they name no sink`() throws {
        try write("a.yaml", rules("A"))
        let set = try load("a.yaml")
        #expect(set.sinks.isEmpty)
        #expect(set.sinksOrDefault.map(\.identity) == ["stdout-text"])
    }
}
