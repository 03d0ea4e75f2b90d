import Support
import TestSupport
import Testing

@Suite struct `Varints` {
    @Test(arguments: 0..<50) func `are read back as they were written, and no prefix is`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let numbers = (0..<20).map { _ in
            UInt64.random(in: 0...UInt64.max, using: &random) >> UInt64.random(in: 0..<64, using: &random)
        }
        var bytes: [UInt8] = []
        for number in numbers { bytes.appendVarint(number) }
        bytes.append(text: "ü\(seed)")
        var reader = VarintReader(bytes)
        for number in numbers { #expect(try reader.number(UInt64.self) == number) }
        #expect(try reader.text() == "ü\(seed)")
        #expect(reader.isAtEnd)
        var cut = VarintReader(Array(bytes.dropLast()))
        for _ in numbers { _ = try cut.number(UInt64.self) }
        #expect(throws: VarintReader.MalformedError.self) { try cut.text() }
    }

    @Test func `that are wider than their type are refused`() throws {
        func read<Number: FixedWidthInteger & UnsignedInteger>(_ bytes: [UInt8], _: Number.Type) throws -> Number {
            var reader = VarintReader(bytes)
            return try reader.number(Number.self)
        }
        let most = [UInt8](repeating: 0xFF, count: 9)
        #expect(try read(most + [0x01], UInt64.self) == .max)
        for wide in [most + [0x02], most + [0x81, 0x00], most, []] {
            #expect(throws: VarintReader.MalformedError.self) { try read(wide, UInt64.self) }
        }
        #expect(throws: VarintReader.MalformedError.self) { try read([0xFF, 0xFF, 0xFF, 0xFF, 0x10], UInt32.self) }
        #expect(throws: VarintReader.MalformedError.self) { try read(most + [0x01], UInt32.self) }
    }

    @Test func `that announce more bytes than there are are refused, whatever they announce`() {
        for count in [1, UInt64(Int.max), UInt64(Int.max) + 1, .max] {
            var bytes: [UInt8] = []
            bytes.appendVarint(count)
            var reader = VarintReader(bytes)
            #expect(throws: VarintReader.MalformedError.self) { try reader.counted() }
        }
    }
}
