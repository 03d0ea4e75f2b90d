import Foundation
import Support
import Testing

@testable import MCP

@Suite struct `JSON values` {
    @Test(arguments: [
        "null", "true", "false", "0", "-1", "9223372036854775807", "9007199254740993", "1.5", "-2e-3", "1e300",
        "\"\"", "\"caf\\u00e9\"", "\"\\ud83d\\ude00\"", "\"\\u0000\\n\\\"\"", "[]", "[[],[1,[\"a\",null]]]", "{}",
        "{\"a\":{\"b\":[true,{\"c\":-0.25}]},\"\":1}",
    ]) func `are written as they were read, by another parser's judgement`(text: String) throws {
        let value = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
        let written = try JSONText.encode(value)
        func parsed(_ text: String) throws -> NSObject {
            let found = try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
            return try #require(found as? NSObject)
        }
        #expect(try parsed(written) == parsed(text), "\(written)")
    }

    @Test func `are parameters of a query if they are texts or numbers`() {
        #expect(JSONValue.text("-5m").parameter == "-5m")
        #expect(JSONValue.integer(20).parameter == "20")
        #expect(JSONValue.number(0.5).parameter == "0.5")
        for other in [JSONValue.null, .bool(true), .array([]), .object([:])] { #expect(other.parameter == nil) }
    }
}
