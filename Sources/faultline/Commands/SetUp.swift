import ArgumentParser
import Credentials
import Foundation
import Setup
import Support

struct SetUp: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "setup",
        abstract: "Print what to add to kube-apiserver and etcd, and where, so that they send their spans.",
        discussion: """
            Give the releases and how the control plane is run, or the manifests of a control-plane node with --from. \
            Nothing is changed without --write, which keeps a backup.
            """)

    @Option(help: ArgumentHelp("The release of Kubernetes. By default the one of --from.", valueName: "release"))
    var kubernetes: String?

    @Option(
        help: ArgumentHelp(
            "The release of etcd. By default the one of --from, else the one that usually comes with that of Kubernetes.",
            valueName: "release"))
    var etcd: String?

    @Option(
        name: .customLong("on"),
        help: ArgumentHelp(
            "How the control plane is run: \(Platform.allCases.map(\.rawValue).joined(separator: ", ")).",
            valueName: "platform"))
    var platform: Platform?

    @Option(
        help: ArgumentHelp(
            "Where Faultline listens, as the control plane sees it. By default where spans go by --from, else "
                + "127.0.0.1:4317.",
            valueName: "host:port"))
    var endpoint: String?

    @Option(
        help: ArgumentHelp(
            "Requests to trace, per million. By default the rate of --from, else 100000 (10 %).", valueName: "rate"),
        transform: WholeNumber.reader(0...1_000_000, "a rate is a number of requests per million, from 0 to 1000000"))
    var sampling: Int?

    @Option(
        help: ArgumentHelp(
            "Send over TLS: the nodes' folder of ca.crt and, for mutual TLS, tls.crt and tls.key.",
            valueName: "directory"))
    var tls: String?

    @Option(
        help: ArgumentHelp(
            "The cluster that the spans name as theirs, where one Faultline receives those of several.",
            valueName: "name"))
    var cluster: String?

    @Option(
        help: ArgumentHelp("Read a node's manifests, and print what changes them.", valueName: "directory"))
    var from: String?

    @Flag(help: "With --from: print the changes as a patch, for patch -p0 --no-backup-if-mismatch -r - -d /.")
    var diff = false

    @Flag(help: "With --from: make the changes. The original files go to a backup folder.")
    var write = false

    @Option(
        help: ArgumentHelp(
            "With --write: the folder for the original files; it must not exist. "
                + "By default /etc/kubernetes/faultline-backup-TIME.",
            valueName: "directory"))
    var backup: String?

    func validate() throws {
        if CommandLine.has("--backup"), !write { throw ValidationError("--backup needs --write") }
        if from == nil, diff || write { throw ValidationError("\(diff ? "--diff" : "--write") needs --from DIRECTORY") }
        if diff && write { throw ValidationError("--diff prints changes and --write makes them: choose one") }
        if from != nil, let platform, ![.kubeadm, .manifests].contains(platform) {
            throw ValidationError("--from reads static pods' manifests, and --on \(platform.rawValue) has none")
        }
        if from == nil, platform == nil {
            throw ValidationError("--on PLATFORM or --from DIRECTORY must be given")
        }
        if from == nil, kubernetes == nil, platform?.refusal == nil {
            throw ValidationError("--kubernetes RELEASE must be given, such as --kubernetes 1.31")
        }
    }

    func run() throws {
        try Ending.reporting {
            if let from { return try change(from) }
            guard let platform else { return }
            if let refusal = platform.refusal { return Console.print(refusal) }
            // validate() requires the option.
            guard let kubernetes = try release(kubernetes, "kubernetes", "1.31") else { return }
            let given = try release(etcd, "etcd", "3.5")
            let request = try request(kubernetes, given ?? TracingRequest.usualEtcd(with: kubernetes), nil, nil)
            Console.print(String(try platform.plan(request, isEtcdAssumed: given == nil).text().dropLast()))
        }
    }

    /// - Parameters: the releases, and what the manifests say where the command line doesn't.
    private func request(
        _ kubernetes: Release, _ etcd: Release, _ foundEndpoint: String?, _ foundRate: Int?
    ) throws -> TracingRequest {
        try TracingRequest(
            kubernetes: kubernetes, etcd: etcd,
            endpoint: TracingEndpoint(endpoint ?? foundEndpoint ?? "127.0.0.1:4317"),
            samplingRatePerMillion: sampling ?? foundRate ?? 100_000, certificates: certificates(),
            cluster: cluster.map { name throws(SetupError) in try ClusterName(name) })
    }

    private func release(_ text: String?, _ option: String, _ example: String) throws -> Release? {
        guard let text else { return nil }
        guard let release = Release(text) else {
            throw SetupError("--\(option) \(PrintableText.quote(text)) must be a release such as \(example)")
        }
        return release
    }

    /// Mutual TLS unless the folder is here and has no client certificate. With --from, it must be here.
    private func certificates() throws -> ClientCertificates? {
        guard let tls else { return nil }
        var certificates = try ClientCertificates(directory: tls)
        guard from != nil || FilePattern.isDirectory(tls) else { return certificates }
        do {
            certificates.isMutual = try CertificateFolder("--tls", path: tls).isMutual
        } catch {
            throw SetupError("\(error)")
        }
        return certificates
    }

    private func change(_ directory: String) throws {
        var manifests = try InstalledManifests(directory: directory, areOwn: platform != nil)
        let request = try request(
            manifests.kubernetesRelease(given: release(kubernetes, "kubernetes", "1.31")),
            manifests.etcdRelease(given: release(etcd, "etcd", "3.5")), manifests.endpoint,
            manifests.samplingRatePerMillion)
        try manifests.apply(request)
        for note in manifests.notes + manifests.gaps { Console.note(note) }
        if manifests.isComplete {
            let state = manifests.gaps.isEmpty ? "tracing is set up" : "what is missing is named above"
            return Console.note("\(directory): nothing to change; \(state)")
        }
        guard write else { return Console.print(String(manifests.diff.unicodeScalars.dropLast())) }
        let backup = backup ?? manifests.backup(at: Int(Date().timeIntervalSince1970))
        for path in try manifests.write(backup: backup) { Console.note("changed \(path)") }
        Console.note("the original files are in \(backup)")
    }
}

extension Platform: ExpressibleByArgument {}
