import Glibc

/// Devices that give bytes for ever, such as `/dev/zero`: named by accident, they would be read until memory ends.
package enum EndlessDevice {
    /// As Linux numbers `/dev/null`: major 1, minor 3.
    private static let null: dev_t = 1 << 8 | 3

    /// Whether an open file is a device that is neither a terminal nor `/dev/null`.
    package static func isOpen(as descriptor: Int32) -> Bool {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { return false }
        let isDevice = [S_IFCHR, S_IFBLK].contains(status.st_mode & S_IFMT)
        return isDevice && status.st_rdev != null && isatty(descriptor) == 0
    }
}
