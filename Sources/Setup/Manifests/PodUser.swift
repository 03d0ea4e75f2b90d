internal import Foundation
import YAML

/// The user that a pod's component runs as, if it isn't root.
struct PodUser {
    private let component: String
    private let user: UInt32
    private let groups: Set<UInt32>

    /// - Returns: nil for root.
    init?(_ pod: StaticPod) {
        let contexts = [pod.container["securityContext"], pod.spec["securityContext"]].compactMap { $0 }
        func number(_ field: String) -> UInt32? {
            contexts.lazy.compactMap { $0[field]?.text.flatMap(UInt32.init) }.first
        }
        guard let user = number("runAsUser"), user != 0 else { return nil }
        component = pod.component
        self.user = user
        let more = pod.spec["securityContext"]?["supplementalGroups"]?.elements ?? []
        groups = Set([number("runAsGroup") ?? 0] + more.compactMap { $0.text.flatMap(UInt32.init) })
    }

    /// What to do about a file that the component can't read; nil if it can, or if the file isn't there.
    func gap(_ path: String) -> String? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        let bit: mode_t = status.st_uid == user ? 0o400 : groups.contains(status.st_gid) ? 0o040 : 0o004
        guard status.st_mode & bit == 0 else { return nil }
        let mode = String(status.st_mode & 0o777, radix: 8)
        return "\(path): \(component) runs as user \(user), who can't read it (mode 0\(mode)), and doesn't start so; "
            + "chown \(user) \(path)"
    }
}
