import Support
import YAML

// The tracing settings of kube-apiserver, etcd and the kubelet, by release. Sources: the Kubernetes documentation "Traces for
// Kubernetes System Components", the types of apiserver.config.k8s.io, the flags of `etcd --help`.

/// What `setup` is asked to set up.
package struct TracingRequest: Sendable {
    var kubernetes: Release
    var etcd: Release
    var endpoint: TracingEndpoint
    var samplingRatePerMillion: Int
    var certificates: ClientCertificates?
    var cluster: ClusterName?

    /// The first release whose API server has spans at all, behind a feature gate.
    static let firstKubernetes = Release(1, 22)
    static let firstEtcd = Release(3, 5)

    /// The release of etcd that comes with one of Kubernetes.
    package static func usualEtcd(with kubernetes: Release) -> Release {
        kubernetes < Release(1, 34) ? firstEtcd : Release(3, 6)
    }

    /// - Parameter samplingRatePerMillion: of requests whose client doesn't say whether they are sampled.
    package init(
        kubernetes: Release, etcd: Release, endpoint: TracingEndpoint, samplingRatePerMillion: Int,
        certificates: ClientCertificates? = nil, cluster: ClusterName? = nil
    ) throws(SetupError) {
        guard kubernetes.major < 2 else { throw SetupError("Kubernetes \(kubernetes) isn't known; releases are 1.N") }
        guard etcd.major < 4 else { throw SetupError("etcd \(etcd) isn't known; its releases are 3.N") }
        guard kubernetes >= Self.firstKubernetes else {
            throw SetupError(
                "Kubernetes \(kubernetes) has no tracing in its API server: that came with \(Self.firstKubernetes)")
        }
        guard etcd >= Self.firstEtcd else {
            throw SetupError("etcd \(etcd) has no tracing: that came with \(Self.firstEtcd)")
        }
        guard 0...1_000_000 ~= samplingRatePerMillion else {
            throw SetupError(
                "the sampling rate \(samplingRatePerMillion) must be between 0 and 1000000, requests per million")
        }
        self.kubernetes = kubernetes
        self.etcd = etcd
        self.endpoint = endpoint
        self.samplingRatePerMillion = samplingRatePerMillion
        self.certificates = certificates
        self.cluster = cluster
    }

    /// The environment variables of each component.
    var environment: [Setting] { environment(certificates) }

    /// - Parameter certificates: as the component sees them.
    func environment(_ certificates: ClientCertificates?) -> [Setting] {
        (certificates?.environment ?? []) + [cluster?.setting()].compactMap { $0 }
    }
}

/// A command-line flag or environment variable of a component.
struct Setting: Hashable, Sendable {
    let name: String
    let value: String

    init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }

    /// `{name, value}`, as Kubernetes writes environment variables.
    var named: YAMLValue { ["name": .text(name), "value": .text(value)] }
}

extension TracingRequest {
    /// The TracingConfiguration that `--tracing-config-file` names.
    var tracingConfiguration: YAMLValue { .map(tracingFields) }

    var tracingFields: [(String, YAMLValue)] {
        [
            ("apiVersion", .text(tracingVersion)), ("kind", "TracingConfiguration"),
            ("endpoint", .text(endpoint.description)), ("samplingRatePerMillion", .number(samplingRatePerMillion)),
        ]
    }

    var tracingVersion: String {
        let version =
            switch kubernetes {
            case ..<Release(1, 27): "v1alpha1"
            case ..<Release(1, 34): "v1beta1"
            default: "v1"
            }
        return "apiserver.config.k8s.io/\(version)"
    }

    /// - Parameter file: the path of the TracingConfiguration, as the API server sees it.
    func apiServerFlags(file: String) -> [Setting] {
        [Setting("tracing-config-file", file)]
            + (apiServerGate.map { [Setting("feature-gates", "\($0)=true")] } ?? [])
    }

    /// The feature gate that must be on, where tracing isn't on by default.
    var apiServerGate: String? { kubernetes < Release(1, 27) ? "APIServerTracing" : nil }

    /// Whether the gate is on by default, but off with all of its kind.
    var isGateBeta: Bool { Release(1, 27) <= kubernetes && kubernetes < Release(1, 34) }

