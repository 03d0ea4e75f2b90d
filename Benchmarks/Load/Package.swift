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

// Apart from the benchmarks, which need no network libraries. Archives are read by the project's own reader.
let package = Package(
    name: "faultline-load",
    products: [
        .executable(name: "faultline-load", targets: ["Load"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
    ],
    targets: [
        .executableTarget(
            name: "Load",
            dependencies: [
                "Ingest", "SpanTemplates", "CDeflate",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
            ],
            swiftSettings: settings),
        .target(name: "Engine", swiftSettings: settings),
        .target(
            name: "Ingest", dependencies: ["Engine", "COTLP", "CLZ4", "CZlib"], exclude: ["OTLP/ExportReply.swift"],
            sources: ["OTLP", "Archive"], swiftSettings: settings),
        .target(name: "SpanTemplates", swiftSettings: settings),
        .target(name: "COTLP", linkerSettings: [.linkedLibrary("protobuf-c")]),
        .systemLibrary(name: "CLZ4", pkgConfig: "liblz4"),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib"),
        .systemLibrary(name: "CDeflate", pkgConfig: "libdeflate"),
    ]
)
