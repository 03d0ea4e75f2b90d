import Glibc

/// What the system said to an operation on a file.
package struct FileError: Error, CustomStringConvertible {
    package let operation: String
    package let path: String
    package let code: Int32

    /// Takes the code of the call that has just failed.
    package init(_ operation: String, _ path: String, code: Int32 = errno) {
        self.operation = operation
        self.path = path
        self.code = code
    }

    package var description: String { "\(operation) \(path): \(unsafe String(cString: strerror(code)))" }
}
