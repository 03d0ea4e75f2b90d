import TestSupport
import Testing

@testable import Engine

@Suite struct `What spans of a slot say` {
    private static let time: Int64 = 1_795_300_000_000_000_000

    /// A slot of a window with failing spans that say these.
    private func slot(_ said: [String]) throws -> SlotView {
        var window = Window(limits: WindowLimits())
        var builder = BatchBuilder()
        for message in said { builder.add(end: Self.time, isError: true, message: message) }
        _ = window.append(builder.batch, arrival: Self.time, evaluatedUpTo: 0)
        return try #require(window.view().slots.first)
    }

    @Test func `stays with their rows`() throws {
        let said = ["", "no space", "", "no leader", "no space"]
        let slot = try slot(said)
        #expect(said.indices.map { slot.messages?.text(ofRow: $0) ?? "" } == said)
        #expect(try self.slot(["", ""]).messages == nil)
    }

    @Test func `is not mistaken for the number of a cluster`() throws {
        let slot = try slot(["no space", ""])
        #expect((0...1).map { slot.row($0).flags.cluster } == [ClusterTable.unnamed, ClusterTable.unnamed])
    }

    @Test func `of a duplicate is not kept`() throws {
        var window = Window(limits: WindowLimits())
        var builder = BatchBuilder()
        builder.add(end: Self.time, isError: true, message: "no space", id: 1)
        builder.add(end: Self.time, isError: true, message: "no leader", id: 1)
        builder.add(end: Self.time, isError: true, message: "no quorum", id: 2)
        _ = window.append(builder.batch, arrival: Self.time, evaluatedUpTo: 0)
        let slot = try #require(window.view().slots.first)
        #expect((0...1).map { slot.messages?.text(ofRow: $0) } == ["no space", "no quorum"])
    }

    @Test func `is kept of so many rows, and so many different ones, and counts as memory`() {
        var messages = SlotTexts(rowsMax: 4096)
        let empty = messages.byteCount
        for row in 0..<100 { add("port \(row)", ofRow: row, to: &messages) }
        #expect((0..<100).count { messages.text(ofRow: $0) != nil } == 64)
        for row in 100..<10_000 { add("port 0", ofRow: row, to: &messages) }
        #expect((0..<10_000).count { messages.text(ofRow: $0) != nil } == 4096)
        #expect(messages.byteCount > empty + 4096 * 5)
    }

    private func add(_ text: String, ofRow row: Int, to messages: inout SlotTexts) {
        let bytes = Array(text.utf8)
        _ = unsafe messages.add(bytes.span.bytes, ofRow: row)
    }

    @Test func `is counted if there is no place for it`() {
        var window = Window(limits: WindowLimits())
        for batch in 0..<2 {
            var builder = BatchBuilder(firstID: UInt64(1 + 50 * batch))
            for number in 0..<50 {
                builder.add(end: Self.time, isError: true, message: "port \(50 * batch + number)")
            }
            _ = window.append(builder.batch, arrival: Self.time, evaluatedUpTo: 0)
        }
        #expect((window.overflowedTexts.messages, window.overflowedTexts.webhooks) == (36, 0))
    }
}
