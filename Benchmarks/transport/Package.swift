// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

// The receivers to compare with. A separate package, so that the product doesn't depend on grpc-swift-2.
let package = Package(
    name: "faultline-transport-comparison",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "plain-receiver", targets: ["PlainReceiver"]),
        .executable(name: "grpc-swift-server", targets: ["GRPCSwiftServer"]),
    ],
    dependencies: [
        .package(url: "https://github.com/grpc/grpc-swift-2", exact: "2.4.3"),
        .package(url: "https://github.com/grpc/grpc-swift-nio-transport", exact: "2.9.2"),
    ],
    targets: [
        .executableTarget(name: "PlainReceiver", swiftSettings: settings),
        .executableTarget(
            name: "GRPCSwiftServer",
            dependencies: [
                .product(name: "GRPCCore", package: "grpc-swift-2"),
                .product(name: "GRPCNIOTransportHTTP2Posix", package: "grpc-swift-nio-transport"),
            ],
            swiftSettings: settings),
    ]
)
