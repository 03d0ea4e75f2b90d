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

    @Test func `may be cut off, but not run together with another`() {
        let text = Self.sealed + CheckedJSON.sealed(#"{"text":"{\"checksum\":\""}"#)
        for count in 0...text.utf8.count {
            let isOne = count < Self.sealed.utf8.count + #"{"checksum":""#.utf8.count
            #expect(CheckedJSON.isBeginning(Array(text.utf8.prefix(count))) == isOne)
        }
        for end in 0...Self.sealed.utf8.count {
            #expect(CheckedJSON.isBeginning(Array(Self.sealed.utf8.prefix(end))))
        }
        for noise in ["\0\0\0", "done", "}", "{}"] { #expect(!CheckedJSON.isBeginning(Array(noise.utf8))) }
        let quoting = CheckedJSON.sealed(#"{"text":"{\"checksum\":\""}"#)
        #expect(CheckedJSON.isBeginning(Array(quoting.utf8)))
    }

    @Test(arguments: [#"{"alert":{"value":0.25}}"#, #"{"sequence":7}"#, #"{"version":1,"alerts":[]}"#])
    func `isn't needed, since earlier versions wrote none`(older: String) {
        #expect(CheckedJSON.isIntact(older.utf8))
    }
}
