// swift-tools-version: 6.2
import PackageDescription

// The modules under test are linked in from the project itself and built here as one package, without the parts that
// need sockets, so that all of them are instrumented. `run.sh` gives the sanitizers.
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
    name: "faultline-fuzz",
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        "OTLPJSON", "JaegerJSON", "Archive", "RuleFile", "StateFile", "Configuration", "Pipeline", "HTTP2",
    ].map {
        .executableTarget(name: $0, dependencies: ["FuzzChecks", "FuzzDriver"], swiftSettings: settings)
    } + [
        .executableTarget(
            name: "OTLPDecoder", dependencies: ["CFuzzer", "FuzzChecks", "FuzzDriver", "TestSupport"],
            swiftSettings: settings),
        .systemLibrary(name: "CFuzzer"),
        .target(
            name: "FuzzChecks",
            dependencies: [
                "Daemon", "Engine", "Ingest", "Rules", "TestSupport",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
            ],
            swiftSettings: settings),
        .target(
            name: "FuzzDriver", dependencies: ["FuzzChecks", "Ingest", "Rules", "TestSupport"],
            swiftSettings: settings),

        .target(name: "Engine", swiftSettings: settings),
        .target(
            name: "Ingest",
            dependencies: [
                "Engine", "COTLP", "CLZ4", "CDeflate", "CZlib",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
            ],
            sources: [
                "OTLP", "Archive", "Conversion",
                "Receivers/Admission.swift",
                "Receivers/BodyIntake.swift",
                "Receivers/Commit.swift",
                "Receivers/ConnectionWatch.swift",
                "Receivers/DecodePool.swift",
                "Receivers/EarlySettings.swift",
                "Receivers/EverySecond.swift",
                "Receivers/FrameBudget.swift",
                "Receivers/GRPCCall.swift",
                "Receivers/GRPCConnection.swift",
                "Receivers/GRPCConnection+Deadlines.swift",
                "Receivers/GRPCConnection+Frames.swift",
                "Receivers/GRPCFraming.swift",
                "Receivers/GRPCPipeline.swift",
                "Receivers/GRPCReply.swift",
                "Receivers/GRPCRequestHead.swift",
                "Receivers/HTTP2Boundaries.swift",
                "Receivers/HTTP2Follower.swift",
                "Receivers/HTTP2Protection.swift",
                "Receivers/Inflate.swift",
                "Receivers/JSONQuoting.swift",
                "Receivers/OpenConnections.swift",
                "Receivers/RPCStatus.swift",
                "Receivers/ReceiverAddress.swift",
                "Receivers/ReceiverLimits.swift",
                "Receivers/TraceService.swift",
            ],
            swiftSettings: settings),
        .target(
            name: "Rules", dependencies: ["Engine", .product(name: "Yams", package: "Yams")],
            sources: [
                "Builtin", "Definition", "Delivery/AlertJSON.swift",
                "Delivery/DeliveryJournal.swift", "Delivery/DurableFile.swift", "Delivery/EvidenceJSON.swift",
                "Evaluation",
                "Language", "State", "Text",
            ],
            resources: [.embedInCode("Builtin/control-plane.yaml")],
            swiftSettings: settings),
        .target(
            name: "Daemon", dependencies: ["Engine", "Ingest", "Rules"],
            exclude: ["Configuration/RuleSource.swift", "Configuration/Settings.swift"],
            sources: [
                "Attribution", "Configuration", "Pipeline.swift", "PipelineSummary.swift",
                "Recording/RecordingSettings.swift", "Replay/RuleComparison.swift", "Report",
                "RulesInForce.swift",
                "Scrape/EngineMetrics.swift", "Scrape/Exposition.swift", "Scrape/LabelText.swift",
                "Scrape/SHA256.swift", "SpanCounts.swift",
            ],
            swiftSettings: settings),
        .target(name: "TestSupport", dependencies: ["Engine", "COTLP", "CLZ4"], swiftSettings: settings),
        .target(name: "COTLP", linkerSettings: [.linkedLibrary("protobuf-c")]),
        .systemLibrary(name: "CDeflate", pkgConfig: "libdeflate"),
        .systemLibrary(name: "CLZ4", pkgConfig: "liblz4"),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib"),
    ]
)
