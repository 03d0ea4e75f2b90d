import HTTPTypes
import Hummingbird
import NIOCore
import Support

extension Resource {
    /// A resource of Jaeger's query API. Answers are computed on the threads for queries.
    ///
    /// - Parameters:
    ///   - envelope: an error's body.
    ///   - answer: the body in JSON.
    static func jaeger(
        _ path: String, errors envelope: @escaping @Sendable (JaegerError) -> String,
        answer: @escaping @Sendable (_ surface: QueryServer.Surface, _ query: JaegerQuery) throws -> String
    ) -> Resource {
        Resource(path: path, parameters: nil) { exchange in
            let surface = exchange.surface
            let query = JaegerQuery(exchange.request.uri.query, variables: exchange.variables)
            do {
                let json = try await exchange.computed { try answer(surface, query) }
                return Response(
                    status: .ok, headers: [.contentType: "application/json"], body: json ?? ResponseBody())
            } catch is QueryDeadline.PassedError {
                return exchange.tooSlow()
            } catch is QueryDeadline.BusyError {
                return exchange.tooMany()
            } catch let absent as AbsentTraceError {
                return failure(JaegerError(status: 404, message: absent.message), envelope)
            } catch let error as JaegerError {
                return failure(error, envelope)
            }
        }
    }

    private static func failure(_ error: JaegerError, _ envelope: (JaegerError) -> String) -> Response {
        Response(
            status: .init(code: error.status), headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: envelope(error))))
    }

    static func jaegerV1(
        _ path: String,
        answer: @escaping @Sendable (_ surface: QueryServer.Surface, _ query: JaegerQuery) throws -> String
    ) -> Resource {
        jaeger(path, errors: { JaegerV1.envelope($0) }, answer: answer)
    }

    static func jaegerV3(
        _ path: String,
        answer: @escaping @Sendable (_ surface: QueryServer.Surface, _ query: JaegerQuery) throws -> String
    ) -> Resource {
        jaeger(path, errors: { JaegerV3.envelope($0) }, answer: answer)
    }

    static let jaeger = JaegerV1.resources + JaegerV3.resources

    /// At `/` Jaeger serves its page; some clients ask for it to see whether Jaeger is there.
    static let jaegerRoot = Resource(path: "/") { _ in
        QueryReply.text("Jaeger's query API: /api/services, /api/traces and more; v3 is under /api/v3/\n")
    }
}
