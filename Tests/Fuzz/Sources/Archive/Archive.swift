import FuzzChecks
import FuzzDriver
import Glibc

@c(LLVMFuzzerTestOneInput)
func check(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    unsafe Fuzzing.check(bytes, count) { contents in
        ArchiveFile.write(contents)
        try ArchiveCheck.check(contents, file: ArchiveFile.path)
    }
}

/// A file in memory, since archives are opened by name. It is unlinked, so it disappears with the process.
enum ArchiveFile {
    private static let descriptor = {
        var name = "/dev/shm/faultline-fuzz-XXXXXX".utf8CString.map { $0 }
        let descriptor = unsafe mkstemp(&name)
        unsafe unlink(&name)
        return descriptor
    }()
    static let path = "/proc/self/fd/\(descriptor)"

    static func write(_ contents: RawSpan) {
        unsafe contents.withUnsafeBytes { bytes in
            guard ftruncate(descriptor, 0) == 0,
                unsafe pwrite(descriptor, bytes.baseAddress, bytes.count, 0) == bytes.count
            else { fatalError("no file in memory to write to") }
        }
    }
}
