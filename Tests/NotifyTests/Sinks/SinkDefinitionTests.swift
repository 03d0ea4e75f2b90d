import Foundation
import Rules
import TestSupport
import Testing

@testable import Notify
import YAML

struct SinkDefinitionTests {
    private static func read(_ text: String) throws -> [any SinkDefinition] {
        var sinks: [any SinkDefinition] = []
        _ = try RuleFile(Array(text.utf8), file: "rules.yaml", maximumWindow: 60 * minute) {
            sinks = AlertSinks.read($0, &$1)
        }
        return sinks
    }

    @Test func `every field of a sink is read`() throws {
        let sinks = try Self.read(
            """
            groups: []
            sinks:
              - stdout: {format: json}
              - stdout:
              - webhook: {url: "http://127.0.0.1:9093/hook", headers_file: secret/headers}
              - alertmanager: {url: "http://127.0.0.1:9093/prefix", headers_file: /etc/headers}
              - webhook: {url: "http://127.0.0.1:9093/hook"}
            """)
        try #require(sinks.count == 5)
        #expect((sinks[0] as? StdoutDefinition)?.format == .json)
        #expect((sinks[1] as? StdoutDefinition)?.format == .text)
        let folder = URL(fileURLWithPath: "rules.yaml").deletingLastPathComponent().path
        #expect(
            (sinks[2] as? WebhookDefinition)?.endpoint
                == SinkEndpoint(
                    url: "http://127.0.0.1:9093/hook",
                    headersFile: FileReference(
                        path: "\(folder)/secret/headers", position: SourcePosition(line: 5, column: 64))))
        #expect((sinks[3] as? AlertmanagerDefinition)?.endpoint.url == "http://127.0.0.1:9093/prefix")
        #expect(sinks.flatMap(\.files) == ["\(folder)/secret/headers", "/etc/headers"])
        #expect((sinks[4] as? WebhookDefinition)?.endpoint.headersFile == nil)
    }

    @Test func `problems of rules and of sinks are reported together, in the order of the file`() throws {
        let problems = try #require(throws: Diagnostics.self) {
            try Self.read(
                """
                sinks:
                  - webhook: {url: "ftp://127.0.0.1/hook"}
                groups:
                  - nmae: g
                """)
        }
        #expect(problems.all.first?.message == "url is a URL such as http://127.0.0.1:9093/hook")
        #expect(problems.all.map(\.position.line) == [2, 4, 4, 4])
    }
}
