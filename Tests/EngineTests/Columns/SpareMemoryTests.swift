import Testing

@testable import Engine

@Suite struct `Memory of columns that are gone` {
    private static let large = SpareMemory.leastBytes / 8

    @Test func `is taken by a column of about the same size`() {
        let spares = SpareMemory(bytesMax: 64 << 20)
        do {
            let column = Column<Int64>(capacity: 100_000, from: spares)
            column.fill(100_000, with: 7)
        }
        let kept = spares.byteCount
        #expect(800_000...900_000 ~= kept)
        let other = Column<UInt32>(capacity: 200_500, from: spares)
        #expect(spares.byteCount == 0)
        other.fill(200_500, with: 3)
        #expect(other[200_499] == 3)
        _ = Column<Int64>(capacity: 400_000, from: spares)
        #expect(spares.byteCount > 3_000_000)
    }

    @Test func `is kept up to a limit, the newest first`() {
        let spares = SpareMemory(bytesMax: 20 * SpareMemory.leastBytes)
        for columns in 1...40 {
            _ = Column<Int64>(capacity: Self.large * (1 + columns % 3), from: spares)
            #expect(spares.byteCount <= 20 * SpareMemory.leastBytes)
        }
        _ = Column<Int64>(capacity: 30 * Self.large, from: spares)
        #expect(spares.byteCount == 0)
    }

    @Test func `isn't kept of small columns, which malloc keeps itself`() {
        let spares = SpareMemory(bytesMax: 64 << 20)
        _ = Column<Int64>(capacity: Self.large - 1, from: spares)
        #expect(spares.byteCount == 0)
    }
}
