import Foundation
import Testing

@testable import MCP

@Suite struct `A portion of a trace` {
    private let trace: String = {
        let spans = (0..<50).map { "{\"name\":\"\(String(repeating: "x", count: $0 * 10))\",\"number\":\($0)}" }
        return "{\"requests\":[1],\"spans\":[\(spans.joined(separator: ","))],\"trace_id\":\"a\"}"
    }()

    private func portion(_ offset: Int, bytesMax: Int = 2_000) throws -> JSONValue {
        let text = try TracePortion(trace: trace, offset: offset, bytesMax: bytesMax).text()
        #expect(text.utf8.count <= bytesMax)
        return try JSONValue(text: text)
    }

    @Test func `leads to the next until all spans are known`() throws {
        var numbers: [Int64] = []
        var offset: Int? = 0
        while let from = offset {
            let answer = try portion(from)
            guard case .array(let spans)? = answer["spans"] else { throw CancellationError() }
            numbers += spans.compactMap { if case .integer(let number)? = $0["number"] { number } else { nil } }
            #expect(answer["span_count"] == .integer(50) && answer["trace_id"]?.text == "a")
            #expect((answer["requests"] == nil) == (from > 0))
            if case .integer(let next)? = answer["next_offset"] { offset = Int(next) } else { offset = nil }
        }
        #expect(numbers == Array(0..<50))
    }

    @Test func `is all of it, as it came, where there is room`() throws {
        #expect(try TracePortion(trace: trace, offset: 0, bytesMax: 100_000).text() == trace)
    }

    @Test(arguments: [(50, 2_000, "offset must be less than 50"), (40, 300, "offset 41 leaves it out")])
    func `that can't be says what would be right`(offset: Int, bytesMax: Int, reason: String) {
        #expect {
            try portion(offset, bytesMax: bytesMax)
        } throws: { (($0 as? DaemonClient.AnswerError)?.message ?? "").contains(reason) }
    }
}
