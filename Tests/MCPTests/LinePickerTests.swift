import NIOCore
import Testing

@testable import MCP

@Suite struct `Lines picked from a text` {
    private func picked(_ chunks: [String]) async throws -> String {
        let text = AsyncStream<ByteBuffer> { stream in
            for chunk in chunks { stream.yield(ByteBuffer(string: chunk)) }
            stream.finish()
        }
        return String(buffer: try await LinePicker(beginnings: ["wanted", "other_wanted "]).collect(text))
    }

    @Test func `are those that begin as asked, wherever the text is cut`() async throws {
        let text = "# HELP wanted\nwanted{a=\"1\"} 2\nunwanted 1\n\nother_wanted 3\nother_wanted_too 4\nwanted 5"
        for length in 1...text.count {
            var chunks: [String] = []
            var rest = text[...]
            while !rest.isEmpty {
                chunks.append(String(rest.prefix(length)))
                rest = rest.dropFirst(length)
            }
            #expect(try await picked(chunks) == "wanted{a=\"1\"} 2\nother_wanted 3\nwanted 5")
        }
    }

    @Test func `may come from a text of any length`() async throws {
        let chunk = String(repeating: "unwanted{name=\"value\"} 123\n", count: 1_000)
        #expect(try await picked(Array(repeating: chunk, count: 100) + ["wanted 1\n"]) == "wanted 1\n")
    }

    @Test func `are limited, as each line of the text is`() async throws {
        for line in ["wanted 1\n", "unwanted"] {
            await #expect(throws: NIOTooManyBytesError.self) {
                try await picked(Array(repeating: String(repeating: line, count: 1_000), count: 300))
            }
        }
    }
}
