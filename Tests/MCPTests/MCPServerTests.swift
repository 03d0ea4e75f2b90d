import Foundation
import Testing

@testable import MCP

/// Without a daemon: nothing here gets as far as asking one.
@Suite struct `A server of the Model Context Protocol` {
    private let server = MCPServer(DaemonClient(address: "127.0.0.1:1"), version: "1.2.3")

    private func reply(_ line: String) async throws -> JSONValue? {
        guard let text = await server.reply(to: Array(line.utf8)) else { return nil }
        #expect(!text.contains("\n"), "one message is one line")
        return try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
    }

    private func call(_ tool: String, _ arguments: String) async throws -> (isError: Bool, text: String) {
        let answer = try await reply(
            """
            {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "\(tool)", "arguments": \(arguments)}}
            """)
        let result = try #require(answer?["result"])
        guard case .array(let content)? = result["content"] else { throw NoContentError() }
        return (result["isError"] == true, content.first?["text"]?.text ?? "")
    }

    private struct NoContentError: Error {}

    @Test(arguments: ["7", "\"seven\"", "-1", "9007199254740993"]) func `answers under the id of the question`(
        id: String
    ) async throws {
        let answer = try await reply("{\"jsonrpc\": \"2.0\", \"id\": \(id), \"method\": \"ping\"}")
        #expect(answer?["id"] == (try JSONDecoder().decode(JSONValue.self, from: Data(id.utf8))))
        #expect(answer?["result"] == [:])
    }

    @Test(arguments: ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"])
    func `speaks the revision that a client asks for`(revision: String) async throws {
        let answer = try await reply(
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"\(revision)\"}}")
        #expect(answer?["result"]?["protocolVersion"]?.text == revision)
        #expect(answer?["result"]?["serverInfo"]?["version"]?.text == "1.2.3")
    }

    @Test func `offers the latest revision to a client that asks for another`() async throws {
        for asked in ["{\"protocolVersion\":\"2031-01-01\"}", "{}", "null"] {
            let answer = try await reply(
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":\(asked)}")
            #expect(answer?["result"]?["protocolVersion"]?.text == "2025-11-25")
        }
    }

    @Test(arguments: [
        ("{", Int64(-32700)), ("\u{FF}", -32700), ("[]", -32600), ("3", -32600), ("{\"jsonrpc\":\"1.0\"}", -32600),
        ("{\"jsonrpc\":\"2.0\",\"id\":4}", -32600), ("{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"nothing\"}", -32601),
        ("{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"tools/call\"}", -32602),
        ("{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"tools/call\",\"params\":{\"name\":\"reboot\"}}", -32602),
    ]) func `answers a wrong message with the code that JSON-RPC has for it`(line: String, code: Int64) async throws {
        let answer = try await reply(line)
        #expect(answer?["error"]?["code"] == .integer(code))
        #expect(answer?["error"]?["message"]?.text?.isEmpty == false)
        #expect(answer?["result"] == nil)
    }

    @Test(arguments: [
        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}",
        "{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"ping\"}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}", "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{}}",
    ]) func `doesn't reply to notifications and answers`(line: String) async throws {
        #expect(try await reply(line) == nil)
    }

    @Test func `lists tools whose schemas describe every argument and require only those that are there`() async throws
    {
        let answer = try await reply("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}")
        guard case .array(let tools)? = answer?["result"]?["tools"] else { throw NoContentError() }
        #expect(Set(tools.compactMap { $0["name"]?.text }).count == tools.count)
        for tool in tools {
            let schema = try #require(tool["inputSchema"])
            guard case .object(let properties)? = schema["properties"], case .array(let required)? = schema["required"]
            else { throw NoContentError() }
            #expect(properties.values.allSatisfy { $0["description"]?.text?.isEmpty == false })
            #expect(required.allSatisfy { $0.text.map { properties[$0] != nil } == true })
            #expect(schema["additionalProperties"] == false)
        }
    }

    @Test func `refuses wrong arguments before it asks the daemon, and says what would be right`() async throws {
        for (tool, arguments, expected) in [
            ("trace", "{}", "id is missing: the trace id"),
            ("trace", "{\"id\": [1]}", "id must be a text or a number"),
            ("trace", "{\"id\": \"a\", \"cluster\": \"b\"}", "trace has no argument \"cluster\"; it has id"),
            ("what_is_wrong_now", "{\"from\": \"-5m\"}", "it has none"),
            // null is as good as nothing.
            ("trace", "{\"id\": null}", "id is missing"),
        ] {
            let (isError, text) = try await call(tool, arguments)
            #expect(isError)
            #expect(text.contains(expected), "\(text)")
        }
    }

    @Test func `says that a line was too long`() throws {
        let answer = try JSONDecoder().decode(JSONValue.self, from: Data(MCPServer.tooLong(100).utf8))
        #expect(answer["error"]?["message"]?.text?.contains("100 bytes") == true)
        #expect(answer["id"] == .null)
    }
}
