// Finding the next frame behind damage.
extension LZ4Stream {
    /// The third byte of all magic numbers.
    static let secondLastOfMagic: UInt8 = 0x4D

    /// Whether the next bytes of a source begin a frame whose header is whole, or a recording's note.
    static func beginsSoundly(_ source: inout ByteSource) throws(ArchiveError) -> Bool {
        guard try source.fill(7), begins(source) else { return false }
        if source.next(4).littleEndianWord(0) == SkippableFrame.magic {
            guard try source.fill(SkippableFrame.frameHeaderByteCount + SkippableFrame.prefixByteCount) else {
                return false
            }
            let prefix = source.next(SkippableFrame.frameHeaderByteCount + SkippableFrame.prefixByteCount)
            return SkippableFrame.kind(prefix.extracting(SkippableFrame.frameHeaderByteCount...)) != nil
        }
        guard source.next(4).littleEndianWord(0) == magic else { return false }
        let flags = source.next(5).byte(4)
        let length = 4 + LZ4FrameHeader.length(flags: flags)
        guard try source.fill(length) else { return false }
        do throws(LZ4Error) {
            _ = try LZ4FrameHeader(source.next(length).extracting(4...))
            return true
        } catch {
            return false
        }
    }
}
