// swift-tools-version: 6.2
import PackageDescription

// The modules under test are linked in from the project itself, so that they are built here as one package with what
// measures them; the receivers, which need the network libraries, are measured from outside.
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
    name: "faultline-benchmarks",
    targets: [
        .executableTarget(
            name: "Benchmarks",
            dependencies: ["Engine", "Ingest", "Rules", "SpanTemplates", "COTLP", "CLZ4", "TestSupport"],
            swiftSettings: settings),
        .target(name: "SpanTemplates", swiftSettings: settings),
        .target(name: "Engine", swiftSettings: settings),
        .target(
            name: "Ingest", dependencies: ["Engine", "COTLP", "CLZ4", "CZlib"], exclude: ["OTLP/ExportReply.swift"],
            sources: ["OTLP", "Archive"],
            swiftSettings: settings),
        .target(
            name: "Rules", dependencies: ["Engine"],
            sources: [
                "Language", "Evaluation", "Text", "Definition/Pattern", "Definition/Rule.swift",
                "Definition/Selector.swift", "Definition/AnnotationTemplate.swift", "Definition/TemplateParser.swift",
                "Definition/HumanNumber.swift", "Definition/NoDataPolicy.swift",
            ],
            swiftSettings: settings),
        .target(name: "TestSupport", dependencies: ["Engine", "COTLP", "CLZ4"], swiftSettings: settings),
        .target(name: "COTLP", linkerSettings: [.linkedLibrary("protobuf-c")]),
        .systemLibrary(name: "CLZ4", pkgConfig: "liblz4"),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib"),
    ]
)
