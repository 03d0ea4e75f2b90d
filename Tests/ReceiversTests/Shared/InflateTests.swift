import CDeflate
import Receivers
import Testing

@Suite struct `inflating gzip` {
    private struct NoCompressor: Error {}

    private let limit = 1 << 20

    private func inflate(_ bytes: [UInt8], limit: Int) throws(InflateError) -> [UInt8] {
        try unsafe Inflate.gzip(bytes.span.bytes, limit: limit) { inflated in
            unsafe inflated.withUnsafeBytes { unsafe Array($0) }
        }
    }

    /// Repetitive text with numbers in it, like spans.
    private func sample(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        var number: UInt32 = 7
        while bytes.count < count {
            number = number &* 1_664_525 &+ 1_013_904_223
            bytes += Array("etcdserverpb.KV/Range \(number)".utf8)
        }
        return Array(bytes[..<count])
    }

    private func gzip(_ bytes: [UInt8]) throws -> [UInt8] {
        guard let compressor = unsafe libdeflate_alloc_compressor(6) else { throw NoCompressor() }
        defer { unsafe libdeflate_free_compressor(compressor) }
        let bound = unsafe libdeflate_gzip_compress_bound(compressor, bytes.count)
        return unsafe [UInt8](unsafeUninitializedCapacity: bound) { output, count in
            count = unsafe bytes.withUnsafeBytes { input in
                unsafe libdeflate_gzip_compress(
                    compressor, input.baseAddress, input.count, output.baseAddress, bound)
            }
        }
    }

    @Test(arguments: [0, 1, 17, 1_000, 65_535, 65_536, 65_537, 1 << 20])
    func `what was compressed comes back`(count: Int) throws {
        let original = sample(count)
        #expect(try inflate(gzip(original), limit: limit) == original)
    }

    @Test func `a body of exactly the limit passes, one byte more doesn't`() throws {
        let compressed = try gzip(sample(100_000))
        #expect(try inflate(compressed, limit: 100_000).count == 100_000)
        #expect(throws: InflateError.tooLarge) { try inflate(compressed, limit: 99_999) }
        #expect(throws: InflateError.tooLarge) { try inflate(compressed, limit: 10) }
    }

    @Test func `a body cut at any byte is not valid gzip`() throws {
        let compressed = try gzip(sample(3_000))
        for length in 0..<compressed.count {
            #expect(throws: InflateError.badGzip) { try inflate(Array(compressed[..<length]), limit: limit) }
        }
    }

    @Test func `a flipped bit anywhere gives an error or a body within the limit, never a crash`() throws {
        let original = sample(2_000)
        let compressed = try gzip(original)
        for bit in 0..<(compressed.count * 8) {
            var damaged = compressed
            damaged[bit / 8] ^= 1 << (bit % 8)
            // The checksum doesn't cover header fields such as the modification time.
            if let survived = try? inflate(damaged, limit: limit) { #expect(survived == original) }
        }
    }

    @Test func `members follow each other`() throws {
        let first = sample(70_000)
        let second = sample(3)
        let both = try gzip(first) + gzip(second)
        #expect(try inflate(both, limit: limit) == first + second)
        #expect(try inflate(gzip(second) + both + gzip([]), limit: limit) == second + first + second)
        #expect(throws: InflateError.tooLarge) { try inflate(both, limit: 70_002) }
        #expect(throws: InflateError.badGzip) { try inflate(both + [0], limit: limit) }
    }

    @Test func `a bomb is stopped at the limit`() throws {
        let bomb = try gzip([UInt8](repeating: 0, count: 32 << 20))
        #expect(throws: InflateError.tooLarge) { try inflate(bomb, limit: limit) }
        // A bomb can also consist of many small members.
        let member = try gzip([UInt8](repeating: 0, count: 100_000))
        let members = Array(repeatElement(member, count: 11).joined())
        #expect(throws: InflateError.tooLarge) { try inflate(members, limit: limit) }
    }

    @Test func `a false size changes nothing`() throws {
        var compressed = try gzip(sample(300_000))
        let trailer = compressed.count - 4..<compressed.count
        for lie: [UInt8] in [[0, 0, 0, 0], [1, 0, 0, 0], [0xFF, 0xFF, 0xFF, 0xFF]] {
            compressed.replaceSubrange(trailer, with: lie)
            // The decompressor checks the size too.
            #expect(throws: InflateError.badGzip) { try inflate(compressed, limit: limit) }
        }
    }
}
