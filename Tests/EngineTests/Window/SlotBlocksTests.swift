import Testing

@testable import Engine

@Suite struct `Blocks of a slot` {
    @Test func `have a place for every row that a slot may have`() {
        var (block, row) = (0, 0)
        while row < Slot.rowsMax {
            let capacity = Slot.capacity(block: block)
            guard (64...SpanBlock.rowsMax).contains(capacity), capacity <= max(row / 4, 64) else {
                Issue.record("block \(block) at row \(row) has \(capacity) rows")
                return
            }
            #expect(Slot.locate(row) == (block, 0))
            #expect(Slot.locate(row + capacity - 1) == (block, capacity - 1))
            row += capacity
            block += 1
        }
    }
}
