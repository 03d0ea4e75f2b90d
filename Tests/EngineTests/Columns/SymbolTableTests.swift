import Testing
import TestSupport

@testable import Engine

@Suite struct `The symbol table` {
    @Test(arguments: 0..<4) func `numbers byte strings as a dictionary would`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var table = SymbolTable(seed: seed)
        var naive: [[UInt8]: Int] = [:]
        for _ in 0..<20_000 {
            let length = Int.random(in: 0...20, using: &random)
            // Few letters, so that strings often share all but their end.
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...1, using: &random) }
            let number = unsafe table.intern(bytes.span.bytes, salt: 0, limit: .max)
            let expected = naive[bytes] ?? naive.count
            naive[bytes] = expected
            #expect(number == expected)
        }
    }

    @Test func `tells equal bytes with different salts apart, and stops at its limit`() {
        var table = SymbolTable()
        let name = Array("Get".utf8)
        #expect((unsafe table.intern(name.span.bytes, salt: 1, limit: 2)) == 0)
        #expect((unsafe table.intern(name.span.bytes, salt: 2, limit: 2)) == 1)
        #expect((unsafe table.intern(name.span.bytes, salt: 3, limit: 2)) == nil)
        #expect((unsafe table.intern(name.span.bytes, salt: 1, limit: 2)) == 0)
        table.removeAll()
        #expect((unsafe table.intern(name.span.bytes, salt: 3, limit: 2)) == 0)
    }
}
