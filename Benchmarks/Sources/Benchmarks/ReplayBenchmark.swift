internal import CLZ4
import Foundation
import TestSupport

/// `faultline replay` of a whole archive, process start included, against decompressing its blocks and nothing else.
enum ReplayBenchmark {
    static func run(binary: String) throws {
        let archive = Captures.archives.first { $0.path.contains("steady") } ?? Captures.example
        let compressed = try Array(Data(contentsOf: archive))
        let size = try Reference.decompress(compressed).count
        var children: [Double] = []
        var decompression: [Double] = []
        var output = [UInt8](repeating: 0, count: size)
        for _ in 0..<7 {
            children.append(try childSeconds(binary, ["replay", "--quiet", "--format", "json", archive.path]))
            let start = Harness.cpuSeconds()
            Blocks.decompress(compressed, into: &output)
            decompression.append(Harness.cpuSeconds() - start)
        }
        let replay = children.sorted()[children.count / 2]
        let raw = decompression.sorted()[decompression.count / 2]
        print("\nReplay: \(archive.lastPathComponent), \(size / 1_000_000) MB uncompressed")
        print("  lz4 blocks alone       \(number(Double(size) / raw / 1e6, 0).padded(leftTo: 6)) MB/s")
        print("  faultline replay       \(number(Double(size) / replay / 1e6, 0).padded(leftTo: 6)) MB/s")
        print("  share                  \(number(100 * raw / replay, 1).padded(leftTo: 6)) %")
    }

    /// CPU seconds, user and system, of a process from its start to its end.
    private static func childSeconds(_ binary: String, _ arguments: [String]) throws -> Double {
        let before = childrenSeconds()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: binary)
        process.arguments = arguments
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        precondition(process.terminationStatus == 0, "replay failed")
        return childrenSeconds() - before
    }

    private static func childrenSeconds() -> Double {
        var usage = rusage()
        unsafe getrusage(__rusage_who_t(RUSAGE_CHILDREN.rawValue), &usage)
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }
}

/// The blocks of one frame of independent blocks, without checksums: how fast the data can be had at all.
private enum Blocks {
    static func decompress(_ frame: [UInt8], into output: inout [UInt8]) {
        // Magic, FLG, BD, header checksum; content size where FLG says so.
        var offset = 7 + (frame[4] & 8 != 0 ? 8 : 0)
        var written = 0
        while true {
            let word = (0..<4).reduce(0) { $0 | Int(frame[offset + $1]) << (8 * $1) }
            offset += 4
            let length = word & 0x7FFF_FFFF
            if length == 0 { return }
            if word >> 31 == 1 {
                output.replaceSubrange(written..<written + length, with: frame[offset..<offset + length])
                written += length
            } else {
                let position = offset
                let start = written
                let count = unsafe frame.withUnsafeBytes { source in
                    unsafe output.withUnsafeMutableBytes { target in
                        guard let from = source.baseAddress, let to = target.baseAddress else { return Int32(-1) }
                        return unsafe LZ4_decompress_safe(
                            from + position, to + start, Int32(length), Int32(target.count - start))
                    }
                }
                precondition(count > 0, "a block is damaged")
                written += Int(count)
            }
            offset += length
        }
    }
}
