import Foundation

/// Results to standard output, everything said about the work to standard error.
enum Console {
    static var isOutputTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
    static var isErrorTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    static func print(_ text: String) {
        // A reader who has seen enough is no fault; a result that could not be kept is.
        guard let fault = write(text + "\n", to: STDOUT_FILENO), fault != EPIPE else { return }
        note("faultline: write standard output: \(unsafe String(cString: strerror(fault)))")
        exit(2)
    }

    static func note(_ text: String) {
        _ = write(text + "\n", to: STDERR_FILENO)
    }

    /// Writes over the terminal line that was written last.
    static func progress(_ text: String) {
        _ = write("\r\u{1B}[K" + text, to: STDERR_FILENO)
    }

    /// - Returns: the error number where not all of it could be written.
    private static func write(_ text: String, to descriptor: Int32) -> Int32? {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let written = unsafe bytes.withUnsafeBytes { unsafe Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if written > 0 {
                bytes = bytes.dropFirst(written)
            } else if errno != EINTR {
                return errno
            }
        }
        return nil
    }
}
