import Support

extension String {
    /// Without the checksum with which JSON on disk begins: files of earlier versions have none.
    package var withoutChecksum: String { replacing(/"checksum":"[0-9a-f]{16}",/, with: "") }
}

extension [UInt8] {
    /// Followed by their checksum, as slots are on disk.
    package var withChecksum: [UInt8] {
        let checksum = FNV1a.checksum(self)
        return self + (0..<8).map { UInt8(truncatingIfNeeded: checksum >> (8 * $0)) }
    }
}
