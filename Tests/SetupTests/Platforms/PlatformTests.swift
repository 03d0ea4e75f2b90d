import Testing
import YAML

@testable import Setup

@Suite struct `Each platform's plan` {
    private static let own = Platform.allCases.filter { $0.refusal == nil }

    /// For each release, with and without certificates.
    private func plans(_ platform: Platform) throws -> [(kubernetes: Int, etcd: Int, text: String)] {
        var plans: [(Int, Int, String)] = []
        for kubernetes in 22...36 {
            for etcd in 5...7 {
                for certificates in [nil, try ClientCertificates(directory: "/certs")] {
                    let cluster = etcd == 6 ? try ClusterName("prod 1") : nil
                    let request = try TracingRequest(
                        kubernetes: Release(1, kubernetes), etcd: Release(3, etcd),
                        endpoint: try TracingEndpoint("[fd00::7]:4317"), samplingRatePerMillion: 12_500,
                        certificates: certificates, cluster: cluster)
                    plans.append((kubernetes, etcd, try platform.plan(request, isEtcdAssumed: etcd == 7).text()))
                }
            }
        }
        return plans
    }

    @Test(arguments: own) func `is a stream of YAML documents`(platform: Platform) throws {
        for (kubernetes, etcd, text) in try plans(platform) {
            for document in text.components(separator: "---\n") {
                var diagnostics = Diagnostics(file: "plan.yaml")
                #expect(YAMLDocument([UInt8](document.utf8), &diagnostics) != nil)
                #expect(diagnostics.isEmpty, "1.\(kubernetes) with etcd 3.\(etcd): \(diagnostics)")
            }
        }
    }

    @Test(arguments: own) func `has etcd's flags and the TracingConfiguration as the releases spell them`(
        platform: Platform
    ) throws {
        for (kubernetes, etcd, text) in try plans(platform) {
            #expect(text.contains("experimental-enable-distributed-tracing") == (etcd < 6))
            #expect(text.contains("enable-distributed-tracing"))
            let version = kubernetes < 27 ? "v1alpha1" : kubernetes < 34 ? "v1beta1" : "v1"
            #expect(text.contains("apiserver.config.k8s.io/\(version)\n"))
            #expect(text.contains("[fd00::7]:4317"))
            #expect(text.contains("samplingRatePerMillion: 12500"))
            #expect(text.contains("1.25 % of the requests are traced"))
        }
    }

    @Test(arguments: own) func `sets the feature gate only before it became the default`(platform: Platform) throws {
        for (kubernetes, _, text) in try plans(platform) {
            #expect(text.contains("APIServerTracing") == (kubernetes < 27))
        }
    }

    @Test func `is an honest sentence where tracing can't be switched on`() throws {
        for platform in Platform.allCases where platform.refusal != nil {
            #expect(try #require(platform.refusal).contains("can't see them there"))
            #expect(try plans(platform).allSatisfy { $0.text.isEmpty })
        }
    }
}

extension String {
    /// The parts between lines that are the separator.
    fileprivate func components(separator: String) -> [String] {
        replacing("\n\(separator)", with: "\n\u{0}").split(separator: "\u{0}").map(String.init)
    }
}
