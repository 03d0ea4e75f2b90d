import Support
import TestSupport
import Testing

@Suite struct `JSON with a checksum` {
    private static let sealed = CheckedJSON.sealed(#"{"alert":{"value":0.25},"sequence":7}"#)

    @Test func `is an object with one more member`() {
        #expect(Self.sealed.withoutChecksum == #"{"alert":{"value":0.25},"sequence":7}"#)
        #expect(CheckedJSON.isIntact(Self.sealed.utf8))
    }

    @Test func `is damaged if any bit is another, or the end is missing`() {
        let bytes = Array(Self.sealed.utf8)
        for index in bytes.indices {
            for bit in 0..<8 {
                var damaged = bytes
                damaged[index] ^= 1 << bit
                #expect(!CheckedJSON.isIntact(damaged))
            }
            #expect(!CheckedJSON.isIntact(bytes[..<index]))
        }
    }

    @Test(arguments: [#"{"alert":{"value":0.25}}"#, #"{"sequence":7}"#, #"{"version":1,"alerts":[]}"#])
    func `isn't needed, since earlier versions wrote none`(older: String) {
        #expect(CheckedJSON.isIntact(older.utf8))
    }
}