    /// What to know about an etcd that doesn't sample as the API server does; nil if it does.
    var etcdsOwnSampling: String? {
        guard let patch = etcd.patch, etcd.major == 3, etcd.minor == 5, patch < 5 else { return nil }
        return
            "etcd \(etcd) traces every request, whatever the API server's sampling rate; 3.5.5 and later trace what the "
            + "API server does"
    }

    /// etcd samples what the API server sampled. A rate of its own would add traces without an API request.
    /// - Parameter instance: the instance in the member's spans; nil leaves it out.
    func etcdFlags(instance: String?) -> [Setting] {
        let flags = [
            Setting("\(etcdPrefix)enable-distributed-tracing", "true"),
            Setting("\(etcdPrefix)distributed-tracing-address", endpoint.description),
        ]
        return flags + (instance.map { [Setting(etcdInstanceFlag, $0)] } ?? [])
    }

    var etcdPrefix: String { etcd < Release(3, 6) ? "experimental-" : "" }
    var etcdInstanceFlag: String { "\(etcdPrefix)distributed-tracing-instance-id" }

    /// What the kubelet's configuration needs; nil where its release has no tracing.
    var kubeletFields: [(String, YAMLValue)]? {
        guard kubernetes >= Release(1, 25) else { return nil }
        let gate: [(String, YAMLValue)] =
            kubernetes < Release(1, 27) ? [("featureGates", ["KubeletTracing": true])] : []
        let tracing: YAMLValue = [
            "endpoint": .text(endpoint.description), "samplingRatePerMillion": .number(samplingRatePerMillion),
        ]
        return gate + [("tracing", tracing)]
    }

    /// The same as a file.
    var kubeletConfiguration: YAMLValue? {
        let head: YAMLValue = ["apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration"]
        return kubeletFields.map { head.with($0) }
    }
}

extension [Setting] {
    /// `NAME=VALUE`, as RKE2 and k3s take them.
    var pairs: YAMLValue { .list(map { "\($0.name)=\($0.value)" }) }
    var named: YAMLValue { .list(map(\.named)) }
    var fields: YAMLValue { .map(map { ($0.name, .text($0.value)) }) }
}

/// Where exporters send spans: `HOST:PORT`, as kube-apiserver and etcd take it, without a scheme.
package struct TracingEndpoint: Hashable, Sendable, CustomStringConvertible {
    package let description: String
    let host: String
    let port: UInt16

    /// - Throws: `SetupError` that says what would be right.
    package init(_ text: String) throws(SetupError) {
        let example = "such as 127.0.0.1:4317 or [::1]:4317"
        func wrong(_ why: String) -> SetupError {
            SetupError("the endpoint \(PrintableText.quote(text)) \(why); it must be HOST:PORT, \(example)")
        }
        if text.contains("://") { throw wrong("has a scheme, which kube-apiserver doesn't take") }
        guard let colon = text.lastIndex(of: ":") else { throw wrong("has no port") }
        let host = text[..<colon]
        let port = text[text.index(after: colon)...]
        guard let number = UInt16(port), number > 0, port.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw wrong("has no port between 1 and 65535")
        }
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]") && host.count > 2
        let name = isBracketed ? host.dropFirst().dropLast() : host
        guard !name.isEmpty else { throw wrong("has no host") }
        guard isBracketed || !name.contains(":") else { throw wrong("needs brackets around the IPv6 address") }
        let allowed = name.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || [0x2D, 0x2E, 0x3A, 0x5F].contains(byte)
        }
        guard allowed else { throw wrong("has a host with other characters than letters, digits, '-' and '.'") }
        description = text
        self.host = String(name)
        self.port = number
    }

    private init(local port: UInt16) {
        (description, host, self.port) = ("127.0.0.1:\(port)", "127.0.0.1", port)
    }

    /// The node's own, at OTLP's port.
    static let local = Self(local: 4317)

    var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }

    private var isAddress: Bool { host.contains(":") || host.split(separator: ".").allSatisfy { UInt8($0) != nil } }

    /// Where Faultline listens: host names are only for the senders.
    var listener: String { isAddress || host == "localhost" ? description : "0.0.0.0:\(port)" }

    /// Where it listens if no machine has the address; nil if that is out of the question.
    var listenerBehindService: String? {
        guard isAddress, !isLoopback, host != "0.0.0.0", host != "::" else { return nil }
        return host.contains(":") ? "[::]:\(port)" : "0.0.0.0:\(port)"
    }
}

/// What makes it impossible to say how tracing is set up.
package struct SetupError: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
