import YAML
internal import Foundation
internal import Support

/// The static pods' manifests of a control-plane node, and what changes them so that their components send spans.
package struct InstalledManifests {
    private var apiServer: StaticPod
    private var etcd: StaticPod?
    private let directory: String
    /// The TracingConfiguration's path, and what it holds now.
    private var tracingFile = TracingRequest.file
    private var tracingText: String?
    private var newTracingText = ""

    /// - Parameter directory: such as /etc/kubernetes/manifests. Without a manifest of etcd, etcd runs elsewhere.
    package init(directory: String) throws {
        self.directory = directory.hasSuffix("/") && directory.count > 1 ? String(directory.dropLast()) : directory
        guard let apiServer = try Self.pod("kube-apiserver", in: self.directory) else {
            throw SetupError(
                "\(self.directory): no kube-apiserver.yaml; --from must name the folder of a control-plane node's "
                    + "manifests, such as /etc/kubernetes/manifests")
        }
        self.apiServer = apiServer
        etcd = try Self.pod("etcd", in: self.directory)
        if let file = apiServer.value(of: "tracing-config-file") { tracingFile = file }
        tracingText = try? String(contentsOfFile: tracingFile, encoding: .utf8)
    }

    private static func pod(_ component: String, in directory: String) throws -> StaticPod? {
        let path = "\(directory)/\(component).yaml"
        guard FilePattern.isDirectory(directory) else {
            throw SetupError("\(directory): not a folder; --from must name one, such as /etc/kubernetes/manifests")
        }
        guard FilePattern.isFile(path) else { return nil }
        do {
            let text = try String(contentsOfFile: path, encoding: .utf8)
            return try StaticPod(text, path: path, component: component)
        } catch let error as SetupError {
            throw error
        } catch {
            throw SetupError("\(path): can't be read: \(error.localizedDescription)")
        }
    }

    package var hasEtcd: Bool { etcd != nil }
    /// By the image's tag; nil if that is no release.
    package var kubernetesRelease: Release? { apiServer.imageTag.flatMap(Release.init) }
    package var etcdRelease: Release? { etcd?.imageTag.flatMap(Release.init) }

    /// Makes the changes, in memory.
    /// - Throws: `SetupError`, with position, where a manifest is written in a way that this can't change.
    package mutating func apply(_ request: TracingRequest) throws {
        newTracingText = try request.tracingConfiguration.serialized()
        for flag in request.apiServerFlags(file: tracingFile) where flag.name != "feature-gates" {
            try apiServer.set(flag)
        }
        if let gate = request.apiServerGate { try apiServer.enable(gate: gate) }
        let environment = request.certificates?.environment ?? []
        try apiServer.add(environment: environment)
        let folder = String(tracingFile[..<(tracingFile.lastIndex(of: "/") ?? tracingFile.startIndex)])
        try apiServer.mount(
            request.apiServerFolders.map { $0.name == "tracing" ? HostFolder(name: "tracing", path: folder) : $0 })
        try verify(apiServer, "kube-apiserver")
        guard var etcd else { return }
        for flag in request.etcdFlags(instance: etcd.value(of: "name")) { try etcd.set(flag) }
        try etcd.add(environment: environment)
        if let directory = request.certificates?.directory {
            try etcd.mount([HostFolder(name: "tracing-certificates", path: directory)])
        }
        try verify(etcd, "etcd")
        self.etcd = etcd
    }

    /// The changed text must still be the manifest of the same component.
    private func verify(_ pod: StaticPod, _ component: String) throws(SetupError) {
        _ = try StaticPod(pod.edits.applied(), path: pod.path, component: component)
    }

    private var pods: [StaticPod] { [apiServer, etcd].compactMap { $0 } }

    /// Whether everything is there already.
    package var isComplete: Bool { pods.allSatisfy(\.edits.isEmpty) && tracingText == newTracingText }

    /// All changes as a patch: `patch -p0 -d / <`.
    package var diff: String {
        var text = ""
        if tracingText != newTracingText {
            let old = tracingText.map { $0.split(separator: "\n", omittingEmptySubsequences: true) } ?? []
            let new = newTracingText.split(separator: "\n")
            text += "--- \(tracingText == nil ? "/dev/null" : tracingFile)\n+++ \(tracingFile)\n"
            text += "@@ -\(old.isEmpty ? 0 : 1),\(old.count) +1,\(new.count) @@\n"
            text += old.map { "-\($0)\n" }.joined() + new.map { "+\($0)\n" }.joined()
        }
        for pod in pods { text += pod.edits.unifiedDiff(path: pod.path) }
        return text
    }

    /// Writes the changes: the TracingConfiguration first, so that the API server finds it when it restarts.
    /// - Parameter backup: a folder for the files as they were. Not within the manifests' own, whose files all run.
    /// - Returns: the paths of the changed files.
    package func write(backup: String) throws -> [String] {
        var written: [String] = []
        let files = FileManager.default
        func save(_ path: String, _ text: String, _ hasOld: Bool) throws {
            if hasOld {
                try files.createDirectory(atPath: backup, withIntermediateDirectories: true)
                let name = path.split(separator: "/").last.map(String.init) ?? "manifest"
                try files.copyItem(atPath: path, toPath: "\(backup)/\(name)")
            }
            try Self.replace(path, with: text)
            written.append(path)
        }
        if tracingText != newTracingText {
            let folder = String(tracingFile[..<(tracingFile.lastIndex(of: "/") ?? tracingFile.startIndex)])
            try files.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try save(tracingFile, newTracingText, tracingText != nil)
        }
        for pod in pods.reversed() where !pod.edits.isEmpty { try save(pod.path, pod.edits.applied(), true) }
        return written
    }

    /// By renaming a file whose name begins with a dot, which the kubelet doesn't run.
    private static func replace(_ path: String, with text: String) throws {
        let slash = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
        let temporary = "\(path[..<slash]).\(path[slash...]).faultline"
        let files = FileManager.default
        let mode = (try? files.attributesOfItem(atPath: path)[.posixPermissions]) ?? 0o600
        do {
            try text.write(toFile: temporary, atomically: false, encoding: .utf8)
            try files.setAttributes([.posixPermissions: mode], ofItemAtPath: temporary)
        } catch {
            throw SetupError("\(temporary): can't be written: \(error.localizedDescription)")
        }
        guard unsafe rename(temporary, path) == 0 else { throw FileError("rename to", path) }
    }
}
