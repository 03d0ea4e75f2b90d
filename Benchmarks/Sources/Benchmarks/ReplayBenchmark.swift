internal import CLZ4
import Foundation
import TestSupport

/// `faultline replay` of a whole archive, including the start of the process, against merely decompressing its blocks.
enum ReplayBenchmark {
    private static let rounds = 9
    private static let longRecordingBytes = 300_000_000

    static func run(binary: String) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("faultline-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let noRules = folder.appendingPathComponent("no-rules.yaml")
        try Data("groups: []\n".utf8).write(to: noRules)

        let capture = Captures.steady
        try run(binary, capture, noRules)
        let long = folder.appendingPathComponent("long-\(capture.lastPathComponent)")
        let recording = try LongRecording(capture, bytes: longRecordingBytes)
        try Data(Reference.compress(recording.contents, .capture)).write(to: long)
        try run(binary, long, noRules)
    }

    private static func run(_ binary: String, _ archive: URL, _ noRules: URL) throws {
        let compressed = try Array(Data(contentsOf: archive))
        let replay = ["replay", "--quiet", "--format", "json"]
        let withoutRules = replay + ["--rules", noRules.path]
        var size = 0
        var variants = [
            Variant("lz4 blocks alone") { ProcessTime.ofThis { size = Blocks.decompress(compressed) } },
            Variant("faultline replay") { ProcessTime.of(binary, replay + [archive.path]) },
            Variant("faultline replay, no rules") { ProcessTime.of(binary, withoutRules + [archive.path]) },
            Variant("faultline version") { ProcessTime.of(binary, ["version"]) },
        ]
        for _ in 0...rounds {
            for index in variants.indices { variants[index].times.append(variants[index].run()) }
        }
        print("\nReplay: \(archive.lastPathComponent), \(size / 1_000_000) MB uncompressed")
        for variant in variants { print(variant.line(size: size, against: variants[0])) }
    }

    private struct Variant {
        let name: String
        let run: () -> ProcessTime
        var times: [ProcessTime] = []

        init(_ name: String, _ run: @escaping () -> ProcessTime) {
            self.name = name
            self.run = run
        }

        func line(size: Int, against raw: Variant) -> String {
            "  " + name.padded(to: 28) + column("elapsed", \.elapsed, size, raw) + column("CPU", \.cpu, size, raw)
        }

        private func column(_ label: String, _ time: KeyPath<ProcessTime, Double>, _ size: Int, _ raw: Variant)
            -> String
        {
            let seconds = median(time)
            return number(seconds * 1e3, 1).padded(leftTo: 9) + " ms \(label)"
                + number(Double(size) / seconds / 1e6, 0).padded(leftTo: 7) + " MB/s"
                + number(100 * raw.median(time) / seconds, 1).padded(leftTo: 7) + " %"
        }

        /// The first round is a warm-up.
        private func median(_ time: KeyPath<ProcessTime, Double>) -> Double {
            let sorted = times.dropFirst().map { $0[keyPath: time] }.sorted()
            return sorted[sorted.count / 2]
        }
    }
}

/// Decompresses the blocks of one frame of independent blocks, without checksums and always to the same place: the
/// fastest possible way to get at the data.
private enum Blocks {
    private static let blockSizeMax = 4 << 20

    /// - Returns: the number of uncompressed bytes.
    static func decompress(_ frame: [UInt8]) -> Int {
        var block = [UInt8](repeating: 0, count: blockSizeMax)
        // Magic, FLG, BD, header checksum, and the content size if FLG announces it.
        var offset = 7 + (frame[4] & 8 != 0 ? 8 : 0)
        var written = 0
        while true {
            let word = (0..<4).reduce(0) { $0 | Int(frame[offset + $1]) << (8 * $1) }
            offset += 4
            let length = word & 0x7FFF_FFFF
            if length == 0 { return written }
            if word >> 31 == 1 {
                block.replaceSubrange(0..<length, with: frame[offset..<offset + length])
                written += length
            } else {
                let position = offset
                let count = unsafe frame.withUnsafeBytes { source in
                    unsafe block.withUnsafeMutableBytes { target in
                        guard let from = source.baseAddress, let to = target.baseAddress else { return Int32(-1) }
                        return unsafe LZ4_decompress_safe(from + position, to, Int32(length), Int32(target.count))
                    }
                }
                precondition(count > 0, "a block is damaged")
                written += Int(count)
            }
            offset += length
        }
    }
}
