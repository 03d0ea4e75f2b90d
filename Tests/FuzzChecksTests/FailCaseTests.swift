import Foundation
import FuzzChecks
import TestSupport
import Testing

/// Inputs that once made a check fail must keep passing it.
@Suite struct `The inputs that fuzzing found` {
    private static let folder = Fixtures.root.appendingPathComponent("Tests/Fuzz/FailCases")

    /// The fail cases of all targets: one folder for each target that has any.
    private static func cases() throws -> [URL] {
        try Fixtures.files(in: folder).flatMap { try Fixtures.files(in: $0) }
    }

    @Test(arguments: try cases()) func `pass the checks of their target`(file: URL) throws {
        let contents = [UInt8](try Fixtures.contents(file))
        switch file.deletingLastPathComponent().lastPathComponent {
        case "Archive": try unsafe ArchiveCheck.check(contents.span.bytes, file: file.path)
        case "Configuration": try unsafe ConfigurationCheck.check(contents.span.bytes)
        case "HTTP2": try unsafe HTTP2Check.check(contents.span.bytes)
        case "JaegerJSON": try unsafe TraceDocumentCheck.check(contents.span.bytes)
        case "OTLPDecoder": try unsafe DecoderCheck.check(contents.span.bytes)
        case "OTLPJSON": try unsafe JSONCheck.check(contents.span.bytes)
        case "Pipeline": try unsafe PipelineCheck.check(contents.span.bytes)
        case "RuleFile": try unsafe RuleFileCheck.check(contents.span.bytes)
        case "StateFile": try unsafe StateFileCheck.check(contents.span.bytes)
        case "Traces": try unsafe TraceCheck.check(contents.span.bytes)
        case let target: Issue.record("no check for fail cases of \(target)")
        }
    }
}
