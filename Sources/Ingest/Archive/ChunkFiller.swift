/// Reads an archive's file and fills chunks with its uncompressed bytes.
struct ChunkFiller: ~Copyable {
    private var source: ByteSource
    private var lz4: LZ4Stream?

    /// The file's size in bytes; nil for a pipe.
    let size: Int?

    /// Opens a file; `-` is standard input. Whether it is compressed is found by its first bytes.
    init(_ name: String) throws(ArchiveError) {
        var source = try ByteSource(name)
        _ = try source.fill(4)
        guard source.available > 0 else { throw ArchiveError(.unreadable, name, "is empty") }
        lz4 = LZ4Stream.begins(source) ? LZ4Stream() : nil
        size = source.size
        self.source = source
    }

    /// Fills an empty chunk as far as the archive goes, or up to its damage.
    mutating func fill(_ chunk: inout Chunk) {
        do throws(ArchiveError) {
            chunk.ending = try read(into: &chunk) ? nil : .end
        } catch {
            chunk.ending = .failure(error)
        }
        chunk.fileOffset = source.offset
    }

    private mutating func read(into chunk: inout Chunk) throws(ArchiveError) -> Bool {
        guard let hasMore = try lz4?.read(from: &source, into: &chunk) else { return try source.move(to: &chunk) }
        return hasMore
    }
}
