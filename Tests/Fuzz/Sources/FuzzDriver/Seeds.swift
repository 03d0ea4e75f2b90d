import FuzzChecks
import TestSupport

/// Small inputs that together reach most of a target's code.
enum Seeds {
    /// nil if there is no such target.
    static func of(target: String) throws -> [[UInt8]]? {
        switch target {
        case "OTLPDecoder", "Traces": try [everyField] + pieces()
        case "OTLPJSON": jsonTexts.map { Array($0.utf8) }
        case "JaegerJSON": (jaegerTexts + jsonTexts).map { Array($0.utf8) }
        case "Archive": try archives()
        case "Pipeline": (0..<200 as Range<UInt64>).map { Choices(seed: $0).bytes }
        case "HTTP2": (0..<200 as Range<UInt64>).map { Choices(seed: $0).bytes }
        case "RuleFile": ruleFiles.map { Array($0.utf8) }
        case "StateFile": try StateFileCheck.examples()
        case "Configuration": configurations.map { Array($0.utf8) }
        default: nil
        }
    }
}
