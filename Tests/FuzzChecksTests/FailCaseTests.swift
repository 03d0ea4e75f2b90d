import Foundation
import FuzzChecks
import Testing

/// What fuzzing once found stays mended.
@Suite struct `The inputs that fuzzing found` {
    private static let folder = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Fuzz/FailCases")

    private static func cases(_ target: String) -> [URL] {
        let files = try? FileManager.default.contentsOfDirectory(
            at: folder.appendingPathComponent(target), includingPropertiesForKeys: nil)
        return (files ?? []).sorted { $0.path < $1.path }
    }

    @Test func `are there`() {
        #expect(!Self.cases("OTLPDecoder").isEmpty)
    }

    @Test(arguments: cases("OTLPDecoder")) func `pass as protobuf`(file: URL) throws {
        let contents = [UInt8](try Data(contentsOf: file))
        try unsafe DecoderCheck.check(contents.span.bytes)
    }

    @Test(arguments: cases("OTLPJSON")) func `pass as JSON`(file: URL) throws {
        let contents = [UInt8](try Data(contentsOf: file))
        try unsafe JSONCheck.check(contents.span.bytes)
    }

    @Test(arguments: cases("JaegerJSON")) func `pass as documents`(file: URL) throws {
        let contents = [UInt8](try Data(contentsOf: file))
        try unsafe TraceDocumentCheck.check(contents.span.bytes)
    }

    @Test(arguments: cases("Archive")) func `pass as archives`(file: URL) throws {
        let contents = [UInt8](try Data(contentsOf: file))
        try unsafe ArchiveCheck.check(contents.span.bytes, file: file.path)
    }

    @Test(arguments: cases("StateFile")) func `pass as state files`(file: URL) throws {
        let contents = [UInt8](try Data(contentsOf: file))
        try unsafe StateFileCheck.check(contents.span.bytes)
    }

    @Test(arguments: cases("Configuration")) func `pass as configurations`(file: URL) throws {
        let contents = [UInt8](try Data(contentsOf: file))
        try unsafe ConfigurationCheck.check(contents.span.bytes)
    }

    @Test(arguments: cases("Pipeline")) func `pass as traffic`(file: URL) throws {
        let contents = [UInt8](try Data(contentsOf: file))
        try unsafe PipelineCheck.check(contents.span.bytes)
    }

    @Test(arguments: cases("HTTP2")) func `pass as frames`(file: URL) throws {
        let contents = [UInt8](try Data(contentsOf: file))
        try unsafe HTTP2Check.check(contents.span.bytes)
    }

    @Test(arguments: cases("RuleFile")) func `pass as rule files`(file: URL) throws {
        let contents = [UInt8](try Data(contentsOf: file))
        try unsafe RuleFileCheck.check(contents.span.bytes)
    }
}
