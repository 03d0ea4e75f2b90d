import Engine
import OTLP

/// JSON that can be translated becomes a body that the decoder accepts.
package enum JSONCheck {
    package static func check(_ json: RawSpan) throws(Finding) {
        let wire: [UInt8]
        do throws(DecodeError) {
            wire = try OTLPJSON.wireFormat(of: json)
        } catch {
            return try require(
                (0...json.byteCount).contains(error.offset), "the fault is beyond the text: \(error)")
        }
        // A message of two characters and a comma becomes one of six bytes; nothing grows more.
        try require(
            wire.count <= json.byteCount * 3, "\(json.byteCount) bytes of JSON become \(wire.count) on the wire")
        var batch = SpanBatch(capacity: 1)
        do throws(DecodeError) {
            try unsafe SpanDecoder().decode(wire.span.bytes, into: &batch)
        } catch {
            throw Finding("the translation is refused: \(error)")
        }
        try unsafe DecoderCheck.check(wire.span.bytes)
    }
}
