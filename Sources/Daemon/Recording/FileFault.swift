import Glibc

/// What the system said to an operation on a file.
struct FileFault: Error, CustomStringConvertible {
    let operation: String
    let path: String
    let code: Int32

    /// Takes the code of the call that has just failed.
    init(_ operation: String, _ path: String, code: Int32 = errno) {
        self.operation = operation
        self.path = path
        self.code = code
    }

    var description: String { "\(operation) \(path): \(unsafe String(cString: strerror(code)))" }
}
