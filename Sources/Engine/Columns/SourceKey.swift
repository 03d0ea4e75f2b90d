/// Cluster, service and instance as one byte string: the key that sources are interned by. The lengths of the first two
/// are the salt, since any byte may occur in a name.
struct SourceKey: ~Copyable, Sendable {
    private let bytes = Column<UInt8>(capacity: SpanBatch.nameBytesMax + 2 * SpanBatch.sourceBytesMax)
    private var count = 0
    private(set) var salt: UInt32 = 0

    /// Longer names are cut.
    mutating func set(cluster: RawSpan, service: RawSpan, instance: RawSpan) {
        count = 0
        let clusterBytes = append(cluster, upTo: SpanBatch.sourceBytesMax)
        let serviceBytes = append(service, upTo: SpanBatch.nameBytesMax)
        append(instance, upTo: SpanBatch.sourceBytesMax)
        salt = UInt32(clusterBytes) &<< 16 | UInt32(serviceBytes)
    }

    /// - Returns: how many bytes were appended.
    @discardableResult
    private mutating func append(_ name: RawSpan, upTo bytesMax: Int) -> Int {
        let name = name.extracting(first: bytesMax)
        bytes.write(name, at: count)
        count += name.byteCount
        return name.byteCount
    }

    func withBytes<Result>(_ body: (RawSpan) -> Result) -> Result {
        bytes.withSpan(0..<count) { unsafe body($0.bytes) }
    }

    /// Lends the names of a key.
    static func withNames<Result>(
        _ key: RawSpan, salt: UInt32, _ body: (_ cluster: RawSpan, _ service: RawSpan, _ instance: RawSpan) -> Result
    ) -> Result {
        let clusterEnd = Int(salt &>> 16)
        let serviceEnd = clusterEnd + Int(salt & 0xFFFF)
        return body(
            key.extracting(0..<clusterEnd), key.extracting(clusterEnd..<serviceEnd),
            key.extracting(serviceEnd..<key.byteCount))
    }

    /// The order of sources: by the bytes of cluster, service and instance.
    static func isBefore(_ a: RawSpan, salt: UInt32, _ b: RawSpan, salt otherSalt: UInt32) -> Bool {
        withNames(a, salt: salt) { cluster, service, instance in
            withNames(b, salt: otherSalt) { otherCluster, otherService, otherInstance in
                if !ByteHash.equal(cluster, otherCluster) { return ByteHash.isBefore(cluster, otherCluster) }
                if !ByteHash.equal(service, otherService) { return ByteHash.isBefore(service, otherService) }
                return ByteHash.isBefore(instance, otherInstance)
            }
        }
    }
}

extension Column<UInt8> {
    /// Writes bytes from a row on.
    fileprivate func write(_ source: RawSpan, at row: Int) {
        precondition(row >= 0 && source.byteCount <= capacity - row)
        unsafe source.withUnsafeBytes { source in
            guard let start = source.baseAddress else { return }
            unsafe UnsafeMutableRawPointer(base + row).copyMemory(from: start, byteCount: source.count)
        }
    }
}
