import Glibc

/// A new file, or standard output for `-`, written from front to back.
package struct ByteOutput: ~Copyable {
    private let descriptor: Int32
    private let name: String
    private var buffer: [UInt8] = []

    private static let bufferBytes = 1 << 20

    /// - Throws: `OutputFault` where there is such a file already: nothing is overwritten.
    package init(_ name: String) throws(OutputFault) {
        self.name = name
        descriptor =
            name == "-" ? STDOUT_FILENO : unsafe open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw OutputFault(FileFault("create", name)) }
    }

    package mutating func write(_ bytes: [UInt8]) throws(OutputFault) {
        buffer += bytes
        if buffer.count >= Self.bufferBytes { try flush() }
    }

    /// Writes what is left.
    package mutating func finish() throws(OutputFault) {
        try flush()
    }

    private mutating func flush() throws(OutputFault) {
        var written = 0
        while written < buffer.count {
            let count = unsafe buffer.withUnsafeBytes { bytes in
                unsafe Glibc.write(descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written)
            }
            if count >= 0 { written += count } else if errno != EINTR { throw OutputFault(FileFault("write", name)) }
        }
        buffer.removeAll(keepingCapacity: true)
    }

    deinit {
        if descriptor > STDOUT_FILENO { close(descriptor) }
    }
}

/// Why something could not be written.
package struct OutputFault: Error, CustomStringConvertible {
    package let description: String

    init(_ fault: FileFault) {
        description = "\(fault)"
    }
}
