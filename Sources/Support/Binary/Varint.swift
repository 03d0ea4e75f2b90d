extension [UInt8] {
    /// Appends a number as a varint: seven bits per byte, lowest first, the high bit set on all but the last.
    /// Source: Protocol Buffers, "Encoding", Base 128 Varints.
    @inlinable
    package mutating func appendVarint(_ value: some FixedWidthInteger & UnsignedInteger) {
        var rest = value
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(truncatingIfNeeded: rest))
    }
}
