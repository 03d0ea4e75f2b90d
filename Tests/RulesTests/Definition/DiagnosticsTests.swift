import Foundation
import Testing

@testable import Rules
import YAML

struct DiagnosticsTests {
    @Test func `all problems of a file are reported, in file order`() throws {
        let found = try #require(throws: Diagnostics.self) {
            try RuleText.load(
                """
                groups:
                  - name: g
                    rules:
                      - alert: A
                        select: {servce: etcd, operation: "=~ ["}
                        when: p99 > 5% and errors
                        over: 3h
                        for: soon
                      - alert: B
                        select: {service: etcd}
                        when: p99 >
                        over: 1m
                        annotations: {a: "{{ $labels.x }} {{ $value | f }}"}
                sink: []
                """)
        }
        let places = found.all.map { "\($0.position.line):\($0.position.column)" }
        #expect(
            places == [
                "5:18", "5:47", "6:21", "6:28", "7:15", "8:14", "11:20", "13:38", "13:55", "14:1",
            ])
    }

    @Test func `at most two hundred problems are reported`() throws {
        let found = try #require(throws: Diagnostics.self) {
            try RuleText.load((0..<5000).map { "field\($0): 1\n" }.joined())
        }
        #expect(found.all.count == 200)
    }

    @Test func `quoted text can't control a terminal`() throws {
        let found = try #require(throws: Diagnostics.self) { try RuleText.load("\"a\\eb\\u202E\": 1\n") }
        #expect(found.description.contains("\"a\\u{1B}b\\u{202E}\""))
    }

    @Test func `a secret URL is not quoted`() throws {
        let found = try #require(throws: Diagnostics.self) {
            try RuleText.load("sinks:\n  - webhook: {url: \"hptt://user:hunter2@host/?token=hunter2\"}\n")
        }
        #expect(!found.description.contains("hunter2"))
    }

    @Test func `text that is not UTF-8 is reported by line and column`() throws {
        let bytes = Array("groups:\n  - name: é".utf8) + [0xFF] + Array("\n".utf8)
        let found = try #require(throws: Diagnostics.self) {
            try RuleFile(bytes, file: "rules.yaml", maximumWindow: RuleText.window)
        }
        #expect(found.description == "rules.yaml:2:12: the byte 0xFF is not UTF-8")
    }

    @Test func `hostile files are refused, and no alias is ever expanded`() throws {
        let bomb =
            "a: &a [x,x,x,x,x,x,x,x,x]\n"
            + (1...8).map {
                "b\($0): &b\($0) [\(Array(repeating: "*b\($0 - 1)", count: 9).joined(separator: ","))]\n"
            }
            .joined()
        let hostile = [
            bomb, String(repeating: "[", count: 1 << 20), String(repeating: "- ", count: 1 << 19),
            String(repeating: "a: b\n", count: 200_000), String(repeating: "x", count: (1 << 20) + 1),
            "? " + String(repeating: "? ", count: 100_000),
        ]
        for text in hostile {
            let bytes = Array(text.utf8)
            #expect(throws: Diagnostics.self) {
                try RuleFile(bytes, file: "rules.yaml", maximumWindow: RuleText.window)
            }
        }
    }

    @Test func `a file that can't be read is reported`() throws {
        let found = try #require(throws: Diagnostics.self) {
            try RuleFile(path: "/nonexistent/rules.yaml", maximumWindow: RuleText.window)
        }
        #expect(found.description == "/nonexistent/rules.yaml:1:1: the file can't be read: no such file")
        #expect(throws: Diagnostics.self) { try RuleFile(path: "/", maximumWindow: RuleText.window) }
    }
}
