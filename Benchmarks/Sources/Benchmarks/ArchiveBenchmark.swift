import Archive
import Engine
import Foundation
import OTLP
import SpanTemplates
import TestSupport

/// Replays of recorded files, including the start of the process: speed relative to `lz4 -dc` and to decoding alone, on
/// one core and on all, and peak memory as files grow.
enum ArchiveBenchmark {
    private static let rounds = 5
    private static let speedBytes = 300_000_000
    private static let memoryBytes = [100_000_000, 1_000_000_000, 4_000_000_000]

    static func run(binary: String) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("faultline-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let noRules = folder.appendingPathComponent("no-rules.yaml")
        try Data("groups: []\n".utf8).write(to: noRules)
        let smallWindow = folder.appendingPathComponent("small.yaml")
        try Data("window: {max_bytes: 16MiB, history_bytes: 8MiB}\n".utf8).write(to: smallWindow)
        let capture = Captures.steady
        let templates = try Captures.records(capture).map { try RequestTemplate($0) }

        try speed(binary, templates, folder.appendingPathComponent("speed"), noRules.path)
        print("\nPeak memory of a replay (VmHWM), recorded files")
        for bytes in memoryBytes {
            let url = folder.appendingPathComponent("memory-\(bytes)")
            let file = try LongRecordedFile(templates, bytes: bytes, at: url)
            let options = ["--rules", noRules.path, url.path]
            let small = peak(binary, ["replay", "--quiet", "--format", "json", "--config", smallWindow.path] + options)
            let whole = peak(binary, ["replay", "--quiet", "--format", "json"] + options)
            print(
                "  \(bytes / 1_000_000) MB, \(file.spanCount) spans:".padded(to: 32)
                    + "window of 16 MiB \(small >> 20) MiB, default (1 GiB) \(whole >> 20) MiB")
            try FileManager.default.removeItem(at: url)
        }
    }

    private static func speed(
        _ binary: String, _ templates: [RequestTemplate], _ url: URL, _ noRules: String
    ) throws {
        let file = try LongRecordedFile(templates, bytes: speedBytes, at: url)
        defer { try? FileManager.default.removeItem(at: url) }
        let bodies = templates.map { $0.message(identity: 1, shift: 0) }
        let copies = speedBytes / bodies.reduce(0) { $0 + $1.count }
        let replay = [binary, "replay", "--quiet", "--format", "json", "--rules", noRules, url.path]
        let pinned = ["/usr/bin/taskset", "-c", "0"]
        var batch = SpanBatch()
        let variants: [(String, () -> ProcessTime)] = [
            ("lz4 -dc", { process(["/usr/bin/lz4", "-dc", url.path]) }),
            (
                "decode alone",
                {
                    ProcessTime.ofThis {
                        for _ in 0..<copies { for body in bodies { DecodeBenchmark.decode(body, into: &batch) } }
                    }
                }
            ),
            ("replay, two cores", { process(replay) }),
            ("lz4 -dc, one core", { process(pinned + ["/usr/bin/lz4", "-dc", url.path]) }),
            ("replay, one core", { process(pinned + replay) }),
        ]
        var times = variants.map { _ in [ProcessTime]() }
        for _ in 0...rounds { for (index, variant) in variants.enumerated() { times[index].append(variant.1()) } }
        print(
            "\nReplay of a recorded file, no rules: \(file.uncompressedBytes / 1_000_000) MB, \(file.spanCount) spans")
        let elapsed = times.map { median($0.map(\.elapsed)) }
        for (index, variant) in variants.enumerated() {
            let cpu = median(times[index].map(\.cpu))
            print(
                "  " + variant.0.padded(to: 22) + number(elapsed[index] * 1e3, 0).padded(leftTo: 7) + " ms"
                    + number(cpu * 1e3, 0).padded(leftTo: 7) + " ms CPU"
                    + number(100 * elapsed[0] / elapsed[index], 0).padded(leftTo: 7) + " % of lz4 -dc"
                    + number(100 * elapsed[1] / elapsed[index], 0).padded(leftTo: 7) + " % of decoding")
        }
    }

    private static func process(_ words: [String]) -> ProcessTime {
        ProcessTime.of(words[0], Array(words.dropFirst()))
    }

    /// The first round is a warm-up.
    private static func median(_ times: [Double]) -> Double {
        let sorted = times.dropFirst().sorted()
        return sorted[sorted.count / 2]
    }

    /// Peak resident bytes of a process, polled until it ends; `wait4` would include the parent's.
    private static func peak(_ binary: String, _ arguments: [String]) -> Int {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: binary)
        process.arguments = arguments
        process.standardOutput = FileHandle(forWritingAtPath: "/dev/null")
        guard (try? process.run()) != nil else { return 0 }
        var peak = 0
        while process.isRunning {
            let status =
                (try? String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)) ?? ""
            let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM") }
            let kibibytes = line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }
            peak = max(peak, (kibibytes ?? 0) << 10)
            usleep(5_000)
        }
        return peak
    }
}

/// The cost of recording per span: copying on the event loop, and compressing with checksums on the recording thread.
enum RecordBenchmark {
    static func run(_ workload: Workload) {
        var batch = SpanBatch()
        var other = SpanBatch()
        var written = 0
        let results = Harness().measure([
            .init(name: "decode and append") { AppendBenchmark.append(workload, &batch) },
            .init(name: "copy, range of ends") { copy(workload, &other) },
            .init(name: "frames with checksums") { written = write(workload) },
        ])
        ResultTable("Record: \(workload.name)", items: workload.spanCount, bytes: workload.byteCount)
            .print(results, against: 0)
        print("  the frames are \(number(Double(workload.byteCount) / Double(written), 2)) times smaller")
    }

    /// Like the event loop; the batch stands for the one that was just decoded.
    private static func copy(_ workload: Workload, _ batch: inout SpanBatch) {
        if batch.count == 0, let first = workload.bodies.first { DecodeBenchmark.decode(first, into: &batch) }
        for body in workload.bodies {
            let copy = unsafe body.span.bytes.withUnsafeBytes { unsafe [UInt8]($0) }
            precondition(copy.count == body.count && batch.ends() != nil)
        }
    }

    private static func write(_ workload: Workload) -> Int {
        var writer = ArchiveWriter(RecordingStart(recording: RecordingID(low: 1, high: 1), time: 1, firstSequence: 0))
        for (number, body) in workload.bodies.enumerated() {
            unsafe writer.append(
                body.span.bytes, sequence: UInt64(number), arrival: 1, spans: 512, spanEnds: 1...2)
            _ = writer.takeOutput()
        }
        writer.finish()
        return writer.byteCount
    }
}
