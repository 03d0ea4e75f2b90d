import Foundation

/// What the targets share around libFuzzer, which provides `main`.
package enum Fuzzing {
    /// Checks one input in place, so that a read beyond its end is detected; a finding ends the process.
    package static func check(
        _ bytes: UnsafePointer<UInt8>?, _ count: Int, _ check: (RawSpan) throws -> Void
    ) -> CInt {
        do {
            try check(unsafe UnsafeRawBufferPointer(start: bytes, count: count).bytes)
            return 0
        } catch {
            fatalError("\(error)")
        }
    }

    /// Writes the seeds of the running target into a folder.
    fileprivate static func writeSeeds(to folder: URL) throws {
        let program = URL(fileURLWithPath: CommandLine.arguments[0]).lastPathComponent
        let target = program.hasPrefix("Fuzz") ? String(program.dropFirst(4)) : program
        guard let seeds = try Seeds.of(target: target) else { fatalError("no target \(target)") }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (number, seed) in seeds.enumerated() {
            try Data(seed).write(to: folder.appendingPathComponent("seed-\(number)"))
        }
    }
}

/// Called before the first input. If `FAULTLINE_SEEDS` names a folder, only writes the seeds there.
@c(LLVMFuzzerInitialize)
func initialize(_ argumentCount: UnsafeMutableRawPointer?, _ arguments: UnsafeMutableRawPointer?) -> CInt {
    guard let folder = ProcessInfo.processInfo.environment["FAULTLINE_SEEDS"] else { return 0 }
    do {
        try Fuzzing.writeSeeds(to: URL(fileURLWithPath: folder))
    } catch {
        fatalError("no seeds: \(error)")
    }
    _exit(0)
}
