import Archive
import OTLP

/// If a JSON document of any form becomes a message, the decoder accepts it, and OTLP's JSON for it gives the same
/// message.
package enum TraceDocumentCheck {
    package static func check(_ json: RawSpan) throws(Finding) {
        var omissions = Omissions()
        let message: [UInt8]
        do throws(DecodeError) {
            message = try TraceDocument.message(of: json, &omissions)
        } catch {
            _ = error.description(of: json)
            return try require(
                (0...json.byteCount).contains(error.offset), "the fault is beyond the text: \(error)")
        }
        // Even the smallest span takes some forty bytes in either form; what spans share is written once.
        try require(
            message.count <= json.byteCount * 6 + 64, "\(json.byteCount) bytes become \(message.count) on the wire")
        try require(omissions.isEmpty == omissions.texts.isEmpty, "what was left out isn't told")
        try unsafe DecoderCheck.check(message.span.bytes)
        let (text, secondText): ([UInt8], [UInt8])
        var others = Omissions()
        do throws(DecodeError) {
            text = try unsafe OTLPJSON.text(of: message.span.bytes)
            let again = try unsafe TraceDocument.message(of: text.span.bytes, &others)
            secondText = try unsafe OTLPJSON.text(of: again.span.bytes)
        } catch {
            throw Finding("what it became is refused: \(error)")
        }
        try require(text == secondText && others.isEmpty, "it isn't the same once more")
    }
}
