/// Random choices read from bytes: the same bytes give the same choices, and changing a few bytes changes few
/// choices. Once the bytes run out, every choice is the first option.
package struct Choices {
    package let bytes: [UInt8]
    private var offset = 0

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Enough random bytes for any traffic.
    package init(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        bytes = (0..<2048).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }

    /// A number below `count`, which is at most 65,536.
    package mutating func number(below count: Int) -> Int {
        let first = byte()
        return (count > 256 ? first << 8 | byte() : first) % count
    }

    /// True once in so many times.
    package mutating func isOne(in count: Int) -> Bool { number(below: count) == count - 1 }

    package mutating func pick<Element>(_ elements: [Element]) -> Element { elements[number(below: elements.count)] }

    /// Part of a length, often none or all of it.
    package mutating func part(of length: Int64) -> Int64 {
        switch byte() {
        case 0..<24: 0
        case 24..<48: length
        case let step: Int64(Int128(length) * Int128(step << 8 | byte()) / 65_536)
        }
    }

    /// The bytes that no choice has used yet.
    package var rest: ArraySlice<UInt8> { bytes[offset...] }

    private mutating func byte() -> Int {
        guard offset < bytes.count else { return 0 }
        offset += 1
        return Int(bytes[offset - 1])
    }
}
