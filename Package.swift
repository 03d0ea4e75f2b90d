// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableExperimentalFeature("Lifetimes"),
]

let package = Package(
    name: "faultline",
    products: [
        .executable(name: "faultline", targets: ["faultline"]),
        .executable(name: "faultline-load", targets: ["Load"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .target(name: "Support", swiftSettings: settings),
        .target(name: "Engine", dependencies: ["Support"], swiftSettings: settings),
        .target(
            name: "OTLP", dependencies: ["Engine", "Support", "COTLP"], path: "Sources/Ingest/OTLP",
            swiftSettings: settings),
        .target(
            name: "Archive", dependencies: ["Engine", "OTLP", "Support", "CLZ4", "CZlib"],
            path: "Sources/Ingest/Archive",
            swiftSettings: settings),
        .target(
            name: "Receivers",
            dependencies: [
                "Credentials", "OTLP", "Support", "CDeflate", "CNGHTTP2",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            path: "Sources/Ingest/Receivers", swiftSettings: settings),
        .target(
            name: "YAML", dependencies: ["Support", .product(name: "Yams", package: "Yams")], swiftSettings: settings),
        .target(
            name: "Credentials",
            dependencies: [
                "Support", "YAML", .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: settings),
        .target(
            name: "Rules", dependencies: ["Engine", "Support", "YAML"],
            resources: [.embedInCode("Builtin/control-plane.yaml")], swiftSettings: settings),
        .target(
            name: "Notify",
            dependencies: [
                "Credentials", "Engine", "Rules", "Runbooks", "Support", "YAML",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: settings),
        .target(
            name: "Traces", dependencies: ["Archive", "Engine", "OTLP", "Support", "CLZ4"], swiftSettings: settings),
        .target(name: "Pipeline", dependencies: ["Engine", "Rules", "Support"], swiftSettings: settings),
        .target(
            name: "RuleFiles", dependencies: ["Engine", "Notify", "Rules", "Support", "YAML"], swiftSettings: settings),
        .target(
            name: "Setup", dependencies: ["Support", "YAML"],
            swiftSettings: settings),
        .target(
            name: "Doctor", dependencies: ["Engine", "Receivers", "Support"], swiftSettings: settings),
        .target(name: "Report", dependencies: ["Engine", "Pipeline", "Rules", "Support"], swiftSettings: settings),
        .target(
            name: "Scrape", dependencies: ["Engine", "Pipeline", "Rules", "Support", "CZlib"], swiftSettings: settings),
        .target(
            name: "Recording",
            dependencies: [
                "Archive", "Engine", "Receivers", "Rules", "Scrape", "Support", "Traces",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings),
        .target(
            name: "Replay",
            dependencies: ["Archive", "Engine", "Pipeline", "Rules", "Support", "Traces"],
            swiftSettings: settings),
        .target(
            name: "RuleTests",
            dependencies: ["Archive", "Engine", "Pipeline", "Replay", "RuleFiles", "Rules", "Support", "YAML"],
            swiftSettings: settings),
        .target(name: "Page", resources: [.embedInCode("Assets")], swiftSettings: settings),
        .target(name: "Runbooks", resources: [.embedInCode("Pages")], swiftSettings: settings),
        .target(
            name: "API",
            dependencies: [
                "Archive", "Engine", "Page", "Pipeline", "Receivers", "Report", "Rules", "Runbooks", "Scrape",
                "Support", "Traces",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings),
        .target(
            name: "MCP",
            dependencies: [
                "Credentials", "Support",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            swiftSettings: settings),
        .target(
            name: "Live",
            dependencies: [
                "Engine", "Notify", "OTLP", "Pipeline", "Receivers", "Recording", "RuleFiles", "Rules", "Scrape",
                "Support",
                "Traces", "CMalloc",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings),
        .target(
            name: "Daemon",
            dependencies: [
                "API", "Credentials", "Engine", "Live", "Notify", "OTLP", "Pipeline", "Receivers", "Recording",
                "RuleFiles",
                "Rules", "Scrape", "Support", "Traces", "YAML", "CBuild",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "faultline",
            dependencies: [
                "API", "Archive", "Credentials", "Daemon", "Doctor", "Engine", "Live", "MCP", "Notify", "OTLP",
                "Pipeline", "Receivers", "Recording", "Replay", "Report", "RuleFiles", "RuleTests", "Rules", "Scrape",
                "Setup",
                "Support", "Traces", "YAML",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings
        ),
        .target(name: "COTLP", linkerSettings: [.linkedLibrary("protobuf-c")]),
        // In C, so that another commit means one small file compiled again.
        .target(
            name: "CBuild",
            cSettings: [.define("FAULTLINE_COMMIT", to: Context.environment["FAULTLINE_COMMIT"] ?? "")]),
        .systemLibrary(name: "CMalloc"),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CLZ4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"])]),
        .systemLibrary(
            name: "CDeflate", pkgConfig: "libdeflate", providers: [.apt(["libdeflate-dev"])]),
        .systemLibrary(
            name: "CNGHTTP2", pkgConfig: "libnghttp2", providers: [.apt(["libnghttp2-dev"])]),

        .target(
            name: "TestSupport", dependencies: ["Engine", "Rules", "Support", "COTLP", "CLZ4"], path: "Tests/Support",
            swiftSettings: settings),
        .target(
            name: "FuzzChecks",
            dependencies: [
                "API", "Archive", "Daemon", "Engine", "Notify", "OTLP", "Pipeline", "Receivers", "Recording", "Report",
                "Rules", "Scrape", "Support", "TestSupport", "Traces", "YAML",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
            ],
            path: "Tests/Fuzz/Sources/FuzzChecks", swiftSettings: settings),

        .executableTarget(
            name: "HealthyDays", dependencies: ["Engine", "Pipeline", "Rules", "TestSupport"],
            path: "Benchmarks/Sources/HealthyDays", swiftSettings: settings),

        .target(name: "SpanTemplates", path: "Benchmarks/Sources/SpanTemplates", swiftSettings: settings),
        .executableTarget(
            name: "Benchmarks",
            dependencies: [
                "Archive", "COTLP", "CLZ4", "Engine", "OTLP", "Pipeline", "Rules", "SpanTemplates", "TestSupport",
            ],
            path: "Benchmarks/Sources/Benchmarks", swiftSettings: settings),
        .executableTarget(
            name: "Load",
            dependencies: [
                "Archive", "CDeflate", "OTLP", "SpanTemplates",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            path: "Benchmarks/Sources/Load", swiftSettings: settings),

        // Each is named after the target that it tests, and has its folders: Scripts/check-structure.py looks.
        .testTarget(name: "YAMLTests", dependencies: ["TestSupport", "YAML"], swiftSettings: settings),
        .testTarget(name: "CredentialsTests", dependencies: ["Credentials", "YAML"], swiftSettings: settings),
        .testTarget(name: "SupportTests", dependencies: ["Support", "TestSupport"], swiftSettings: settings),
        .testTarget(
            name: "EngineTests", dependencies: ["Engine", "OTLP", "Support", "TestSupport"], swiftSettings: settings),
        .testTarget(
            name: "OTLPTests", dependencies: ["Engine", "OTLP", "Support", "TestSupport", "COTLP"],
            swiftSettings: settings),
        .testTarget(
            name: "ArchiveTests", dependencies: ["Archive", "Engine", "TestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "ReceiversTests",
            dependencies: [
                "OTLP", "Receivers", "CDeflate",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "RulesTests", dependencies: ["Engine", "Notify", "Rules", "Support", "TestSupport", "YAML"],
            exclude: ["Faulty"],
            swiftSettings: settings),
        .testTarget(
            name: "NotifyTests", dependencies: ["Engine", "Notify", "Rules", "Support", "TestSupport", "YAML"],
            swiftSettings: settings),
        .testTarget(
            name: "PipelineTests",
            dependencies: ["Engine", "OTLP", "Pipeline", "Replay", "Rules", "TestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "RuleFilesTests", dependencies: ["Notify", "RuleFiles", "Rules", "YAML"], swiftSettings: settings),
        .testTarget(
            name: "MCPTests", dependencies: ["MCP", "Support", .product(name: "NIOCore", package: "swift-nio")],
            swiftSettings: settings),
        .testTarget(name: "SetupTests", dependencies: ["Setup", "TestSupport", "YAML"], swiftSettings: settings),
        .testTarget(
            name: "LiveTests",
            dependencies: [
                "Engine", "Live", "Notify", "OTLP", "Pipeline", "Rules", "Support", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings),
        .testTarget(name: "DoctorTests", dependencies: ["Doctor", "Engine", "Support"], swiftSettings: settings),
        .testTarget(
            name: "ReportTests", dependencies: ["Engine", "Pipeline", "Report", "Rules", "TestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "RecordingTests", dependencies: ["Recording", "Support"], swiftSettings: settings),
        .testTarget(
            name: "RuleTestsTests", dependencies: ["RuleTests", "Rules", "TestSupport", "YAML"], swiftSettings: settings
        ),
        .testTarget(
            name: "TracesTests", dependencies: ["Archive", "Engine", "OTLP", "TestSupport", "Traces"],
            swiftSettings: settings),
        .testTarget(name: "PageTests", dependencies: ["Page"], swiftSettings: settings),
        .testTarget(
            name: "APITests", dependencies: ["API", .product(name: "NIOCore", package: "swift-nio")],
            swiftSettings: settings),
        .testTarget(name: "ScrapeTests", dependencies: ["Scrape", "TestSupport"], swiftSettings: settings),
        .testTarget(
            name: "ReplayTests",
            dependencies: [
                "Archive", "Engine", "OTLP", "Pipeline", "Replay", "Report", "Rules", "Support", "TestSupport",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "DaemonTests",
            dependencies: [
                "Daemon", "Engine", "OTLP", "Pipeline", "Receivers", "Rules", "Support", "TestSupport", "YAML",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "faultlineTests", dependencies: ["FuzzChecks", "Report", "TestSupport", "faultline"],
            swiftSettings: settings),
        .testTarget(
            name: "FuzzChecksTests", dependencies: ["FuzzChecks", "Receivers", "TestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "SpanTemplatesTests", dependencies: ["SpanTemplates", "TestSupport"],
            swiftSettings: settings),
    ]
)

// They have libFuzzer's `main`, and link with its sanitizer alone: Tests/Fuzz/run.sh builds them.
if Context.environment["FAULTLINE_FUZZ"] != nil {
    package.targets += [
        .systemLibrary(name: "CFuzzer", path: "Tests/Fuzz/Sources/CFuzzer"),
        .target(
            name: "FuzzDriver", dependencies: ["Archive", "FuzzChecks", "Rules", "TestSupport"],
            path: "Tests/Fuzz/Sources/FuzzDriver", swiftSettings: settings),
    ]
    package.targets += [
        "OTLPDecoder", "OTLPJSON", "JaegerJSON", "Archive", "RuleFile", "StateFile", "Configuration", "Pipeline",
        "HTTP2", "Traces",
    ].map { name in
        .executableTarget(
            name: "Fuzz\(name)", dependencies: ["CFuzzer", "FuzzChecks", "FuzzDriver"],
            path: "Tests/Fuzz/Sources/\(name)", swiftSettings: settings)
    }
}
