import Engine
import Foundation
import Notify
import TestSupport
import Testing

@testable import Rules
import YAML

/// The files in Tests/RulesTests/Faulty. Each has one fault and is named after it. `expected.txt` is what `faultline
/// check *.yaml` prints there.
private enum FaultyFiles {
    static let folder = Fixtures.root.appending(path: "Tests/RulesTests/Faulty")

    /// The expected message, by file name.
    static func expected() throws -> [String: String] {
        let text = String(decoding: try Fixtures.contents(folder.appending(path: "expected.txt")), as: UTF8.self)
        return Dictionary(
            text.split(separator: "\n").map { (String($0.prefix { $0 != ":" }), String($0)) },
            uniquingKeysWith: { "\($0)\n\($1)" })
    }

    static func names() throws -> [String] {
        try Fixtures.files(in: folder, endingIn: ".yaml").map(\.lastPathComponent)
    }
}

@Suite struct `A faulty rule file` {
    @Test(arguments: try FaultyFiles.names()) func `has its one fault reported in place`(name: String) throws {
        let bytes = Array(try Fixtures.contents(FaultyFiles.folder.appending(path: name)))
        let limits = WindowLimits()
        let found = try #require(throws: Diagnostics.self) {
            try RuleFile(
                bytes, file: name, maximumWindow: limits.reach, exactWindow: limits.duration ?? .max
            ) { _ = AlertSinks.read($0, &$1) }
        }
        #expect(found.all.count == 1, "\(found)")
        #expect(try found.description == FaultyFiles.expected()[name])
    }

    @Test func `is one of many, and all of them are there`() throws {
        let names = try FaultyFiles.names()
        #expect(names.count >= 100)
        #expect(try names == FaultyFiles.expected().keys.sorted())
    }
}
