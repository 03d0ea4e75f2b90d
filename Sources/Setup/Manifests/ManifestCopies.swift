internal import Foundation
import YAML

/// Copies of the manifests in their own folder, of which the kubelet runs every file.
struct ManifestCopies {
    let notes: [String]

    init(of pods: [StaticPod], in directory: String) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        let others = names.sorted().filter { !["kube-apiserver.yaml", "etcd.yaml"].contains($0) && !$0.hasPrefix(".") }
        let owned = pods.map(Self.podName)
        notes = others.filter { name in
            ["kube-apiserver.", "etcd."].contains { name.hasPrefix($0) }
                || Self.podName("\(directory)/\(name)").map(owned.contains) == true
        }.map {
            "\(directory)/\($0): the kubelet runs every file of this folder, this copy too; move it elsewhere"
        }
    }

    private static func podName(_ pod: StaticPod) -> String { pod.podName ?? pod.component }

    /// The name of the pod in a file; nil if it has none.
    private static func podName(_ path: String) -> String? {
        guard let text = try? SetupFile.read(path) else { return nil }
        var diagnostics = Diagnostics(file: path)
        return YAMLDocument([UInt8](text.utf8), &diagnostics)?.root?["metadata"]?["name"]?.text
    }
}
