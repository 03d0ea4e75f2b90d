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
        .executable(name: "faultline", targets: ["faultline"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .target(name: "Engine", swiftSettings: settings),
        .target(
            name: "Ingest",
            dependencies: [
                "Engine", "COTLP", "CLZ4", "CDeflate", "CZlib",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "Rules",
            dependencies: [
                "Engine",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "Yams", package: "Yams"),
            ],
            resources: [.embedInCode("Builtin/control-plane.yaml")],
            swiftSettings: settings
        ),
        .target(
            name: "Daemon",
            dependencies: [
                "Engine", "Ingest", "Rules", "CMalloc", "CZlib",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "faultline",
            dependencies: [
                "Daemon", "Engine", "Ingest", "Rules",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings
        ),
        .target(name: "COTLP", linkerSettings: [.linkedLibrary("protobuf-c")]),
        .systemLibrary(name: "CMalloc"),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CLZ4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"])]),
        .systemLibrary(
            name: "CDeflate", pkgConfig: "libdeflate", providers: [.apt(["libdeflate-dev"])]),

        .target(
            name: "TestSupport", dependencies: ["Engine", "COTLP", "CLZ4"], path: "Tests/Support",
            swiftSettings: settings),
        .target(
            name: "FuzzChecks",
            dependencies: [
                "Daemon", "Engine", "Ingest", "Rules", "TestSupport",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
            ],
            path: "Tests/Fuzz/Sources/FuzzChecks", swiftSettings: settings),
        .target(name: "SpanTemplates", path: "Benchmarks/Sources/SpanTemplates", swiftSettings: settings),
        .testTarget(
            name: "SpanTemplateTests", dependencies: ["SpanTemplates", "TestSupport"], swiftSettings: settings),
        .testTarget(
            name: "EngineTests", dependencies: ["Engine", "TestSupport"], swiftSettings: settings),
        .testTarget(
            name: "IngestTests",
            dependencies: [
                "Engine", "Ingest", "TestSupport", "COTLP", "CDeflate",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "FailCaseTests", dependencies: ["FuzzChecks", "Ingest", "TestSupport"], swiftSettings: settings),
        .testTarget(
            name: "RulesTests", dependencies: ["Engine", "Rules", "TestSupport"], swiftSettings: settings),
        .testTarget(
            name: "DaemonTests",
            dependencies: [
                "Daemon", "Engine", "FuzzChecks", "Ingest", "Rules", "TestSupport", "faultline",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings),
    ]
)
