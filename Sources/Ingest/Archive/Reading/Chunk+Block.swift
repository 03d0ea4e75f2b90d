internal import CLZ4

extension Chunk {
    /// Appends what a block decompresses to.
    ///
    /// - Parameter reach: how many of the bytes before it may be referred to.
    /// - Returns: false for a block that is damaged, or larger than `max`.
    mutating func appendBlock(_ block: RawSpan, max: Int, reach: Int) -> Bool {
        precondition(reach <= count + Self.historyMax)
        var isWhole = false
        _ = unsafe append { room in
            guard let target = room.baseAddress else { return 0 }
            let size = unsafe block.withUnsafeBytes { source in
                unsafe LZ4_decompress_safe_usingDict(
                    source.baseAddress, target, Int32(source.count), Int32(min(room.count, max)),
                    target - reach, Int32(reach))
            }
            isWhole = size >= 0
            return Swift.max(Int(size), 0)
        }
        return isWhole
    }
}
