/// A YAML file read into nodes that know their places.
package struct YAMLDocument {
    /// Bytes. A thousand rules take a fifth of it.
    static let sizeLimit = 1 << 20

    /// nil if the file is empty.
    package let root: YAMLNode?
    let source: SourceText

    /// Reads a file's bytes. What can be read around is reported and left out (duplicate keys, anchors); what
    /// can't, such as a syntax error, is reported and gives nil.
    package init?(_ bytes: [UInt8], _ diagnostics: inout RuleDiagnostics) {
        guard bytes.count <= Self.sizeLimit else {
            diagnostics.report(.start, "the file is larger than 1 MiB")
            return nil
        }
        guard Self.isReadable(bytes, &diagnostics) else { return nil }
        source = SourceText(bytes)
        do {
            var composer = try YAMLComposer(bytes)
            root = try composer.document(&diagnostics)
        } catch {
            YAMLSyntax.report(error, in: source, &diagnostics)
            return nil
        }
    }

    private static func isReadable(_ bytes: [UInt8], _ diagnostics: inout RuleDiagnostics) -> Bool {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            diagnostics.report(
                .start, "the file starts with a byte order mark (U+FEFF); save it as UTF-8 without one")
            return false
        }
        if bytes.starts(with: [0, 0, 0xFE, 0xFF]) || bytes.starts(with: [0xFF, 0xFE, 0, 0]) {
            diagnostics.report(.start, "the file is in UTF-32; save it as UTF-8")
            return false
        }
        if bytes.starts(with: [0xFE, 0xFF]) || bytes.starts(with: [0xFF, 0xFE]) {
            diagnostics.report(.start, "the file is in UTF-16; save it as UTF-8")
            return false
        }
        do {
            _ = try UTF8Span(validating: bytes.span)
            return true
        } catch {
            let valid = Array(bytes[..<error.byteOffsets.lowerBound])
            diagnostics.report(
                SourceText(valid).position(ofByte: valid.count),
                "the byte 0x\(String(bytes[valid.count], radix: 16, uppercase: true)) is not UTF-8")
            return false
        }
    }
}
