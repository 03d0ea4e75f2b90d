internal import HTTPTypes
import OTLP

/// Why a request is not accepted, and the reply that says so.
struct HTTPExportError: Error, Equatable {
    var status: HTTPResponse.Status
    var rpc: RPCStatus
    var reason: RefusalReason
    /// Encoding of the reply.
    var encoding: OTLPEncoding
    /// Whether some of the body is still to come.
    var leavesBody: Bool

    init(
        _ status: HTTPResponse.Status, _ rpc: RPCStatus, _ reason: RefusalReason,
        _ encoding: OTLPEncoding, leavesBody: Bool = true
    ) {
        self.status = status
        self.rpc = rpc
        self.reason = reason
        self.encoding = encoding
        self.leavesBody = leavesBody
    }
}
