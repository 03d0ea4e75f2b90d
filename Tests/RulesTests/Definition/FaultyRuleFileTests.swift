import Engine
import Foundation
import Testing

@testable import Rules

/// The files of Tests/RulesTests/Faulty: each has one fault and is named by it. `expected.txt` is what
/// `faultline check *.yaml` says of them there.
private enum FaultyFiles {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Faulty")

    /// What is expected to be said, by the name of the file.
    static let expected: [String: String] = {
        let text = (try? String(contentsOf: folder.appending(path: "expected.txt"), encoding: .utf8)) ?? ""
        return Dictionary(
            text.split(separator: "\n").map { (String($0.prefix { $0 != ":" }), String($0)) },
            uniquingKeysWith: { "\($0)\n\($1)" })
    }()

    static let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
        .filter { $0.hasSuffix(".yaml") }.sorted()
}

@Suite struct `A faulty rule file` {
    @Test(arguments: FaultyFiles.names) func `is told its one fault at its place`(name: String) throws {
        let bytes = Array(try Data(contentsOf: FaultyFiles.folder.appending(path: name)))
        let limits = WindowLimits()
        let found = try #require(throws: RuleDiagnostics.self) {
            try RuleFile(
                bytes, file: name, maximumWindow: limits.reach, exactWindow: limits.duration ?? .max)
        }
        #expect(found.all.count == 1, "\(found)")
        #expect(found.description == FaultyFiles.expected[name])
    }

    @Test func `is one of many, and all of them are there`() {
        #expect(FaultyFiles.names.count >= 100)
        #expect(FaultyFiles.names == FaultyFiles.expected.keys.sorted())
    }
}
