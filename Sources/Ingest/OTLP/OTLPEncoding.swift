/// Encoding of the body of an Export call.
package enum OTLPEncoding: Sendable {
    case protobuf
    case json
}
