internal import Support
import YAML

// Where the container sees which file of the host.
extension StaticPod {
    /// A folder or file of a volume where the container sees it. Paths have no slashes at the end.
    private struct Mount {
        let path: String
        let volume: String?
        /// What of the volume is mounted; nil for all of it.
        let part: String?
        /// Whether that is known only in the container.
        let isComputed: Bool
    }

    private var mounts: [Mount] {
        (container["volumeMounts"]?.elements ?? []).compactMap { mount in
            mount["mountPath"]?.text.map {
                Mount(
                    path: $0.withoutSlash, volume: mount["name"]?.text, part: mount["subPath"]?.text?.withoutSlash,
                    isComputed: mount["subPathExpr"] != nil)
            }
        }
    }

    /// The innermost mount that has a path: it hides those around it.
    private func mount(of path: String) -> Mount? {
        mounts.filter { path == $0.path || path.hasPrefix($0.path + "/") }.max { $0.path.count < $1.path.count }
    }

    /// Where the host has what the container sees under a path.
    ///
    /// - Throws: `SetupError` if something else than a part of the host is mounted there.
    func hostPath(of path: String) throws(SetupError) -> String {
        guard let mount = mount(of: path) else { return path }
        let volume = PrintableText.quote(mount.volume ?? "")
        guard let host = volumes.first(where: { $0.name == mount.volume })?.path, !mount.isComputed else {
            let why = mount.isComputed ? "with a subPathExpr" : "which is no hostPath"
            throw SetupError(
                "\(self.path): the container sees \(path) in the volume \(volume), \(why), so no file of this node can be "
                    + "put there; mount a folder of the node at \(mount.path) instead")
        }
        let part = mount.part.map { $0.isEmpty ? "" : "/\($0)" } ?? ""
        return host.withoutSlash + part + path.dropFirst(mount.path.count)
    }

    /// Whether something of the host is mounted at a path.
    func shows(_ path: String) -> Bool { mount(of: path) != nil }

    /// A mount that is within a folder, which one at the folder would be around.
    func mountPath(within folder: String) -> String? {
        mounts.map(\.path).first { $0.hasPrefix(folder + "/") }
    }
}

extension String {
    fileprivate var withoutSlash: String { hasSuffix("/") ? String(dropLast()) : self }
}
