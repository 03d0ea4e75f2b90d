import YAML
internal import Foundation
internal import Support

/// The static pods' manifests of a control-plane node, and the changes that make their components send spans.
package struct InstalledManifests {
    private var apiServer: StaticPod?
    private var etcd: StaticPod?
    private let etcdFile: EtcdConfigurationFile?
    private let directory: String
    /// The TracingConfiguration's path as the API server sees it.
    private let tracingFlag: String
    /// The same on the host, and what it holds now.
    private let tracingFile: String
    private var tracingText: String?
    private var newTracingText: String?
    private let present: PresentTracing?
    /// What the user who makes the changes should know about them.
    package private(set) var notes: [String] = []
    /// What keeps components from sending spans and can't be changed in these files.
    package private(set) var gaps: [String] = []

    /// - Parameter directory: such as /etc/kubernetes/manifests. Without one of the two manifests, that component runs elsewhere.
    /// - Parameter areOwn: the user says that no distribution generates the manifests.
    package init(directory: String, areOwn: Bool = false) throws {
        self.directory = SetupFile.absolute(directory)
        (apiServer, etcd) = (
            try Self.pod("kube-apiserver", in: self.directory), try Self.pod("etcd", in: self.directory)
        )
        guard let first = apiServer ?? etcd else {
            if let owner = ManifestOwner(directory: self.directory) { throw owner.refusal(self.directory) }
            throw SetupError(
                "\(self.directory): no kube-apiserver.yaml and no etcd.yaml; --from must name the folder of a control-plane "
                    + "node's manifests, such as /etc/kubernetes/manifests")
        }
        if !areOwn, let owner = ManifestOwner(first) { throw owner.refusal(first) }
        etcdFile = try etcd.flatMap { try EtcdConfigurationFile(of: $0) }
        tracingFlag = apiServer?.value(of: "tracing-config-file") ?? TracingRequest.file
        guard tracingFlag.hasPrefix("/") else {
            throw SetupError(
                "\(first.path): --tracing-config-file \(PrintableText.quote(tracingFlag)) must be an absolute path")
        }
        tracingFile = apiServer?.hostPath(of: tracingFlag) ?? tracingFlag
        if apiServer != nil, FilePattern.isFile(tracingFile) { tracingText = try SetupFile.read(tracingFile) }
        newTracingText = tracingText
        let (text, file) = (tracingText, tracingFile)
        present = try text.map { try PresentTracing($0, path: file) }
    }

    private static func pod(_ component: String, in directory: String) throws -> StaticPod? {
        let path = "\(directory)/\(component).yaml"
        guard FilePattern.isDirectory(directory) else {
            throw SetupError("\(directory): not a folder; --from must name one, such as /etc/kubernetes/manifests")
        }
        guard FilePattern.isFile(path) else { return nil }
        return try StaticPod(SetupFile.read(path), path: path, component: component)
    }

    /// - Parameter given: the release on the command line, for an image whose tag isn't one.
    package func kubernetesRelease(given: Release?) throws(SetupError) -> Release {
        try apiServer?.release(given: given, "--kubernetes") ?? given ?? TracingRequest.firstKubernetes
    }

    package func etcdRelease(given: Release?) throws(SetupError) -> Release {
        try etcd?.release(given: given, "--etcd") ?? given ?? TracingRequest.firstEtcd
    }

    /// Where spans go now: the endpoint that is kept unless another is given.
    package var endpoint: String? {
        present?.endpoint ?? etcdFile?.address ?? etcd.flatMap { EtcdTracing.address($0.value) }
    }
    /// Requests traced now, per million.
    package var samplingRatePerMillion: Int? { present?.samplingRatePerMillion }

    /// Makes the changes, in memory.
    /// - Throws: `SetupError`, with position, where a manifest is written in a way that this can't change.
    package mutating func apply(_ request: TracingRequest) throws {
        notes = backupsThatRun + pods.prefix(1).compactMap(ManifestOwner.minikubeNote)
        try refuseOwnFolder(request.certificates)
        try applyToAPIServer(request)
        guard var etcd else {
            return gaps.append("\(directory): no etcd.yaml, so etcd isn't set up from here; set it up where it runs")
        }
        gaps += [etcdFile?.gap(request)].compactMap { $0 }
        let isByFlags = etcdFile == nil
        notes += try Self.change(&etcd, "etcd") { pod in
            let notes = isByFlags ? try EtcdTracing(request).apply(to: &pod) : []
            if let directory = request.certificates?.directory {
                try pod.mount([HostFolder(name: "tracing-certificates", path: directory)])
            }
            return notes + (try Self.add(request, to: &pod))
        }
        self.etcd = etcd
        notes += [unnamed(request, etcd)].compactMap { $0 }
    }

    private mutating func applyToAPIServer(_ request: TracingRequest) throws {
        guard var apiServer else {
            gaps = [
                "\(directory): no kube-apiserver.yaml, so the API server isn't set up from here; set it up where it runs"
            ]
            return
        }
        gaps = samplingGap(request)
        var text = try request.tracingConfiguration.serialized()
        if let present {
            // The same in other words stays as it is.
            if present.says(request) { text = tracingText ?? text }
            notes += present.changes(to: request)
        }
        newTracingText = text
        let (file, folders) = (tracingFlag, request.apiServerFolders.map { $0.name == "tracing" ? tracingFolder : $0 })
        notes += try Self.change(&apiServer, "kube-apiserver") { pod in
            for flag in request.apiServerFlags(file: file) where flag.name != "feature-gates" { try pod.set(flag) }
            let notes = try Self.enableGate(request, in: &pod)
            try pod.mount(folders)
            return notes + (try Self.add(request, to: &pod))
        }
        self.apiServer = apiServer
        notes += [restart(apiServer)].compactMap { $0 }
    }

    /// What the API server's pod must see. Of a folder that has other files, these are none of its business.
    private var tracingFolder: HostFolder {
        let folder = SetupFile.folder(of: tracingFlag)
        let others = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let isShared = others.contains { "\(folder)/\($0)" != tracingFlag }
        return HostFolder(name: "tracing", path: isShared ? tracingFlag : folder, isFile: isShared)
    }

    /// The kubelet restarts a pod whose manifest changes.
    private func restart(_ apiServer: StaticPod) -> String? {
        guard apiServer.edits.isEmpty, newTracingText != tracingText else { return nil }
        return "kube-apiserver reads \(tracingFlag) only at its start, and its manifest stays as it is: move "
            + "\(apiServer.path) out of its folder for a minute and back, so that the kubelet restarts it"
    }

    /// Makes changes to a manifest. In the changed text, they must be there.
    /// - Returns: what the user should know about them.
    private static func change(
        _ pod: inout StaticPod, _ component: String, _ make: (inout StaticPod) throws -> [String]
    ) throws -> [String] {
        let notes = try make(&pod)
        do {
            var changed = try StaticPod(pod.edits.applied(), path: pod.path, component: component)
            _ = try make(&changed)
            if changed.edits.isEmpty { return notes }
        } catch {}
        throw SetupError("\(pod.path): is written in a way that can't be changed here; change it by hand")
    }

    /// Spans of one cluster that name it and spans that don't would be two clusters.
    private func unnamed(_ request: TracingRequest, _ etcd: StaticPod) -> String? {
        guard request.cluster == nil, let apiServer else { return nil }
        let named = [apiServer, etcd].filter { ClusterName.isNamed(in: $0.variable(ClusterName.variable) ?? "") }
        guard named.count == 1 else { return nil }
        let other = named[0].path == etcd.path ? apiServer.path : etcd.path
        return "\(other): its spans name no cluster, but those of \(named[0].path) do, so they are of two clusters for "
            + "Faultline; --cluster NAME names both"
    }

    private func samplingGap(_ request: TracingRequest) -> [String] {
        guard request.samplingRatePerMillion == 0 else { return [] }
        return [
            "\(tracingFile): with samplingRatePerMillion 0 no request is traced unless its client asks for it, so that "
                + "Faultline sees next to nothing; --sampling 100000 traces 10 %"
        ]
    }

    private static func enableGate(_ request: TracingRequest, in pod: inout StaticPod) throws(SetupError) -> [String] {
        let gate = "APIServerTracing"
        let isOff = pod.gates.contains("\(gate)=false")
        if isOff || request.apiServerGate != nil { try pod.enable(gate: gate) }
        return isOff ? ["\(pod.path): \(gate)=false switched tracing off; it becomes true"] : []
    }

    /// Sets environment variables.
    /// - Returns: what changes for the current receiver of the spans.
    private static func add(_ request: TracingRequest, to pod: inout StaticPod) throws(SetupError) -> [String] {
        var variables = request.certificates?.environment ?? []
        if let cluster = request.cluster {
            variables.append(cluster.setting(besides: pod.variable(ClusterName.variable) ?? ""))
        }
        var notes: [String] = []
        let authority = ClientCertificates.authorityVariable
        if request.certificates == nil, let file = pod.variable(authority) {
            notes.append(
                "\(pod.path): sends over TLS, since \(authority) is \(file): Faultline's listener needs tls, or remove it"
            )
        }
        for variable in variables {
            guard let old = pod.variable(variable.name), old != variable.value else { continue }
            notes.append("\(pod.path): \(variable.name) was \(old); it becomes \(variable.value)")
        }
        try pod.add(environment: variables)
        return notes
    }

    /// The components' own certificates must not be where ours are copied to.
    private func refuseOwnFolder(_ certificates: ClientCertificates?) throws(SetupError) {
        guard let directory = certificates?.directory else { return }
        let flags = ["client-ca-file", "etcd-cafile", "trusted-ca-file", "peer-trusted-ca-file", "cert-file"]
        for pod in pods {
            for file in flags.compactMap({ pod.value(of: $0) }) where SetupFile.folder(of: file) == directory {
                throw ClientCertificates.ownFolder(directory, file)
            }
        }
    }

    /// Files next to the manifests that the kubelet runs too.
    private var backupsThatRun: [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        let copies = names.sorted().filter { name in
            !["kube-apiserver.yaml", "etcd.yaml"].contains(name)
                && ["kube-apiserver.", "etcd."].contains { name.hasPrefix($0) }
        }
        return copies.map {
            "\(directory)/\($0): the kubelet runs every file of this folder, this copy too; move it elsewhere"
        }
    }

    private var pods: [StaticPod] { [apiServer, etcd].compactMap { $0 } }

    /// Whether these files need no change.
    package var isComplete: Bool { pods.allSatisfy(\.edits.isEmpty) && tracingText == newTracingText }

    /// All changes as a patch: `patch -p0 -d / <`.
    package var diff: String {
        var text = ""
        if let newTracingText, tracingText != newTracingText {
            text += LineEdits.replacement(of: tracingText, by: newTracingText, path: tracingFile)
        }
        for pod in pods { text += pod.edits.unifiedDiff(path: pod.path) }
        return text
    }

    /// Writes the changes: the TracingConfiguration first, so that the API server finds it when it restarts.
    /// - Parameter backup: a new folder for the original files. Not within the manifests' folder, where the kubelet
    ///   runs every file.
    /// - Returns: the paths of the changed files.
    package func write(backup: String) throws -> [String] {
        guard !FilePattern.isFile(backup) else {
            throw SetupError("\(backup): exists already; --backup must name a new folder, so that no original is lost")
        }
        var changes: [(path: String, old: String?, new: String)] = []
        if let newTracingText, tracingText != newTracingText {
            changes.append((tracingFile, tracingText, newTracingText))
        }
        for pod in pods.reversed() where !pod.edits.isEmpty {
            changes.append((pod.path, try SetupFile.read(pod.path), pod.edits.applied()))
        }
        // All originals are safe before the first change.
        var names: Set<String> = []
        for (path, old, _) in changes {
            guard let old else { continue }
            let name = path.split(separator: "/").last.map(String.init) ?? path
            let free = names.insert(name).inserted ? name : "tracing-\(name)"
            try SetupFile.create(folder: backup)
            try SetupFile.write(old, to: "\(backup)/\(free)", like: path)
        }
        for (index, change) in changes.enumerated() {
            do {
                try SetupFile.create(folder: SetupFile.folder(of: change.path))
                try SetupFile.replace(change.path, with: change.new)
            } catch {
                throw Self.undo(changes.prefix(index).map { ($0.path, $0.old) }, because: error, backup: backup)
            }
        }
        return changes.map(\.path)
    }

    /// Restores the files that were changed before one couldn't be.
    ///
    /// - Returns: what went wrong, and how the files are now.
    private static func undo(
        _ changed: [(path: String, old: String?)], because error: any Error, backup: String
    ) -> SetupError {
        var left: [String] = []
        for (path, old) in changed.reversed() {
            do {
                if let old { try SetupFile.replace(path, with: old) } else { try SetupFile.remove(path) }
            } catch { left.append(path) }
        }
        let originals = changed.contains { $0.old != nil } ? "; the original files are in \(backup)" : ""
        let state =
            left.isEmpty
            ? "nothing is changed"
            : "\(left.joined(separator: " and ")) \(left.count == 1 ? "stays" : "stay") changed\(originals)"
        return SetupError("\(error); \(state)")
    }
}
