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
    /// How the one becomes the other, if not as a whole.
    private var tracingEdits: LineEdits?
    /// Whether the user says that no distribution generates the manifests, and this machine's kubelet runs them.
    private let areOwn: Bool
    /// What the user who makes the changes should know about them.
    package private(set) var notes: [String] = []
    /// What keeps components from sending spans and can't be changed in these files.
    package private(set) var gaps: [String] = []

    /// - Parameter directory: such as /etc/kubernetes/manifests. Without one of the two manifests, that component runs elsewhere.
    /// - Parameter areOwn: the user says that no distribution generates the manifests, and this machine's kubelet runs them.
    package init(directory: String, areOwn: Bool = false) throws {
        self.directory = SetupFile.absolute(directory)
        self.areOwn = areOwn
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
        tracingFile = try apiServer?.hostPath(of: tracingFlag) ?? tracingFlag
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
        notes = ManifestCopies(of: pods, in: directory).notes + pods.prefix(1).compactMap(ManifestOwner.minikubeNote)
        for pod in pods { try request.certificates?.refuse(pod) }
        try applyToAPIServer(request)
        if etcd == nil {
            gaps.append("\(directory): no etcd.yaml, so etcd isn't set up from here; set it up where it runs")
        }
        try applyToEtcd(request)
        gaps += pods.flatMap { pod in readFiles(of: pod, request).compactMap { PodUser(pod)?.gap($0) } }
        if !isComplete { notes += [ManifestOwner.kubeadmNote(pods, directory, request)].compactMap { $0 } }
    }

    private mutating func applyToEtcd(_ request: TracingRequest) throws {
        guard var etcd else { return }
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
        tracingEdits = present?.edits(for: request)
        newTracingText = try tracingEdits?.applied() ?? request.tracingConfiguration.serialized()
        notes += present?.changes(to: request) ?? []
        let isShown = apiServer.shows(tracingFlag)
        let (file, folders) = (
            tracingFlag,
            request.apiServerFolders.compactMap { $0.name == "tracing" ? isShown ? nil : tracingFolder : $0 }
        )
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
        let (isOff, isSet) = (pod.gate(gate) == false, pod.gate(gate) != nil)
        let isOffWithOthers = !isSet && request.isGateBeta && pod.gate("AllBeta") == false
        if isOff || isOffWithOthers || request.apiServerGate != nil { try pod.enable(gate: gate) }
        if isOffWithOthers { return ["\(pod.path): AllBeta=false switched tracing off; \(gate)=true is added"] }
        return isOff ? ["\(pod.path): \(gate)=false switched tracing off; it becomes true"] : []
    }

    /// Sets environment variables.
    /// - Returns: what changes for the current receiver of the spans.
    private static func add(_ request: TracingRequest, to pod: inout StaticPod) throws(SetupError) -> [String] {
        var variables = (request.certificates?.environment ?? []).flatMap { variable in
            // What is for traces alone counts before what is for all signals.
            let own = ClientCertificates.forTraces(variable.name)
            return [variable] + (pod.variableNode(own) == nil ? [] : [Setting(own, variable.value)])
        }
        if let cluster = request.cluster {
            variables.append(cluster.setting(besides: pod.variable(ClusterName.variable) ?? ""))
        }
        var notes: [String] = []
        let general = ClientCertificates.authorityVariable
        for authority in [general, ClientCertificates.forTraces(general)] where request.certificates == nil {
            guard let file = pod.variable(authority) else { continue }
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

    /// Files of the host that a component opens when it starts.
    private func readFiles(of pod: StaticPod, _ request: TracingRequest) -> [String] {
        let directory = request.certificates?.directory
        return (pod.component == "etcd" ? [] : [tracingFile])
            + (request.certificates?.fileNames ?? []).compactMap { name in directory.map { "\($0)/\(name)" } }
    }

    private var pods: [StaticPod] { [apiServer, etcd].compactMap { $0 } }

    /// Whether these files need no change.
    package var isComplete: Bool { pods.allSatisfy(\.edits.isEmpty) && tracingText == newTracingText }

    /// All changes as a patch: `patch -p0 -d / <`.
    package var diff: String {
        var text = ""
        if let newTracingText, tracingText != newTracingText {
            text +=
                tracingEdits?.unifiedDiff(path: tracingFile)
                ?? LineEdits.replacement(of: tracingText, by: newTracingText, path: tracingFile)
        }
        for pod in pods { text += pod.edits.unifiedDiff(path: pod.path) }
        return text
    }

    /// Where the original files go by default: beside the folder of the manifests.
    package func backup(at seconds: Int) -> String {
        "\(SetupFile.folder(of: directory))/faultline-backup-\(seconds)"
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
            try refuseCopy()
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

    /// A copy of the manifests leads to the TracingConfiguration of this machine, where nothing but its own API server may
    /// change it.
    private func refuseCopy() throws(SetupError) {
        let isBeside = tracingFile.hasPrefix(SetupFile.folder(of: directory) + "/")
        guard !areOwn, !isBeside, !ManifestOwner.runsHere(directory) else { return }
        throw SetupError(
            "\(directory): isn't the folder whose manifests this machine's kubelet runs, so --write would change \(tracingFile), "
                + "which belongs to others; --diff prints the changes. If the kubelet does run them, add --on manifests"
        )
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
