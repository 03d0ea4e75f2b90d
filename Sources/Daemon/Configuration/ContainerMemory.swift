import Foundation

/// How much memory the container that the process runs in may take: the least that any of its control groups allows.
///
/// Sources: cgroups(7); Documentation/admin-guide/cgroup-v2.rst (memory.max), cgroup-v1/memory.rst (limit_in_bytes).
package enum ContainerMemory {
    /// Bytes; nil where nothing limits them.
    ///
    /// - Parameter root: where the file systems are mounted that say so.
    package static func limit(root: String = "/") -> Int? {
        let groups = lines(root + "proc/self/cgroup").flatMap { line -> [String] in
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { return [] }
            let path = String(fields[2])
            if fields[0] == "0", fields[1].isEmpty {
                return ancestors(path).map { root + "sys/fs/cgroup" + $0 + "/memory.max" }
            }
            guard fields[1].split(separator: ",").contains("memory") else { return [] }
            return ancestors(path).map { root + "sys/fs/cgroup/memory" + $0 + "/memory.limit_in_bytes" }
        }
        return groups.compactMap { lines($0).first.flatMap { Int($0) } }.filter { $0 > 0 && $0 < unlimited }.min()
    }

    /// Version 1 has a number near 2^63 for no limit, version 2 a word.
    private static let unlimited = 1 << 60

    /// A group and those it is in, the whole machine's last: from within a container its path may not be there, but its own
    /// group is the outermost then.
    private static func ancestors(_ path: String) -> [String] {
        let names = path.split(separator: "/").filter { $0 != ".." }
        return (0...names.count).reversed().map { count in names.prefix(count).map { "/" + $0 }.joined() }
    }

    private static func lines(_ path: String) -> [Substring] {
        guard let contents = try? String(contentsOfFile: path, encoding: .utf8) else { return [] }
        return contents.split(separator: "\n")
    }
}
